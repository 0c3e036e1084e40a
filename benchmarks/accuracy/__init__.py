"""Accuracy of classifiers and regressors with default parameters."""
