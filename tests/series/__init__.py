"""Tests of the reading and storage of time series."""
