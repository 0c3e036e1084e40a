"""EmbeddingDisplay draws hidden states of sequences as points in two dimensions."""

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.manifold import TSNE
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, GRURegressor, GRUStepClassifier, SeasonalNaive
from skseq.inspection import EmbeddingDisplay
from skseq.preprocessing import PerStep

from . import cases

draw = EmbeddingDisplay.from_embeddings


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_embeddings(n=40, n_components=5):
    return np.random.default_rng(0).normal(size=(n, n_components)) * [5, 3, 1, 1, 1]


def make_sequences(n=24):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(3 + i % 4, 2)) for i in range(n)]


def test_pca_by_default():
    Z = make_embeddings()
    display = draw(Z)
    pca = PCA(2)
    np.testing.assert_allclose(display.points, pca.fit_transform(Z))
    np.testing.assert_array_equal(display.points_[None].get_offsets(), display.points)
    first, second = pca.explained_variance_ratio_
    assert display.ax_.get_xlabel() == f"component 1 ({first:.0%} of variance)"
    assert display.ax_.get_ylabel() == f"component 2 ({second:.0%} of variance)"
    assert display.legend_ is None
    assert display.colorbar_ is None


@pytest.mark.parametrize("n", [4, 40])
def test_tsne(n):
    Z = make_embeddings(n)
    display = draw(Z, reduction="tsne", random_state=0)
    tsne = TSNE(perplexity=min(30, (n - 1) / 3), random_state=0)
    np.testing.assert_allclose(display.points, tsne.fit_transform(Z))
    assert display.ax_.get_xlabel() == "t-SNE 1"


def test_given_transformer():
    Z = make_embeddings()
    display = draw(Z, reduction=TruncatedSVD(2, random_state=0))
    expected = TruncatedSVD(2, random_state=0).fit_transform(Z)
    np.testing.assert_allclose(display.points, expected)
    assert display.ax_.get_xlabel() == "TruncatedSVD 1"


def test_points_of_each_class():
    Z, y = make_embeddings(), np.array(["rest", "run"])[np.arange(40) % 2]
    display = draw(Z, y)
    assert list(display.points_) == ["rest", "run"]
    for label, points in display.points_.items():
        np.testing.assert_array_equal(points.get_offsets(), display.points[y == label])
    assert [text.get_text() for text in display.legend_.get_texts()] == ["rest", "run"]


def test_classes_differ_in_color_or_marker():
    display = draw(np.tile(make_embeddings(32), (2, 1)), np.tile(np.arange(32), 2))
    looks = {
        (tuple(points.get_facecolor()[0]), points.get_paths()[0].vertices.tobytes())
        for points in display.points_.values()
    }
    assert len(looks) == 32


def test_numbers_have_a_color_bar():
    y = np.linspace(0.5, 2, 40)
    display = draw(make_embeddings(), y)
    np.testing.assert_array_equal(display.points_[None].get_array(), y)
    assert display.colorbar_.ax.get_ylabel() == "y"


@pytest.mark.parametrize("wrap", [False, True])
def test_from_classifier(wrap):
    X, y = make_sequences(), np.arange(24) % 3
    model = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0)
    if wrap:
        model = make_pipeline(PerStep(StandardScaler()), model)
    model.fit(X, y)
    display = EmbeddingDisplay.from_estimator(model, X, y)
    np.testing.assert_allclose(
        display.points, PCA(2).fit_transform(model.transform(X)), atol=1e-6
    )
    assert list(display.points_) == [0, 1, 2]


def test_integers_are_numbers_for_regressors():
    X, y = make_sequences(), np.arange(24)
    model = GRURegressor(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    display = EmbeddingDisplay.from_estimator(model, X, y)
    np.testing.assert_array_equal(display.points_[None].get_array(), y)


def test_text():
    X, y = ["a b", "b c", "c d", "a"] * 3, [0, 1, 1, 0] * 3
    model = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    assert EmbeddingDisplay.from_estimator(model, X, y).points.shape == (12, 2)


def test_draws_on_given_axes():
    _, ax = pyplot.subplots()
    display = draw(make_embeddings(), ax=ax)
    assert display.ax_ is ax
    _, other = pyplot.subplots()
    assert display.plot(other, cmap="cividis").figure_ is other.figure


def test_other_estimators_raise():
    X = make_sequences()
    from_estimator = EmbeddingDisplay.from_estimator
    with pytest.raises(NotFittedError):
        from_estimator(GRUClassifier(), X)
    forecaster = SeasonalNaive(period=2).fit(None, cases.make_series())
    with pytest.raises(TypeError, match="SeasonalNaive has no method transform"):
        from_estimator(forecaster, X)
    y = [np.arange(len(x)) % 2 for x in X]
    steps = GRUStepClassifier(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="one row for each step, pass the mean"):
        from_estimator(steps, X)


@pytest.mark.parametrize(
    ("Z", "y", "options", "message"),
    [
        (np.eye(4)[:, :1], None, {}, r"shape \(4, 1\), but a map needs at least two"),
        (np.eye(4)[:1], None, {}, r"shape \(1, 4\), but a map needs"),
        (np.zeros((4, 3, 2)), None, {}, r"they have the shape \(4, 3, 2\)"),
        ([[1, np.nan], [1, 2]], None, {}, "Row 0 of the embeddings has NaN"),
        (np.eye(4), [1, 2], {}, "X has 4 rows, but y has 2 values"),
        (np.eye(4), np.eye(4), {}, r"y should .* shape \(4, 4\)"),
        (np.eye(40), range(40), {}, "y has 40 classes, but at most 32"),
        (np.eye(4), None, {"reduction": "umap"}, "'reduction' parameter"),
        (np.eye(4), None, {"reduction": PCA(3)}, r"shape \(4, 3\) .* n_components=2"),
    ],
)
def test_invalid_arguments_raise(Z, y, options, message):
    with pytest.raises(ValueError, match=message):
        draw(Z, y, **options)
