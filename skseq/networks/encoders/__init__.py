"""Encoders: from tokens to hidden states."""
