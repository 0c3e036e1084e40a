"""Batches in parts: the update equals that of the whole batch, and padding is bounded."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skorch.callbacks import Callback

import skseq
from skseq.training import batches
from skseq.training.batches import MAX_PADDED_STEPS, MAX_PART_TOKENS, cut_by_length

LENGTHS = st.lists(st.integers(1, 5000), min_size=1, max_size=80)


class TestCut:
    """Rows in order of length are cut into parts."""

    @given(lengths=LENGTHS, token_steps=st.integers(1, 4))
    def test_padding_of_parts_is_bounded(self, lengths, token_steps):
        lengths = np.sort(lengths)
        rows = np.arange(len(lengths)) + 7
        parts = cut_by_length(rows, lengths, token_steps)
        assert np.concatenate(parts).tolist() == rows.tolist()
        for part in parts:
            real = lengths[part - 7]
            padded = len(part) * real.max()
            assert padded <= max(2 * real.sum(), MAX_PADDED_STEPS)
            assert padded <= MAX_PART_TOKENS * token_steps or len(part) == 1

    def test_ordinary_batches_are_whole(self):
        for lengths in ([100] * 64, np.arange(1, 200), [1, 2000], [5000] * 50, [10**6]):
            rows = np.arange(len(lengths))
            assert len(cut_by_length(rows, np.asarray(lengths))) == 1

    def test_a_long_sequence_is_a_part_of_its_own(self):
        parts = cut_by_length(np.arange(62), np.array([30] * 61 + [6000]))
        assert [len(part) for part in parts] == [61, 1]

    def test_equal_lengths_are_cut_by_the_number_of_tokens(self):
        rows, lengths = np.arange(64), np.full(64, 2**13)
        assert [len(part) for part in cut_by_length(rows, lengths)] == [32, 32]
        assert len(cut_by_length(rows, lengths, token_steps=2)) == 1


class Watch(Callback):
    """Records gradients, losses, outputs and the shapes of the parts of batches."""

    def on_train_begin(self, net, **kwargs):
        self.gradients, self.losses, self.outputs, self.shapes = [], [], [], []

    def on_grad_computed(self, net, named_parameters, batch, **kwargs):
        self.gradients.append({name: p.grad.clone() for name, p in named_parameters})
        self.shapes.append([tuple(part.x.shape) for part in batch.parts])

    def on_batch_end(self, net, batch, loss, y_pred, **kwargs):
        assert len(y_pred) == len(batch) == batch.n_rows
        self.losses.append(loss)
        self.outputs.append(y_pred.detach())


@pytest.fixture
def cut(monkeypatch):
    """Return a function that sets the number of padded steps above which batches are cut."""

    def set_bound(n):
        monkeypatch.setattr(batches, "MAX_PADDED_STEPS", n)

    return set_bound


def make_X(n=24, n_features=2):
    random = np.random.default_rng(0)
    lengths = random.choice([2, 3, 5, 9, 40], n)
    return [random.normal(size=(length, n_features)) for length in lengths]


def fit(cls, X, y, sample_weight=None, **params):
    watch = Watch()
    small = {"hidden_size": 8, "max_epochs": 1, "batch_size": 24, "dropout": 0.0}
    model = cls(**{**small, **params}, random_state=0, callbacks=[watch])
    return model.fit(X, y, sample_weight=sample_weight), watch


CASES = [
    (skseq.GRUClassifier, {}),
    (skseq.RNNClassifier, {"pooling": "max", "num_layers": 2, "patch_size": 3}),
    (skseq.LSTMClassifier, {"stem": 0, "patch_size": 1, "pooling": "attention"}),
    (skseq.TransformerClassifier, {"stem": 2, "pooling": "concat"}),
    (skseq.GRURegressor, {"pooling": "last", "bidirectional": False, "patch_size": 1}),
    (skseq.TransformerRegressor, {"loss": "poisson"}),
    (skseq.GRUClassifier, {"precision": "bfloat16"}),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("cls", "params"), CASES, ids=lambda value: str(value)[-40:])
def test_update_equals_that_of_the_whole_batch(cls, params, weighted, cut):
    X, y = make_X(), np.arange(24) % 3
    weights = np.random.default_rng(1).uniform(0.1, 3, 24) if weighted else None
    whole, expected = fit(cls, X, y, weights, **params)
    cut(0)
    split, found = fit(cls, X, y, weights, **params)
    assert all(len(shapes) == 1 for shapes in expected.shapes)
    assert all(len(shapes) > 2 for shapes in found.shapes)
    is_rough = params.get("precision") == "bfloat16"
    tolerance = {"rtol": 5e-2, "atol": 1e-2} if is_rough else {"rtol": 1e-4, "atol": 1e-5}
    torch.testing.assert_close(found.gradients, expected.gradients, **tolerance)
    torch.testing.assert_close(found.losses[0], expected.losses[0], **tolerance)
    torch.testing.assert_close(found.outputs[0], expected.outputs[0], **tolerance)
    assert split.loss_ == pytest.approx(whole.loss_, rel=1e-2 if is_rough else 1e-3)


def test_batch_normalization_uses_the_whole_batch(cut):
    """Running statistics equal those of whole batches, after several epochs too."""
    X, y = make_X(), np.arange(24) % 3
    params = {"lr": 1e-6, "max_epochs": 3}
    whole, _ = fit(skseq.GRUClassifier, X, y, **params)
    cut(0)
    split, _ = fit(skseq.GRUClassifier, X, y, **params)
    expected, found = (m.net_.module_.inputs.stem.state_dict() for m in (whole, split))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_large_batches_of_equal_lengths_are_cut(monkeypatch):
    X, y = np.random.default_rng(0).normal(size=(24, 10, 2)), np.arange(24) % 3
    _, expected = fit(skseq.GRUClassifier, X, y, patch_size=1)
    monkeypatch.setattr(batches, "MAX_PADDED_STEPS", 0)
    monkeypatch.setattr(batches, "MAX_PART_TOKENS", 50)
    monkeypatch.setattr(batches, "GATHERED_NUMBERS", 480)  # one batch
    _, found = fit(skseq.GRUClassifier, X, y, patch_size=1)
    assert [len(shapes) for shapes in found.shapes] == [5]
    torch.testing.assert_close(
        found.gradients[0], expected.gradients[0], rtol=1e-4, atol=1e-5
    )


def test_gradients_are_clipped_after_all_parts(cut):
    X, y = make_X(), np.arange(24) % 3
    whole, _ = fit(skseq.GRUClassifier, X, y, max_grad_norm=1e-3)
    cut(0)
    split, _ = fit(skseq.GRUClassifier, X, y, max_grad_norm=1e-3)
    found, expected = split.history_["grad_norm"], whole.history_["grad_norm"]
    assert found[0] == pytest.approx(expected[0], rel=1e-3)


def test_frozen_input_layers(cut):
    """A stem without trained weights needs no second backward pass."""

    class Freeze(Watch):
        def on_train_begin(self, net, **kwargs):
            super().on_train_begin(net, **kwargs)
            net.module_.inputs.requires_grad_(False)

        def on_grad_computed(self, net, named_parameters, batch, **kwargs):
            self.shapes.append(len(batch.parts))

    cut(0)
    watch = Freeze()
    model = skseq.GRUClassifier(max_epochs=1, callbacks=[watch], hidden_size=8)
    model.fit(make_X(), np.arange(24) % 3)
    assert max(watch.shapes) > 1


@pytest.mark.parametrize("stem", [0, 3])
def test_one_long_sequence_does_not_pad_the_others(stem):
    random = np.random.default_rng(0)
    X = [random.normal(size=(30, 2)) for _ in range(47)] + [random.normal(size=(6000, 2))]
    y = np.arange(48) % 2
    early = {"early_stopping": True, "validation_fraction": 0.2}
    for params in ({}, early):
        model, watch = fit(
            skseq.GRUClassifier, X, y, stem=stem, patch_size=1, batch_size=24, **params
        )
        steps = sum(n * width for shapes in watch.shapes for n, width, _ in shapes)
        assert steps < 47 * 30 + 6000 + MAX_PADDED_STEPS
        assert np.isfinite(model.predict_proba(X)).all()
