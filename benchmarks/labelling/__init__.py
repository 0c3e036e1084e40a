"""Labels of steps and of texts with default parameters, beside other packages."""
