"""Tests of how anything is learned."""
