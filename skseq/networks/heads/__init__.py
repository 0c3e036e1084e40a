"""Heads: from hidden states to outputs."""
