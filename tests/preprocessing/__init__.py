"""Tests of what prepares sequences."""
