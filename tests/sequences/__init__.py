"""Tests of the reading and storage of sequences."""
