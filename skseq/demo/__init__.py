"""Demonstration for `python -m skseq`: all classifiers and regressors on real data.

The rest of the package does not import it.
"""
