"""Updates of an embedding table, of which a batch reads few rows."""

import torch
from torch import nn

from skseq.training.averaging import WeightAverage
from skseq.training.optimizer import AdamW, clip_gradients
from skseq.training.sparse import merge_rows

from .workloads import LEARNING_RATE, MAX_GRAD_NORM

WIDTH, N_TOUCHED, N_UPDATES = 64, 600, 200
LARGE_TABLE, SMALL_TABLE = 100_000, 1000


def prepare_updates(comparison):
    """Return functions that make updates of a large table and of a small one."""
    return _prepare(LARGE_TABLE), _prepare(SMALL_TABLE)


def _prepare(n_rows):
    """Return a function that makes updates, each of other random rows of a table."""
    table = nn.Embedding(n_rows, WIDTH, sparse=True)
    parameters = list(table.parameters())
    optimizer, average = (
        AdamW([{"params": parameters}], LEARNING_RATE),
        WeightAverage(table),
    )
    batches = [torch.randperm(n_rows)[:N_TOUCHED] for _ in range(N_UPDATES)]

    def run():
        for rows in batches:
            table.weight.grad = None
            table(rows).square().sum().backward()
            merge_rows(parameters)
            clip_gradients(parameters, MAX_GRAD_NORM)
            with average.record():
                optimizer.step()

    return run
