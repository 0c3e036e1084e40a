"""What `python -m skseq` shows: every estimator on real data, through scikit-learn's tools.

Never imported by the rest of the package.
"""
