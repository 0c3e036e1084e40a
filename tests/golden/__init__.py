"""Regression tests of predictions against stored files."""
