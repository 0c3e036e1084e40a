"""Seconds and memory of fits, predictions and searches, next to other code."""
