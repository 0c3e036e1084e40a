"""Tests of the metrics of forecasts."""
