"""Tests of the model_selection package."""
