"""What users may rely on, over every public estimator."""
