"""The table of layers that `summary` returns."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skseq import GRUClassifier, TransformerRegressor

from .cases import ESTIMATORS, fitted, make, name_of, weights


@pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
def test_layers_and_total(cls):
    estimator, _ = fitted(cls)
    table = estimator.summary(50)
    assert table.columns.tolist() == [
        "kind",
        "output_shape",
        "parameters",
        "bytes",
        "flops",
    ]
    layers, total = table[:-1], table.loc["total"]
    assert table.index[-1] == "total"
    assert table.index[-2] == "head"
    for name in ("parameters", "bytes", "flops"):
        assert total[name] == layers[name].sum()
    module = estimator.net_.module_
    assert total["parameters"] == sum(p.numel() for p in module.parameters())
    # Batch normalization adds running statistics and a counter of updates (int64).
    n_updates = sum(name.endswith("num_batches_tracked") for name in module.state_dict())
    assert total["bytes"] == 4 * len(weights(estimator)) + 4 * n_updates
    assert (table["flops"] >= 0).all()
    assert "total" in repr(table)


def test_flops_depend_on_the_length():
    recurrent, _ = fitted(GRUClassifier)
    transformer, _ = fitted(TransformerRegressor, stem=0, patch_size=1)
    head = recurrent.summary(1).loc["head", "flops"]
    flops = [recurrent.summary(n).loc["total", "flops"] - head for n in (40, 80)]
    assert flops[1] == 2 * flops[0]
    # The cost of attention grows with the number of pairs of tokens.
    block = [transformer.summary(n).loc["encoder.0", "flops"] for n in (40, 80)]
    assert block[1] > 2 * block[0]
    assert transformer.summary(np.int64(40)).loc["encoder.0", "output_shape"] == (40, 8)


def test_errors():
    with pytest.raises(NotFittedError):
        make(GRUClassifier).summary(10)
    estimator, _ = fitted(GRUClassifier)
    for wrong in (0, 2.5, "ten"):
        with pytest.raises(
            ValueError, match=f"n_timesteps should .* Got {wrong!r} instead"
        ):
            estimator.summary(wrong)
