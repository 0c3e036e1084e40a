"""PerStep on sequences that are DataFrames: the transformer receives their columns."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skseq import GRUClassifier, Sequences
from skseq.preprocessing import CalendarFeatures, PerStep

from .cases import LENGTHS, assert_same, make_labels

KINDS = np.array(["call", "mail", "visit"])
KIND_NAMES = [f"onehotencoder__kind_{kind}" for kind in KINDS]


def make_columns():
    """Return the columns of each sequence."""
    rng = np.random.default_rng(0)
    return [
        {"kind": KINDS[rng.integers(0, 3, n)].tolist(), "value": rng.normal(size=n)}
        for n in LENGTHS
    ]


def make_frames(library=pd):
    return [library.DataFrame(columns) for columns in make_columns()]


def make_encoder():
    return make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")


def expected_rows():
    """Return the encoded columns of each sequence."""
    return [
        np.column_stack([np.array(c["kind"])[:, None] == KINDS, c["value"]])
        for c in make_columns()
    ]


both_libraries = pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])


@both_libraries
def test_text_is_encoded(library):
    X = make_frames(library)
    per_step = PerStep(make_encoder())
    assert_same(per_step.fit_transform(X), expected_rows())
    assert_same(per_step.transform(X[:2]), expected_rows()[:2])
    assert_same(PerStep(make_encoder()).fit(X).transform(tuple(X)), expected_rows())
    assert per_step.n_features_in_ == 2
    assert per_step.feature_names_in_.tolist() == ["kind", "value"]
    names = per_step.get_feature_names_out().tolist()
    assert names == [*KIND_NAMES, "remainder__value"]


def test_pandas_and_polars_may_follow_each_other():
    per_step = PerStep(make_encoder()).fit(make_frames(pd))
    assert_same(per_step.transform(make_frames(pl)), expected_rows())


@pytest.mark.parametrize("form", ["objects", "series", "column"])
def test_frames_in_cells_return_sequences_with_names(form):
    cells = np.empty(len(LENGTHS), dtype=object)
    for i, frame in enumerate(make_frames()):
        cells[i] = frame
    series = pd.Series(cells)
    X = {"objects": cells, "series": series, "column": series.to_frame("events")}[form]
    out = PerStep(make_encoder()).fit_transform(X)
    assert isinstance(out, Sequences)
    assert_same(list(out), expected_rows())
    assert out.feature_names == [*KIND_NAMES, "remainder__value"]


class Recorder(TransformerMixin, BaseEstimator):
    """Store the rows that `fit` and `transform` receive."""

    def fit(self, X, y=None):
        self.fitted_ = X
        return self

    def transform(self, X):
        self.seen_ = X
        return np.zeros((len(X), 1))


def test_types_and_index_reach_the_transformer():
    times = pd.date_range("2024-01-01", periods=4, freq="h")
    columns = {
        "kind": pd.Categorical(["a", "b", "b", "a"]),
        "count": [1, 2, 3, 4],
        "done": [True, False, True, True],
        "when": times,
        "part": pd.array([1, None, 3, 4], dtype="Int64"),
    }
    whole = pd.DataFrame(columns, index=times)
    X = [whole[:1], whole[1:]]
    inner = PerStep(Recorder()).fit(X)
    inner.transform(X)
    pd.testing.assert_frame_equal(inner.transformer_.fitted_, whole, check_freq=False)
    pd.testing.assert_frame_equal(inner.transformer_.seen_, whole, check_freq=False)


def test_polars_reaches_the_transformer_as_polars():
    X = make_frames(pl)
    inner = PerStep(Recorder()).fit(X)
    assert inner.transformer_.fitted_.equals(pl.concat(X))


def test_calendar_features_of_an_index():
    hours = pd.date_range("2024-01-01", periods=5, freq="6h")
    whole = pd.DataFrame({"x": np.arange(5.0)}, index=hours)
    out = PerStep(CalendarFeatures(["hour"])).fit_transform([whole[:2], whole[2:]])
    wanted = CalendarFeatures(["hour"]).fit_transform(whole).to_numpy()
    assert_same(out, [wanted[:2], wanted[2:]])


def test_columns_are_selected_by_type():
    numbers = (StandardScaler(), make_column_selector(dtype_include="number"))
    text = (OneHotEncoder(), make_column_selector(dtype_exclude="number"))
    encoder = make_column_transformer(text, numbers, sparse_threshold=0)
    out = np.concatenate(PerStep(encoder).fit_transform(make_frames()))
    wanted = np.concatenate(expected_rows())
    np.testing.assert_array_equal(out[:, :3], wanted[:, :3])
    np.testing.assert_allclose(out[:, 3].mean(), 0, atol=1e-12)


def test_columns_without_string_names_are_selected_by_position():
    X = [frame.set_axis([0, 1], axis=1) for frame in make_frames()]
    encoder = ColumnTransformer([("kind", OneHotEncoder(), [0])], remainder="passthrough")
    per_step = PerStep(encoder).fit(X)
    assert_same(per_step.transform(X), expected_rows())
    assert not hasattr(per_step, "feature_names_in_")


def make_pipe():
    network = GRUClassifier(hidden_size=4, max_epochs=2, random_state=0)
    return make_pipeline(PerStep(make_encoder()), network)


@both_libraries
def test_pipeline_equals_encoded_sequences(library):
    X, y = make_frames(library), make_labels()
    pipe = make_pipe().fit(X, y)
    plain = make_pipe()[-1].fit(expected_rows(), y)
    wanted = plain.predict_proba(expected_rows())
    np.testing.assert_array_equal(pipe.predict_proba(X), wanted)
    for twin in (pickle.loads(pickle.dumps(pipe)), copy.deepcopy(pipe)):
        np.testing.assert_array_equal(twin.predict_proba(X), wanted)
    np.testing.assert_array_equal(clone(pipe).fit(X, y).predict_proba(X), wanted)


@both_libraries
def test_cross_validation_and_search(library):
    X, y = make_frames(library), make_labels()
    encoder = OneHotEncoder(handle_unknown="ignore")
    pipe = make_pipe().set_params(perstep__transformer__onehotencoder=encoder)
    scores = cross_val_score(pipe, X, y, cv=2, error_score="raise")
    assert scores.shape == (2,)
    grid = {"perstep__transformer__onehotencoder__drop": [None, "first"]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 2


def test_targets_are_repeated_for_each_step():
    X = [frame[["value"]] for frame in make_frames()]
    y = make_labels()
    added = FunctionTransformer(lambda frame: frame + 1)
    assert_same(PerStep(added).fit_transform(X, y), [x.to_numpy() + 1 for x in X])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PerStep(added).fit(X, y[1:])


def test_partial_fit_and_arrays_after_frames():
    X = [frame[["value"]] for frame in make_frames()]
    per_step = PerStep(StandardScaler()).partial_fit(X[:5]).partial_fit(X[5:])
    np.testing.assert_allclose(
        per_step.transformer_.mean_, pd.concat(X).to_numpy().mean(axis=0)
    )
    arrays = [frame.to_numpy() for frame in X]
    assert_same(per_step.transform(arrays), per_step.transform(X))
    assert_same(per_step.inverse_transform(X), per_step.inverse_transform(arrays))


def test_frames_are_accepted_after_arrays():
    X = [frame[["value"]] for frame in make_frames()]
    arrays = [frame.to_numpy() for frame in X]
    per_step = PerStep(StandardScaler()).fit(arrays)
    assert_same(per_step.transform(X), per_step.transform(arrays))
    assert not per_step.frame_input_


@both_libraries
def test_other_columns_raise(library):
    X = make_frames(library)
    per_step = PerStep(make_encoder()).fit(X)
    fitted_on = r"but PerStep was fitted on \['kind', 'value'\]\. Use the same features in"
    with pytest.raises(ValueError, match=rf"X has the features \['kind'\], {fitted_on}"):
        per_step.transform([frame[["kind"]] for frame in X])
    with pytest.raises(ValueError, match=rf"the features \['value', 'kind'\], {fitted_on}"):
        per_step.transform([frame[["value", "kind"]] for frame in X])
    X[3] = X[3][["value", "kind"]]
    message = r"sequence 3 has the columns \['value', 'kind'\], but sequence 0 has \['kind'"
    for call in (per_step.transform, PerStep(make_encoder()).fit):
        with pytest.raises(ValueError, match=message):
            call(X)


@both_libraries
def test_invalid_sequences_raise(library):
    X = make_frames(library)
    broken = [*X[:2], None, *X[3:]]
    with pytest.raises(ValueError, match=r"sequence 2 is missing \(None\)\. Drop it"):
        PerStep(make_encoder()).fit(broken)
    broken = [*X[:2], X[2][:0], *X[3:]]
    with pytest.raises(ValueError, match=r"sequence 2 is empty \(shape \(0, 2\)\)"):
        PerStep(make_encoder()).fit(broken)
    infinite = library.DataFrame({"kind": ["call", "mail"], "value": [1.0, np.inf]})
    with pytest.raises(ValueError, match=r"sequence 12, step 1, column 'value' is inf"):
        PerStep(make_encoder()).fit([*X, infinite])


def test_missing_numbers_are_nan_in_the_result():
    X = [pd.DataFrame({"value": pd.array([1, None, 3], dtype="Int64")})]
    out = PerStep(FunctionTransformer()).fit_transform(X)
    np.testing.assert_array_equal(out[0], [[1], [np.nan], [3]])


def test_text_that_is_not_encoded_raises():
    with pytest.raises(ValueError, match="ColumnTransformer returned 'call', .*OneHotEnc"):
        PerStep(
            ColumnTransformer([("all", "passthrough", ["value", "kind"])])
        ).fit_transform([pd.DataFrame({"kind": ["call"], "value": [1.0]})])
    message = r"StandardScaler raised an error: .*columns \['kind'\].*OneHotEncoder"
    with pytest.raises(ValueError, match=message):
        PerStep(StandardScaler()).fit(make_frames())
