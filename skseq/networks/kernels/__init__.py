"""Hand-written CPU recurrences and row-independent matrix products."""
