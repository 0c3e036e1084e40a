"""The HTML representation of estimators, alone and nested, before and after fit."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import Drift, GRUClassifier, GRUForecaster, LSTMRegressor, SeasonalNaive
from skseq.preprocessing import PerStep

from .anomalies.cases import make_X as make_rows
from .cases import CLASSES, ESTIMATORS, SERIES_DETECTORS, make, make_X, make_y, name_of

SKLEARN_URL = "https://scikit-learn.org/"


def render(estimator):
    """Return the HTML representation; fail on any warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        html = estimator._repr_html_()
        assert estimator._repr_mimebundle_()["text/html"]
    # The representation must be reproducible: it holds no memory addresses.
    assert not re.search(r"0x[0-9a-f]{6}|<[\w.]+ object", html)
    return html


def read_rows(html):
    """Return the values in the table of fitted attributes, by name."""
    cell = r'class="fitted-att-type">[^<]*</td>\s*<td>([^<]*)</td>'
    return dict(re.findall(rf">\s*(\w+_)\s*</a>\s*</td>\s*<td\s+{cell}", html))


def fit(estimator, X=None, y=None):
    if type(estimator) in SERIES_DETECTORS:
        return estimator.fit(make_rows())
    if isinstance(estimator, (SeasonalNaive, Drift)) or hasattr(estimator, "horizon"):
        return estimator.set_params(horizon=3).fit(None, np.sin(np.arange(60.0)))
    return estimator.fit(make_X("ragged"), make_y(type(estimator)))


@pytest.mark.parametrize("cls", [c for c in CLASSES if hasattr(c, "fit")], ids=name_of)
def test_parameters_and_fitted_attributes(cls):
    small = {"max_epochs": 2, "hidden_size": 8} if hasattr(cls, "hidden_size") else {}
    fresh = cls(**small)
    html = render(fresh)
    assert cls.__name__ in html
    assert "Not fitted" in html
    assert read_rows(html) == {}
    for name in fresh.get_params():
        assert name in html
    html = render(fit(fresh))
    assert "Not fitted" not in html
    rows = read_rows(html)
    attributes = ["horizon_"] if "Forecaster" in cls.__name__ or not small else []
    attributes += ["n_iter_", "patch_size_"] if small else []
    if cls in SERIES_DETECTORS:  # the forecaster within has the others
        attributes = ["smoothing_", "offset_"]
    for name in attributes:
        expected = getattr(fresh, name)
        is_number = isinstance(expected, float)
        assert rows[name] == (f"{expected:.4g}" if is_number else str(expected))
    if small and cls not in SERIES_DETECTORS:
        assert rows["loss_"] == f"{fresh.loss_:.4g}"
    # scikit-learn has no documentation page of these estimators to link to.
    assert SKLEARN_URL not in html


def test_representation_of_fitted_attributes():
    classifier = make(GRUClassifier).fit(make_X("ragged"), make_y(GRUClassifier))
    assert read_rows(render(classifier))["scaler_"] == "InputScaler(3 features)"
    forecaster = make(GRUForecaster, horizon=3)
    X = np.ones((60, 1)) * np.arange(60.0)[:, None]
    rows = read_rows(render(forecaster.fit(X, np.sin(X[:, 0]))))
    assert rows["observed_"] == "Panel(1 series, 60 steps)"
    assert rows["scaler_"] == "CovariateScaler(1 covariate)"
    assert rows["calibration_"].startswith("Calibration(")


@pytest.mark.parametrize("cls", [LSTMRegressor, GRUForecaster], ids=name_of)
def test_loss_attributes_equal_the_history(cls):
    model = make(cls, early_stopping=True, max_epochs=3)
    for name in ("loss_", "valid_loss_"):
        assert not hasattr(model, name)
    fit(model)
    assert model.loss_ == model.history_["train_loss"].iloc[-1]
    assert model.valid_loss_ == model.history_["valid_loss"].min()
    model.set_params(early_stopping=False)
    assert fit(model).valid_loss_ is None
    assert model.loss_ == model.history_["train_loss"].iloc[-1]


@pytest.mark.parametrize("cls", [ESTIMATORS[0], LSTMRegressor], ids=name_of)
def test_in_a_pipeline_and_a_search(cls):
    pipeline = make_pipeline(PerStep(StandardScaler()), make(cls))
    search = GridSearchCV(pipeline, {f"{cls.__name__.lower()}__lr": [0.01]}, cv=2)
    for whole in (pipeline, search):
        assert "Not fitted" in render(whole)
        html = render(whole.fit(make_X("ragged"), make_y(cls)))
        for name in (cls.__name__, "PerStep", "StandardScaler"):
            assert name in html
        assert {"patch_size_", "n_iter_", "loss_", "scaler_"} <= set(read_rows(html))
        links = set(re.findall(rf'href="{SKLEARN_URL}([^"#]*)', html))
        assert links
        assert not any("skseq" in link or cls.__name__ in link for link in links)


def test_in_a_column_transformer():
    y = make_y(GRUClassifier)
    X = pd.DataFrame({"recording": make_X("ragged"), "age": np.arange(24.0)})
    columns = ColumnTransformer(
        [
            ("recording", make(GRUClassifier), ["recording"]),
            ("age", StandardScaler(), ["age"]),
        ]
    )
    model = make_pipeline(columns, LogisticRegression())
    assert "GRUClassifier" in render(model)
    html = render(model.fit(X, y))
    assert "patch_size_" in read_rows(html)
