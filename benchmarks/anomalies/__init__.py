"""Detectors of anomalies and outliers with default parameters, beside baselines."""
