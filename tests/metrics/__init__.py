"""Tests of the forecast metrics."""
