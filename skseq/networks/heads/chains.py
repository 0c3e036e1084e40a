"""Linear chains: normalizer, best path and marginals of a conditional random field.

The score of a sequence of labels is the sum of the emissions of its labels, of the
transitions between adjacent labels, and of the scores of the first and the last label
(Lafferty et al., 2001). The probability of the sequence is proportional to the exponential
of its score. Emissions of padding are arbitrary.
"""

import math
from typing import NamedTuple

import torch

from skseq.networks.masks import reverse_steps, step_mask

# The best path compares at most this many scores at once, so that they fit into the cache.
MAX_SCORES = 2**18
# Products of exponentials may underflow if the logarithms of the smallest number and of
# the range of the scores differ by less.
RANGE_MARGIN = 8


class Chain(NamedTuple):
    """Scores of labels.

    Shapes: transitions (n_classes, n_classes), from row to column; first and last
    (n_classes,); emissions (batch, time, n_classes).
    """

    transitions: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    emissions: torch.Tensor


def pack_chain(chain):
    """Return a chain as one tensor (batch, n_classes + 2 + time, n_classes).

    The emissions come last, so that padding may be appended.
    """
    shared = torch.cat([chain.transitions, chain.first[None], chain.last[None]])
    return torch.cat([shared.expand(len(chain.emissions), -1, -1), chain.emissions], dim=1)


def unpack_chain(packed):
    """Return the chain of a tensor as of `pack_chain`."""
    n_classes = packed.shape[2]
    shared = packed[0]  # equal in all rows
    return Chain(
        shared[:n_classes],
        shared[n_classes],
        shared[n_classes + 1],
        packed[:, n_classes + 2 :],
    )


def score_labels(chain, labels, lengths):
    """Return the scores (batch,) of labels (batch, time); those of padding may be any."""
    real = step_mask(lengths, labels.shape[1])
    emitted = chain.emissions.gather(2, labels[:, :, None])[:, :, 0]
    passed = chain.transitions[labels[:, :-1], labels[:, 1:]]
    score = emitted.masked_fill(~real, 0).sum(dim=1)
    score = score + passed.masked_fill(~real[:, 1:], 0).sum(dim=1)
    final = labels.gather(1, lengths[:, None] - 1)[:, 0]
    return score + chain.first[labels[:, 0]] + chain.last[final]


def log_normalizer(chain, lengths, allowed=None):
    """Return the logarithm of the sum over all paths of their exponential scores: (batch,).

    `allowed` (batch, time, n_classes) restricts the sum to paths of allowed labels; each
    step has at least one.
    """
    chain = zero_padded_emissions(chain, lengths)
    is_narrow = has_narrow_range(chain)
    if allowed is not None:
        real = step_mask(lengths, allowed.shape[1])[:, :, None]
        emissions = chain.emissions.masked_fill(real & ~allowed, float("-inf"))
        chain = chain._replace(emissions=emissions)
    if is_narrow:
        return _LogNormalizer.apply(*chain, lengths)
    states, _ = sum_paths_in_logs(chain.emissions, chain.first, chain.transitions)
    return (take_final(states, lengths) + chain.last).logsumexp(dim=1)


@torch.no_grad()
def log_marginals(chain, lengths):
    """Return the logarithm of the probability of each label: (batch, time, n_classes).

    This is the forward-backward algorithm. Values of padding are arbitrary.
    """
    chain = zero_padded_emissions(chain, lengths)
    sum_all = sum_paths if has_narrow_range(chain) else sum_paths_in_logs
    states, _ = sum_all(chain.emissions, chain.first, chain.transitions)
    mirrored = reverse_steps(chain.emissions, lengths)
    _, rest = sum_all(mirrored, chain.last, chain.transitions.T)
    if sum_all is sum_paths:
        states, rest = states.log(), rest.log()
    return (states + reverse_steps(rest, lengths)).log_softmax(dim=2)


@torch.no_grad()
def best_path(chain, lengths):
    """Return the labels with the largest score (batch, time): the Viterbi algorithm.

    Labels of padding are 0.
    """
    scores = find_best_scores(chain)
    into = chain.transitions.T.contiguous()  # (to, from)
    ends = lengths - 1
    label = (take_final(scores, lengths) + chain.last).argmax(dim=1)
    labels = torch.zeros(scores.shape[:2], dtype=torch.int64, device=scores.device)
    final = label
    for t in range(scores.shape[1] - 1, -1, -1):
        if t + 1 < scores.shape[1]:
            # The sums are those of `find_best_scores`, so the maximum is the same.
            previous = (scores[:, t] + into[label]).argmax(dim=1)
            label = torch.where(ends > t, previous, final)
        labels[:, t] = label
    return labels.masked_fill_(~step_mask(lengths, scores.shape[1]), 0)


def find_best_scores(chain):
    """Return the score of the best path to each label: (batch, time, n_classes)."""
    emissions = chain.emissions.permute(1, 2, 0).contiguous()  # (time, n_classes, batch)
    into = chain.transitions.T.contiguous()[:, :, None]  # (to, from, 1)
    size = max(1, MAX_SCORES // chain.transitions.numel())
    scores = torch.empty_like(emissions)
    torch.add(chain.first[:, None], emissions[0], out=scores[0])
    for before, after, step in zip(scores, scores[1:], emissions[1:], strict=False):
        parts = zip(before.split(size, 1), after.split(size, 1), strict=True)
        for before_part, after_part in parts:
            torch.amax(before_part + into, dim=1, out=after_part)
        after += step
    return scores.permute(2, 0, 1)


def zero_padded_emissions(chain, lengths):
    """Return the chain with zeros for padding, whose values may be NaN."""
    padding = ~step_mask(lengths, chain.emissions.shape[1])[:, :, None]
    return chain._replace(emissions=chain.emissions.masked_fill(padding, 0))


def has_narrow_range(chain):
    """Return whether `sum_paths` neither underflows nor loses a path."""
    with torch.no_grad():
        emitted = (chain.emissions.amax(dim=2) - chain.emissions.amin(dim=2)).max()
        others = [part.max() - part.min() for part in chain[:3]]
        limit = -math.log(torch.finfo(emitted.dtype).tiny) - RANGE_MARGIN
        return bool(emitted + torch.stack(others).max() < limit)


def sum_paths(emissions, first, transitions):
    """Sum the exponential scores of the paths to each label, normalized at each step.

    Returns the sums with and without the emission of the label, (batch, time, n_classes)
    both, each up to a factor for each step.
    """
    states, before, _ = _sum_paths(*_exponentiate(emissions, first, transitions))
    return states, before


def sum_paths_in_logs(emissions, first, transitions):
    """Return the logarithms of the sums of `sum_paths`, for scores of any range."""
    before, state = [first.expand(len(emissions), -1)], first + emissions[:, 0]
    states = [state]
    for step in emissions.unbind(1)[1:]:
        before.append((state[:, :, None] + transitions).logsumexp(dim=1))
        state = before[-1] + step
        states.append(state)
    return torch.stack(states, dim=1), torch.stack(before, dim=1)


def take_final(states, lengths):
    """Return the states of the last steps, (batch, n_classes)."""
    return states[torch.arange(len(states), device=states.device), lengths - 1]


def _exponentiate(emissions, first, transitions):
    """Return the exponentials of scores, each divided by the largest one."""
    return (
        (emissions - emissions.amax(dim=2, keepdim=True)).exp(),
        (first - first.max()).exp(),
        (transitions - transitions.max()).exp(),
    )


def _sum_paths(emissions, first, transitions):
    """Return the sums of `sum_paths`, given exponentials, and their normalizers.

    The products with the emissions are normalized to sum 1 over the labels; normalizers are
    (batch, time, 1).
    """
    states, before = torch.empty_like(emissions), torch.empty_like(emissions)
    scales = emissions.new_empty(*emissions.shape[:2], 1)
    before[:, 0] = first
    steps = zip(*(x.unbind(1) for x in (emissions, states, before, scales)), strict=True)
    state = None
    for emission, next_state, into, scale in steps:
        if state is not None:
            torch.mm(state, transitions, out=into)
        torch.mul(into, emission, out=next_state)
        torch.sum(next_state, dim=1, keepdim=True, out=scale)
        state = next_state.div_(scale)
    return states, before, scales


class _LogNormalizer(torch.autograd.Function):
    """The forward algorithm; its gradients are the marginals (forward-backward)."""

    @staticmethod
    def forward(ctx, transitions, first, last, emissions, lengths):
        exponentials = _exponentiate(emissions, first, transitions)
        states, _, scales = _sum_paths(*exponentials)
        ctx.save_for_backward(last, lengths, states, scales, *exponentials)
        logs = scales[:, :, 0].log() + emissions.amax(dim=2)
        real = step_mask(lengths, emissions.shape[1])
        final = take_final(states, lengths) @ (last - last.max()).exp()
        total = logs.masked_fill(~real, 0).sum(dim=1) + final.log()
        return total + first.max() + last.max() + (lengths - 1) * transitions.max()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        last, lengths, states, scales, emissions, _, transitions = ctx.saved_tensors
        mirrored = reverse_steps(emissions, lengths)
        last = (last - last.max()).exp()
        _, rest, _ = _sum_paths(mirrored, last, transitions.T.contiguous())
        rest = reverse_steps(rest, lengths)
        real = step_mask(lengths, emissions.shape[1])[:, :, None]
        gradient = gradient[:, None, None] * real
        marginals = states * rest
        total = marginals.sum(dim=2, keepdim=True)
        # The product of both divisors may underflow.
        arrivals = emissions * rest / scales / total * gradient
        marginals *= gradient / total
        n_classes = len(last)
        passed = states[:, :-1].reshape(-1, n_classes).T
        passed = passed @ arrivals[:, 1:].reshape(-1, n_classes) * transitions
        starts, ends = marginals[:, 0].sum(dim=0), take_final(marginals, lengths).sum(dim=0)
        return passed, starts, ends, marginals, None
