"""The attribute `net_` is a usable net of skorch."""

import numpy as np
import pytest
import skorch
import torch

from .cases import TWO_ESTIMATORS, fitted, name_of

two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)


def make_inputs(estimator):
    """Return a padded array as the network reads it."""
    n_features = estimator.scaler_.n_features
    x = np.random.default_rng(0).normal(size=(6, 5, n_features))
    return x.astype(np.float32)


@two_estimators
def test_predict_takes_a_padded_array(cls):
    estimator, _ = fitted(cls)
    net, x = estimator.net_, make_inputs(estimator)
    assert isinstance(net, skorch.NeuralNet)
    with torch.no_grad():
        expected = net.module_(torch.from_numpy(x)).numpy()
    for found in (net.predict(x), net.predict_proba(x), net.forward(x).numpy()):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@two_estimators
def test_parameters_can_be_saved_and_loaded(cls, tmp_path):
    estimator, _ = fitted(cls)
    net, x = estimator.net_, make_inputs(estimator)
    expected = net.predict(x)
    net.save_params(f_params=tmp_path / "weights.pt")
    with torch.no_grad():
        for weight in net.module_.parameters():
            weight.zero_()
    assert not np.array_equal(net.predict(x), expected)
    net.load_params(f_params=tmp_path / "weights.pt")
    np.testing.assert_array_equal(net.predict(x), expected)


@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_loop"])
@two_estimators
def test_training_raises_and_names_the_estimator(cls, method):
    estimator, _ = fitted(cls)
    x = make_inputs(estimator)
    with pytest.raises(NotImplementedError, match="Call fit of the estimator"):
        getattr(estimator.net_, method)(x, np.zeros((6, 1), dtype=np.float32))
