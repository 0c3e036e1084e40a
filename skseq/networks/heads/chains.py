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
# From this many scores of a step on, the best path passes labels on one by one.
MIN_LARGE_STEP = 2**14
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
    states, _, scales = sum_paths_in_logs(chain.emissions, chain.first, chain.transitions)
    real = step_mask(lengths, scales.shape[1])
    total = scales.masked_fill(~real, 0).sum(dim=1)
    return total + (take_final(states, lengths) + chain.last).logsumexp(dim=1)


@torch.no_grad()
def log_marginals(chain, lengths):
    """Return the logarithm of the probability of each label: (batch, time, n_classes).

    This is the forward-backward algorithm. Values of padding are arbitrary.
    """
    chain = zero_padded_emissions(chain, lengths)
    sum_all = sum_paths if has_narrow_range(chain) else sum_paths_in_logs
    states, _, _ = sum_all(chain.emissions, chain.first, chain.transitions)
    mirrored = reverse_steps(chain.emissions, lengths)
    _, rest, _ = sum_all(mirrored, chain.last, chain.transitions.T)
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
    """Return the score of the best path to each label: (batch, time, n_classes).

    The largest one of a step is subtracted, so that scores of long chains are precise.
    """
    emissions = chain.emissions.permute(1, 2, 0).contiguous()  # (time, n_classes, batch)
    is_large = emissions[0].numel() >= MIN_LARGE_STEP and emissions.device.type == "cpu"
    pass_on = pass_labels_on if is_large else pass_all_on
    scores = torch.empty_like(emissions)
    torch.add(chain.first[:, None], emissions[0], out=scores[0])
    for before, after, step in zip(scores, scores[1:], emissions[1:], strict=False):
        pass_on(before, chain.transitions, after)
        after += step
        after -= after.amax(dim=0)
    return scores.permute(2, 0, 1)


def pass_all_on(before, transitions, after):
    """Set scores after a step (to, batch) to the largest ones of `before` + transitions."""
    size = max(1, MAX_SCORES // transitions.numel())
    for part, out in zip(before.split(size, 1), after.split(size, 1), strict=True):
        # Maxima over the first of contiguous axes are the fastest.
        passed = part[:, :, None] + transitions[:, None]  # (from, batch, to)
        out.copy_(passed.amax(dim=0).T)


def pass_labels_on(before, transitions, after):
    """Do what `pass_all_on` does, label by label, which is faster for large batches."""
    size = max(1, MAX_SCORES // len(before))
    transitions = transitions[:, :, None].unbind(0)  # to each label: (to, 1)
    for part, out in zip(before.split(size, 1), after.split(size, 1), strict=True):
        torch.add(part[0], transitions[0], out=out)
        passed = torch.empty_like(out)
        for scores, shifts in zip(part[1:], transitions[1:], strict=True):
            torch.maximum(out, torch.add(scores, shifts, out=passed), out=out)


def zero_padded_emissions(chain, lengths):
    """Return the chain with zeros for padding, whose values may be NaN."""
    padding = ~step_mask(lengths, chain.emissions.shape[1])[:, :, None]
    return chain._replace(emissions=chain.emissions.masked_fill(padding, 0))


def has_narrow_range(chain):
    """Return whether sums of exponentials neither underflow nor lose a path."""
    with torch.no_grad():
        emitted = (chain.emissions.amax(dim=2) - chain.emissions.amin(dim=2)).max()
        others = [part.max() - part.min() for part in chain[:3]]
        limit = -math.log(torch.finfo(emitted.dtype).tiny) - RANGE_MARGIN
        return bool(emitted + torch.stack(others).max() < limit)


def sum_paths(emissions, first, transitions):
    """Return what `sum_paths_in_logs` does, for scores of a narrow range."""
    scores = exponentiate(emissions, first, transitions)
    states, before, scales = sum_exponentials(*scores)
    return states.log(), before.log(), scales[:, :, 0].log()


def sum_paths_in_logs(emissions, first, transitions):
    """Sum the exponential scores of the paths to each label.

    Returns the logarithms of the sums with and without the emission of the label, (batch,
    time, n_classes) both, and of their normalizers (batch, time). A sum with the emission
    is 1 for all labels together; the next steps continue from there.
    """
    found, state = [], None
    before = first.expand(len(emissions), -1)
    for step in emissions.unbind(1):
        if state is not None:
            before = (state[:, :, None] + transitions).logsumexp(dim=1)
        scale = (before + step).logsumexp(dim=1)
        state = before + step - scale[:, None]
        found.append((state, before, scale))
    return tuple(torch.stack(parts, dim=1) for parts in zip(*found, strict=True))


def take_final(states, lengths):
    """Return the states of the last steps, (batch, n_classes)."""
    return states[torch.arange(len(states), device=states.device), lengths - 1]


def exponentiate(emissions, first, transitions):
    """Return the exponentials of scores, each divided by the largest one."""
    return (
        (emissions - emissions.amax(dim=2, keepdim=True)).exp(),
        (first - first.max()).exp(),
        (transitions - transitions.max()).exp(),
    )


def sum_exponentials(emissions, first, transitions):
    """Return the sums of `sum_paths_in_logs`, given the exponentials of the scores.

    Scores and sums are not logarithms. The normalizers are (batch, time, 1).
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
        exponentials = exponentiate(emissions, first, transitions)
        states, _, scales = sum_exponentials(*exponentials)
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
        _, rest, _ = sum_exponentials(mirrored, last, transitions.T.contiguous())
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
