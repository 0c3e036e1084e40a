"""Tests of what X may be."""
