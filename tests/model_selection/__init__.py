"""Tests of splits in time and of backtests."""
