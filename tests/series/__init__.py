"""Tests of what a forecaster may be given."""
