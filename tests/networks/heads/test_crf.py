"""The conditional random field equals an enumeration of all labels, and pytorch-crf."""

import itertools

import numpy as np
import onnxruntime
import pytest
import sklearn_crfsuite
import torch
import torchcrf
from hypothesis import given
from hypothesis import strategies as st

from skseq.export import Graph
from skseq.networks import (
    CRFHead,
    best_path,
    export_sequences,
    log_marginals,
    log_normalizer,
    score_labels,
    unpack_chain,
)
from skseq.networks.heads import chains
from skseq.networks.heads.chains import Chain, has_narrow_range, pack_chain

LENGTHS = st.lists(st.integers(1, 5), min_size=1, max_size=4)
CLASSES = st.integers(1, 4)
# Beyond the largest scale, exponentials of the scores underflow.
SCALES = st.sampled_from([1.0, 60.0, 2000.0])
EXACT = {"rtol": 1e-9, "atol": 1e-9}


def draw(lengths, n_classes, scale=1.0, extra=0, dtype=torch.float64):
    """Return a random chain, with padding that is not zero, and its lengths."""
    generator = torch.Generator().manual_seed(sum(lengths) + 10 * n_classes)

    def normal(*shape):
        return scale * torch.randn(shape, generator=generator, dtype=torch.float64)

    emissions = normal(len(lengths), max(lengths) + extra, n_classes)
    for i, n in enumerate(lengths):
        emissions[i, n:] *= 3
    parts = normal(n_classes, n_classes), normal(n_classes), normal(n_classes), emissions
    return Chain(*(part.to(dtype) for part in parts)), torch.tensor(lengths)


def enumerate_paths(chain, i, length):
    """Return all sequences of labels of a sequence (n_paths, length), and their scores."""
    paths = itertools.product(range(len(chain.first)), repeat=length)
    paths = torch.tensor(list(paths))
    emitted = chain.emissions[i, torch.arange(length), paths].sum(dim=1)
    passed = chain.transitions[paths[:, :-1], paths[:, 1:]].sum(dim=1)
    return paths, chain.first[paths[:, 0]] + emitted + passed + chain.last[paths[:, -1]]


class TestEnumeration:
    """All results equal those over all sequences of labels."""

    @given(LENGTHS, CLASSES, SCALES, st.integers(0, 2))
    def test_log_normalizer(self, lengths, n_classes, scale, extra):
        chain, n = draw(lengths, n_classes, scale, extra)
        expected = [
            enumerate_paths(chain, i, k)[1].logsumexp(0) for i, k in enumerate(lengths)
        ]
        torch.testing.assert_close(log_normalizer(chain, n), torch.stack(expected), **EXACT)

    @given(st.data(), LENGTHS, CLASSES, SCALES)
    def test_restricted_log_normalizer(self, data, lengths, n_classes, scale):
        chain, n = draw(lengths, n_classes, scale)
        choice = st.sets(st.integers(0, n_classes - 1), min_size=1)
        allowed = torch.zeros(chain.emissions.shape, dtype=torch.bool)
        expected = []
        for i, k in enumerate(lengths):
            for t in range(k):
                allowed[i, t, list(data.draw(choice))] = True
            paths, scores = enumerate_paths(chain, i, k)
            fits = allowed[i, range(k), paths].all(dim=1)
            expected.append(scores[fits].logsumexp(0))
        found = log_normalizer(chain, n, allowed)
        torch.testing.assert_close(found, torch.stack(expected), **EXACT)

    @given(LENGTHS, CLASSES, SCALES, st.integers(0, 2))
    def test_marginals(self, lengths, n_classes, scale, extra):
        chain, n = draw(lengths, n_classes, scale, extra)
        marginals = log_marginals(chain, n).exp()
        for i, k in enumerate(lengths):
            paths, scores = enumerate_paths(chain, i, k)
            onehot = torch.nn.functional.one_hot(paths, n_classes).double()
            expected = (scores.softmax(0)[:, None, None] * onehot).sum(0)
            torch.testing.assert_close(marginals[i, :k], expected, **EXACT)
            sums = marginals[i, :k].sum(dim=1)
            torch.testing.assert_close(sums, torch.ones_like(sums), **EXACT)

    @given(LENGTHS, CLASSES, SCALES, st.integers(0, 2))
    def test_best_path(self, lengths, n_classes, scale, extra):
        chain, n = draw(lengths, n_classes, scale, extra)
        found = best_path(chain, n)
        for i, k in enumerate(lengths):
            paths, scores = enumerate_paths(chain, i, k)
            assert found[i, :k].tolist() == paths[scores.argmax()].tolist()
            assert not found[i, k:].any()

    @given(LENGTHS, CLASSES)
    def test_score_of_labels(self, lengths, n_classes):
        chain, n = draw(lengths, n_classes)
        labels = best_path(chain, n)
        expected = [enumerate_paths(chain, i, k)[1].max() for i, k in enumerate(lengths)]
        torch.testing.assert_close(
            score_labels(chain, labels, n), torch.stack(expected), **EXACT
        )


@pytest.mark.parametrize("n_classes", [1, 2, 5])
def test_best_path_of_large_batches(n_classes, monkeypatch):
    """Both ways to pass labels on find the same paths; parts are smaller than the batch."""
    chain, lengths = draw([4, 1, 6, 3, 5], n_classes)
    monkeypatch.setattr(chains, "MAX_SCORES", 2 * n_classes**2)
    expected = best_path(chain, lengths)
    monkeypatch.setattr(chains, "MIN_LARGE_STEP", 1)
    assert best_path(chain, lengths).equal(expected)


def test_scales_cover_both_algorithms():
    narrow = [has_narrow_range(draw([5, 3], 3, scale)[0]) for scale in (1, 60, 2000)]
    assert narrow == [True, True, False]


@pytest.mark.parametrize("scale", [1.0, 500.0])
@pytest.mark.parametrize("restricted", [False, True])
def test_gradients(scale, restricted):
    chain, lengths = draw([4, 1, 3], 3, scale)
    assert has_narrow_range(chain) == (scale == 1.0)
    emissions = chain.emissions
    parts = [part.clone().requires_grad_() for part in (*chain[:3], emissions)]
    allowed = None
    if restricted:
        allowed = torch.ones_like(emissions, dtype=torch.bool)
        allowed[0, 1, 0] = allowed[0, 2, :2] = allowed[2, 0, 1:] = False

    def normalize(*parts):
        # Weights differ, so that a gradient of another sequence shows.
        return log_normalizer(Chain(*parts), lengths, allowed) * torch.arange(1, 4)

    assert torch.autograd.gradcheck(normalize, parts)


def test_gradients_of_padding_are_zero():
    chain, lengths = draw([4, 1, 3], 3)
    emissions = chain.emissions.requires_grad_()
    gradient = torch.autograd.grad(log_normalizer(chain, lengths).sum(), emissions)[0]
    assert not gradient[1, 1:].any()
    assert not gradient[2, 3:].any()
    torch.testing.assert_close(gradient[0], log_marginals(chain, lengths)[0].exp(), **EXACT)


@given(LENGTHS, st.sampled_from([1.0, 8.0]))
def test_single_precision(lengths, scale):
    exact, n = draw(lengths, 4, scale)
    chain = Chain(*(part.float() for part in exact))
    torch.testing.assert_close(
        log_normalizer(chain, n).double(), log_normalizer(exact, n), rtol=1e-5, atol=1e-4
    )
    for i, k in enumerate(lengths):
        found, expected = (log_marginals(c, n)[i, :k].double() for c in (chain, exact))
        torch.testing.assert_close(found.exp(), expected.exp(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [1, 30, 300])
def test_long_chains_in_single_precision(scale):
    """Neither products of probabilities nor unlikely paths underflow."""
    exact, n = draw([2000, 1234], 5, scale)
    chain = Chain(*(part.float() for part in exact))
    found, expected = log_normalizer(chain, n), log_normalizer(exact, n)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=0)
    assert log_marginals(chain, n).isfinite().all()


def test_padding_may_be_nan():
    chain, n = draw([4, 1, 3], 3)
    expected = log_normalizer(chain, n), log_marginals(chain, n)[:, 0], best_path(chain, n)
    chain.emissions[1, 1:] = chain.emissions[2, 3:] = float("nan")
    found = log_normalizer(chain, n), log_marginals(chain, n)[:, 0], best_path(chain, n)
    for part, other in zip(found, expected, strict=True):
        assert part.equal(other)


def test_transitions_of_counts():
    """Scores are logarithms of shares, with a tenth added to each count."""
    head = CRFHead(6, 2)
    head.set_transitions(torch.tensor([[3, 0, 1], [1, 5, 1], [4, 0, 0]]))
    shares = [[3.1 / 4.3, 0.1 / 4.3], [1.1 / 7.3, 5.1 / 7.3]]
    torch.testing.assert_close(head.transitions.exp(), torch.tensor(shares))
    torch.testing.assert_close(head.first.exp(), torch.tensor([4.1 / 4.3, 0.1 / 4.3]))
    torch.testing.assert_close(head.last.exp(), torch.tensor([1.1 / 4.3, 1.1 / 7.3]))


class TestHead:
    """The head on states of an encoder."""

    @given(LENGTHS, CLASSES, st.integers(0, 2))
    def test_equals_torchcrf(self, lengths, n_classes, extra):
        head, states, n = make_head(lengths, n_classes, extra)
        other = torchcrf.CRF(n_classes, batch_first=True).double()
        other.transitions.data = head.transitions.data
        other.start_transitions.data = head.first.data
        other.end_transitions.data = head.last.data
        emissions = head.linear(states)
        mask = torch.arange(states.shape[1]) < n[:, None]
        labels = torch.randint(n_classes, mask.shape, generator=torch.manual_seed(0))
        chain = unpack_chain(head(states, n))
        found = score_labels(chain, labels, n) - log_normalizer(chain, n)
        expected = other(emissions, labels, mask, reduction="none")
        torch.testing.assert_close(found, expected, **EXACT)
        decoded = head.decode(states, n)
        assert [row[:k].tolist() for row, k in zip(decoded, lengths, strict=True)] == (
            other.decode(emissions, mask)
        )

    def test_full_lengths_equal_no_lengths(self):
        head, states, n = make_head([4, 4], 3)
        assert head.decode(states).equal(head.decode(states, n))
        torch.testing.assert_close(head.marginals(states), head.marginals(states, n))

    def test_packed_scores_are_unpacked(self):
        chain, _ = draw([3, 3], 4)
        for part, expected in zip(unpack_chain(pack_chain(chain)), chain, strict=True):
            assert part.equal(expected)

    @given(LENGTHS)
    def test_collects_scores_without_padding(self, lengths):
        head, states, n = make_head(lengths, 3, extra=1)
        outputs = head(states, n)
        collected = head.collect([([*range(len(lengths))], outputs, n)], len(lengths))
        for i, k in enumerate(lengths):
            assert collected[i].equal(outputs[i, : k + 5])

    def test_collects_scores_of_batches_without_padding(self):
        head, states, _ = make_head([4, 4], 3)
        first, _ = head.collect([([0, 1], head(states), None)], 2)
        assert first.shape == (9, 3)

    def test_initially_equals_a_softmax(self):
        head = CRFHead(6, 3).double()
        states = torch.randn(2, 4, 6, dtype=torch.float64)
        expected = head.linear(states).log_softmax(dim=2)
        torch.testing.assert_close(head.marginals(states), expected)

    @pytest.mark.parametrize("lengths", [[4, 1, 7], [1], [300, 2]])
    @pytest.mark.parametrize("scale", [1, 100])
    def test_exported_head_decodes(self, lengths, scale):
        head, states, n = make_head(lengths, 4, extra=1)
        head.float().transitions.mul_(scale)
        found = run_graph(head, states.float(), n)
        labels = head.decode(states.float(), n)
        marginals = head.marginals(states.float(), n).exp()
        for i, k in enumerate(lengths):
            assert found[i, :k, 0].tolist() == labels[i, :k].tolist()
            exported = np.exp(found[i, :k, 1:])
            np.testing.assert_allclose(exported, marginals[i, :k], atol=1e-4)

    def test_has_no_pooled_state(self):
        with pytest.raises(TypeError, match="pools no states"):
            CRFHead(6, 3).pool(torch.zeros(1, 2, 6))


def test_equals_crfsuite():
    """A chain with the weights of a fitted CRFsuite model, which has no first and last."""
    rng = np.random.default_rng(0)
    X = [[{str(v): 1.0} for v in rng.integers(4, size=n)] for n in (5, 1, 7, 3, 6)]
    y = [[str((int(*step) + i) % 3) for i, step in enumerate(x)] for x in X]
    crf = sklearn_crfsuite.CRF(all_possible_transitions=True, c1=0.01).fit(X, y)
    passed, emitted = crf.transition_features_, crf.state_features_
    classes = crf.classes_
    weights = [[passed.get((a, b), 0.0) for b in classes] for a in classes]
    zeros = torch.zeros(len(classes), dtype=torch.float64)
    for x in X:
        scores = [[emitted.get((*step, c), 0.0) for c in classes] for step in x]
        chain = Chain(
            torch.tensor(weights, dtype=torch.float64),
            zeros,
            zeros,
            torch.tensor([scores], dtype=torch.float64),
        )
        n = torch.tensor([len(x)])
        labels = [classes[k] for k in best_path(chain, n)[0]]
        assert labels == list(crf.predict_single(x))
        expected = [[step[c] for c in classes] for step in crf.predict_marginals_single(x)]
        found = log_marginals(chain, n)[0].exp().numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5)


def run_graph(head, states, lengths):
    """Return the outputs that onnxruntime computes."""
    graph = Graph()
    steps = export_sequences(graph, "states", "lengths")
    graph.rename(head.export(graph, steps), "outputs")
    model = graph.serialize(
        "head",
        {"states": ("float32", ["batch", "time", 6]), "lengths": ("int64", ["batch"])},
        {"outputs": ("float32", ["batch", "time", 1 + head.n_classes])},
        {},
    )
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"states": states.numpy(), "lengths": lengths.numpy()})[0]


def make_head(lengths, n_classes, extra=0):
    """Return a head with random weights, random states, and their lengths."""
    generator = torch.Generator().manual_seed(sum(lengths) + 10 * n_classes)
    head = CRFHead(6, n_classes).double()
    for parameter in head.parameters():
        parameter.data.normal_(generator=generator)
    shape = len(lengths), max(lengths) + extra, 6
    states = torch.randn(shape, generator=generator, dtype=torch.float64)
    return head.requires_grad_(False), states, torch.tensor(lengths)
