"""Data of step estimators that lost what identifies their sequences."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUStepClassifier

INDEX = pd.MultiIndex.from_product([["a", "b", "c"], range(4)], names=["machine", "hour"])


@pytest.fixture(scope="module")
def rows():
    values = np.random.default_rng(0).normal(size=(12, 2))
    table = pd.DataFrame(values, columns=["x", "y"], index=INDEX)
    return table, pd.Series(np.where(values[:, 0] > 0, "up", "down"), index=INDEX)


def test_array_with_targets_that_have_sequences_raises(rows):
    table, y = rows
    model = make_pipeline(StandardScaler(), GRUStepClassifier(max_epochs=1))
    message = r"levels \['machine', 'hour'\], but X is of type ndarray.*transform='pandas'"
    with pytest.raises(ValueError, match=message):
        model.fit(table, y)
    model.fit(table, y.to_numpy())  # one sequence
    model.set_output(transform="pandas").fit(table, y)
    assert list(model[-1].predict(table)) == list(model[-1].predict(table[::-1])[::-1])
