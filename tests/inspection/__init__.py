"""Tests of what draws pictures."""
