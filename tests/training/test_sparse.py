"""Updates with sparse gradients equal updates with dense ones, but leave other rows alone."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skorch.callbacks import Callback
from torch import nn

from skseq import Sequences
from skseq.inputs import InputScaler
from skseq.sequences import RowTargets
from skseq.training import SequenceDataset
from skseq.training import optimizer as optimizer_module
from skseq.training.averaging import WeightAverage
from skseq.training.optimizer import AdamW, clip_gradients
from skseq.training.sparse import make_gradient, merge_rows

from .test_net import LinearHead, make_net

N_ROWS, WIDTH = 6, 3
EVERY_ROW = range(N_ROWS)
# The kind of gradient of an update, and the rows that it touches.
ROWS = st.lists(st.integers(0, N_ROWS - 1), max_size=8)
UPDATES = st.lists(st.tuples(st.sampled_from(["sparse", "dense", None]), ROWS), max_size=12)


class Table(nn.Module):
    """The mean of the embeddings of a sequence of integers, and a linear layer."""

    def __init__(self, sparse=True):
        super().__init__()
        self.table = nn.Embedding(N_ROWS, WIDTH, sparse=sparse)
        self.head = LinearHead(WIDTH, 1)
        generator = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            nn.init.normal_(parameter, generator=generator)

    def forward(self, x, lengths=None):
        return self.head(self.table(x[:, :, 0].long()).mean(dim=1))

    def count_products(self, n_steps):
        return n_steps


def make_pair():
    return Table(sparse=True), Table(sparse=False)


def give_gradients(*modules, rows, seed=0):
    """Set the gradients of modules for the same sequence of integers."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(len(rows), WIDTH, generator=generator)
    for module in modules:
        module.zero_grad()
        embedded = module.table(torch.tensor(rows, dtype=torch.long))
        ((embedded * direction).sum() + module.head(embedded.mean(dim=0))).sum().backward()
        merge_rows(module.parameters())


def make_optimizer(module):
    return AdamW([{"params": list(module.parameters()), "weight_decay": 0.1}], 0.05)


def assert_same(ours, theirs, **tolerance):
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, **tolerance)


class TestMergeRows:
    """Gradients have each row once."""

    def test_entries_of_the_same_row_are_added(self):
        sparse, dense = make_pair()
        give_gradients(sparse, dense, rows=[4, 1, 4, 4, 1])
        gradient = sparse.table.weight.grad
        assert gradient.indices().tolist() == [[1, 4]]
        torch.testing.assert_close(gradient.to_dense(), dense.table.weight.grad)

    def test_dense_and_missing_gradients_are_unchanged(self):
        module = Table(sparse=False)
        merge_rows(module.parameters())
        assert all(p.grad is None for p in module.parameters())
        give_gradients(module, rows=[1])
        before = module.table.weight.grad
        merge_rows(module.parameters())
        assert module.table.weight.grad is before


class TestAdamW:
    """Lazy updates of rows."""

    @pytest.mark.parametrize("public", [False, True])
    def test_updates_of_every_row_equal_dense_ones_bit_for_bit(self, monkeypatch, public):
        if public:
            monkeypatch.setattr(optimizer_module, "find_fused_update", lambda: None)
        modules = make_pair()
        optimizers = [make_optimizer(module) for module in modules]
        for seed in range(5):
            give_gradients(*modules, rows=EVERY_ROW, seed=seed)
            for optimizer in optimizers:
                optimizer.step()
        assert_same(*modules, rtol=0, atol=0)
        states = (optimizer.state_dict()["state"][0] for optimizer in optimizers)
        sparse, dense = states
        for name, moment in dense.items():
            assert torch.equal(sparse[name], moment)

    def test_touched_rows_are_updated_as_if_there_were_no_others(self):
        module, small = Table(), Table(sparse=False)
        rows = [5, 2]
        small.table = nn.Embedding.from_pretrained(module.table.weight[rows], freeze=False)
        optimizers = [make_optimizer(module), make_optimizer(small)]
        before = module.table.weight.detach().clone()
        for seed in range(4):
            give_gradients(module, rows=rows, seed=seed)
            give_gradients(small, rows=[0, 1], seed=seed)
            for optimizer in optimizers:
                optimizer.step()
        assert torch.equal(module.table.weight[rows], small.table.weight)
        others = [0, 1, 3, 4]
        assert torch.equal(module.table.weight[others], before[others])
        state = optimizers[0].state[module.table.weight]
        assert state["step"] == 4
        assert not state["exp_avg"][others].any()
        assert not state["exp_avg_sq"][others].any()
        assert state["exp_avg"][rows].all()

    @pytest.mark.parametrize("n_missed", [1, 5, 60])
    def test_update_is_the_sum_of_dense_updates_until_the_next_one(self, n_missed):
        """A row that n updates left out makes the dense updates of n more, at once."""
        modules = make_pair()
        optimizers = [
            AdamW([{"params": [m.table.weight], "weight_decay": 0.0}], 0.01)
            for m in modules
        ]
        first = [3] + [0] * n_missed
        for row in first:
            give_gradients(*modules, rows=[row])
            for optimizer in optimizers:
                optimizer.step()
        before = [m.table.weight[3].detach().clone() for m in modules]
        for row in first:
            give_gradients(*modules, rows=[row], seed=1)
            if row == 3:
                optimizers[0].step()
            optimizers[1].step()
        moves = [
            m.table.weight[3].detach() - start
            for m, start in zip(modules, before, strict=True)
        ]
        # The bias of the moments changes a little between the updates.
        torch.testing.assert_close(*moves, rtol=0.1, atol=1e-4)

    def test_moments_of_touched_rows_equal_dense_ones(self):
        modules = make_pair()
        optimizers = [make_optimizer(module) for module in modules]
        for seed, rows in enumerate([[0, 1], [1], [1, 2], [0, 1, 2]]):
            give_gradients(*modules, rows=rows, seed=seed)
            for optimizer in optimizers:
                optimizer.step()
        ours, theirs = (
            o.state[m.table.weight] for o, m in zip(optimizers, modules, strict=True)
        )
        for name in ("exp_avg", "exp_avg_sq"):
            torch.testing.assert_close(ours[name][:3], theirs[name][:3])
        assert ours["touched"].tolist() == [4, 4, 4, 0, 0, 0]

    def test_gradient_without_rows_changes_nothing(self):
        module = Table()
        before = module.table.weight.detach().clone()
        optimizer = make_optimizer(module)
        shape = module.table.weight.shape
        rows, numbers = torch.empty(0, dtype=torch.long), torch.empty(0, WIDTH)
        module.table.weight.grad = make_gradient(rows, numbers, shape)
        optimizer.step()
        assert torch.equal(module.table.weight, before)

    def test_scaled_updates_of_every_row_equal_dense_ones(self):
        modules = make_pair()
        optimizers = [make_optimizer(module) for module in modules]
        for seed, factor in enumerate([1, 0.3, 2]):
            give_gradients(*modules, rows=EVERY_ROW, seed=seed)
            for optimizer in optimizers:
                with optimizer.scaled(factor):
                    optimizer.step()
        assert_same(*modules, rtol=0, atol=0)


class TestClipGradients:
    """The norm over dense and sparse gradients."""

    @pytest.mark.parametrize("limit", [0.1, 1e6, None])
    def test_norm_and_gradients_equal_dense_ones(self, limit):
        modules = make_pair()
        give_gradients(*modules, rows=[4, 1, 4, 4, 1])
        norms = [clip_gradients(list(m.parameters()), limit) for m in modules]
        torch.testing.assert_close(*norms)
        for ours, theirs in zip(*(m.parameters() for m in modules), strict=True):
            torch.testing.assert_close(ours.grad.to_dense(), theirs.grad)
        found = torch.stack([p.grad.to_dense().norm() for p in modules[0].parameters()])
        assert found.norm().item() == pytest.approx(min(limit or 1e6, norms[0].item()))


class TestWeightAverage:
    """The average of rows that few updates touch."""

    @settings(deadline=None)
    @given(UPDATES)
    def test_average_equals_the_dense_one(self, updates):
        module, same = make_pair()
        lazy, dense = WeightAverage(module), WeightAverage(same)
        generator = torch.Generator().manual_seed(0)
        for kind, rows in updates:
            numbers = torch.randn(len(rows), WIDTH, generator=generator)
            weight = module.table.weight
            weight.grad = None
            if kind is not None:
                weight.grad = make_gradient(
                    torch.tensor(rows).long(), numbers, weight.shape
                )
                step = weight.grad.to_dense()
            if kind == "dense":
                weight.grad = step
            with lazy.record(), dense.record(), torch.no_grad():
                if kind is not None:
                    weight += step
                same.table.weight.copy_(weight)
        with lazy.in_place(), dense.in_place():
            assert_same(module, same, rtol=1e-5, atol=1e-5)

    def test_many_updates_without_a_row(self):
        module, same = make_pair()
        lazy, dense = WeightAverage(module), WeightAverage(same)
        for number in range(3000):
            rows = [0] if number else [0, 1]
            module.table.weight.grad = make_gradient(
                torch.tensor(rows), torch.ones(len(rows), WIDTH), module.table.weight.shape
            )
            with lazy.record(), dense.record(), torch.no_grad():
                for table in (module.table, same.table):
                    table.weight[rows] += 1.0 if number % 100 else 10.0
        with lazy.in_place(), dense.in_place():
            assert_same(module, same, rtol=1e-4, atol=1e-4)

    def test_update_reads_no_other_rows(self):
        module = Table()
        average = WeightAverage(module)
        for rows in ([0], [0, 2], [2]):
            give_gradients(module, rows=rows)
            with torch.no_grad():
                module.table.weight[[1, 3, 4, 5]] = torch.nan
            with average.record():
                pass
        assert average.weights["table.weight"].isfinite().all()

    def test_state_is_complete(self):
        module = Table()
        average = WeightAverage(module)
        for rows in ([0, 1], [0], [2]):
            give_gradients(module, rows=rows)
            with average.record(), torch.no_grad():
                module.table.weight[rows] += 1
        state = copy.deepcopy(average.state_dict())
        resumed = WeightAverage(module)
        resumed.load_state_dict(state)
        for some in (average, resumed):
            give_gradients(module, rows=[1])
            with some.record():
                pass
            some.complete()
        for name, values in average.weights.items():
            assert torch.equal(values, resumed.weights[name])


def make_data(n=48, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.choice(N_ROWS, p=[0.5, 0.3, 0.17, 0.01, 0.01, 0.01], size=(n, 4, 1))
    X = Sequences(codes.reshape(-1, 1).astype(np.float32), [4] * n)
    targets = RowTargets((codes.mean(axis=1) + rng.normal(size=(n, 1))).astype(np.float32))
    return SequenceDataset(X, InputScaler.fit(X, scale=False, mask_missing=False), targets)


class StopAt(Callback):
    """Fails like a killed process at the start of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise RuntimeError("killed")


class WatchGradients(Callback):
    """Records what a callback finds."""

    def on_train_begin(self, net, **kwargs):
        self.found = []

    def on_grad_computed(self, net, named_parameters, batch=None, **kwargs):
        gradient = dict(named_parameters)["table.weight"].grad
        codes = batch.x.long().unique()
        self.found.append(
            gradient.indices()[0].tolist() == codes.tolist()
            and torch.equal(gradient.to_dense()[codes], gradient.values())
        )


class TestTraining:
    """The training loop with a table."""

    def test_rare_rows_only_differ_from_dense_training(self):
        nets = [make_net(module, lr=1e-3, max_grad_norm=0.5) for module in make_pair()]
        for net in nets:
            net.train(make_data(), make_data(seed=1), 3)
        sparse, dense = (net.module_.state_dict()["table.weight"] for net in nets)
        # Every batch has the first three rows.
        torch.testing.assert_close(sparse[:3], dense[:3], rtol=1e-3, atol=1e-4)
        losses = [[row["valid_loss"] for row in net.history] for net in nets]
        np.testing.assert_allclose(*losses, rtol=1e-3)

    def test_callbacks_find_merged_gradients(self):
        watch = WatchGradients()
        make_net(Table(), callbacks=[watch]).train(make_data(), None, 2)
        assert len(watch.found) == 6
        assert all(watch.found)

    def test_killed_training_resumes_bit_for_bit(self, tmp_path):
        whole, killed, resumed = (make_net(Table()) for _ in range(3))
        for net in (whole, killed, resumed):
            net.parameters_ = {}
        sets = make_data(), make_data(seed=1)
        whole.train(*sets, 4)
        with pytest.raises(RuntimeError, match="killed"):
            killed.train(*sets, 4, [("stop", StopAt(2))], folder=tmp_path)
        resumed.train(*sets, 4, folder=tmp_path)
        assert_same(resumed.module_, whole.module_, rtol=0, atol=0)
        assert [row["epoch"] for row in resumed.history] == [1, 2, 3, 4]
