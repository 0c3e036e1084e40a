"""Tests of what detectors share."""
