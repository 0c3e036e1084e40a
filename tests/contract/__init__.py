"""Tests of the guarantees that hold for every public estimator."""
