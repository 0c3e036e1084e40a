"""Tests of skseq.inspection."""
