"""Seconds and memory of fits, predictions and searches, compared with other code."""
