"""The callbacks, each for itself."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from skseq.training.callbacks import BestWeights, TaskReports, WarmupCosine


class TestWarmupCosine:
    """The learning rate of every update."""

    def test_values(self):
        schedule = WarmupCosine(n_updates=100)
        assert schedule.factor(0) == pytest.approx(0.1)
        assert schedule.factor(4) == pytest.approx(0.5)
        assert schedule.factor(9) == pytest.approx(1.0)
        assert schedule.factor(10) == pytest.approx(1.0)
        assert schedule.factor(55) == pytest.approx(0.5)
        assert schedule.factor(32.5) == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))
        assert 0 < schedule.factor(99) < 1e-3
        assert schedule.factor(100) == pytest.approx(0.0, abs=1e-12)
        assert schedule.factor(500) == pytest.approx(0.0, abs=1e-12)

    @pytest.mark.parametrize("n_updates", [1, 2, 3, 10, 101])
    def test_it_rises_once_and_falls_once_within_bounds(self, n_updates):
        factors = np.array([WarmupCosine(n_updates).factor(k) for k in range(n_updates)])
        assert (factors > 0).all()
        assert factors.max() == pytest.approx(1.0)
        top = int(factors.argmax())
        assert (np.diff(factors[: top + 1]) > 0).all()
        assert (np.diff(factors[top:]) <= 0).all()

    def test_warmup_is_a_share_of_the_updates(self):
        schedule = WarmupCosine(n_updates=100, warmup=0.5)
        assert schedule.factor(24) == pytest.approx(0.5)

    def test_it_sets_the_rate_of_training_batches_only(self):
        group = {"lr": None}
        net = SimpleNamespace(lr=0.5, optimizer_=SimpleNamespace(param_groups=[group]))
        schedule = WarmupCosine(n_updates=100)
        schedule.on_train_begin(net)
        seen = []
        for training in (True, False, True):
            schedule.on_batch_begin(net, training=training)
            seen.append(group["lr"])
        assert seen == pytest.approx([0.05, 0.05, 0.1])
        schedule.on_train_begin(net)  # every training starts anew
        schedule.on_batch_begin(net, training=True)
        assert group["lr"] == pytest.approx(0.05)


def run_epochs(callback, losses):
    """Let a callback see epochs whose weights are the number of the epoch."""
    module = nn.Linear(1, 1, bias=False)
    net = SimpleNamespace(module_=module, history={}, stop_training=False)
    callback.on_train_begin(net)
    for epoch, loss in enumerate(losses, start=1):
        nn.init.constant_(module.weight, epoch)
        net.history = {(-1, "valid_loss"): loss, (-1, "epoch"): epoch}
        callback.on_epoch_end(net)
        if net.stop_training:
            break
    callback.on_train_end(net)
    return epoch, module.weight.item()


class TestBestWeights:
    """The weights of the epoch with the lowest validation loss."""

    def test_it_stops_after_patience_and_puts_the_best_back(self):
        losses = [3.0, 2.0, 1.0, 1.5, 1.2, 1.1, 0.5]
        assert run_epochs(BestWeights(patience=3), losses) == (6, 3.0)

    def test_a_lower_loss_starts_the_wait_anew(self):
        losses = [3.0, 4.0, 4.0, 2.0, 4.0, 4.0, 1.0]
        assert run_epochs(BestWeights(patience=3), losses) == (7, 7.0)

    def test_an_equal_loss_is_no_progress(self):
        assert run_epochs(BestWeights(patience=2), [1.0, 1.0, 1.0, 1.0]) == (3, 1.0)

    def test_the_best_comes_back_without_stopping(self):
        assert run_epochs(BestWeights(patience=9), [3.0, 1.0, 2.0]) == (3, 2.0)

    def test_nan_is_never_best(self):
        losses = [math.nan, 2.0, math.nan]
        assert run_epochs(BestWeights(patience=9), losses) == (3, 2.0)

    def test_kept_weights_do_not_move_with_the_module(self):
        callback = BestWeights(patience=9)
        run_epochs(callback, [1.0, 2.0, 3.0])
        assert callback.weights_["weight"].item() == 1.0

    def test_without_an_epoch_the_weights_stay(self):
        module = nn.Linear(1, 1)
        before = module.weight.detach().clone()
        callback, net = BestWeights(patience=1), SimpleNamespace(module_=module)
        callback.on_train_begin(net)
        callback.on_train_end(net)
        assert torch.equal(module.weight, before)


class Context:
    """Stands for scikit-learn's callback context; keeps what it is told."""

    def __init__(self, answer=None, log=None, name="fit"):
        self.answer, self.log, self.name = answer, [] if log is None else log, name

    def subcontext(self, task_name):
        return Context(self.answer, self.log, task_name)

    def call_on_fit_task_begin(self, **described):
        self.log.append((self.name, "begin", described))

    def call_on_fit_task_end(self, **described):
        self.log.append((self.name, "end", described))
        return self.answer


class TestTaskReports:
    """scikit-learn's callbacks hear of the fit and of every epoch."""

    def run(self, answer):
        context = Context(answer)
        net = SimpleNamespace(stop_training=False)
        reports = TaskReports("estimator", context, "X", "y")
        reports.on_train_begin(net)
        for _ in range(2):
            reports.on_epoch_begin(net)
            reports.on_epoch_end(net)
        stopped = net.stop_training
        reports.on_train_end(net)
        return context.log, net, stopped

    def test_tasks_begin_and_end_in_turn(self):
        log, net, _ = self.run(None)
        epoch = [("epoch", "begin"), ("epoch", "end")]
        order = [("fit", "begin"), *epoch, *epoch, ("fit", "end")]
        assert [entry[:2] for entry in log] == order
        for _, moment, described in log:
            assert described["estimator"] == "estimator"
            assert (described["X"], described["y"]) == ("X", "y")
            fitted = described["reconstruction_attributes"]
            assert fitted == ({"net_": net} if moment == "end" else None)

    @pytest.mark.parametrize(
        ("answer", "stops"), [(True, True), (False, False), (None, False)]
    )
    def test_an_epoch_that_answers_true_stops_training(self, answer, stops):
        assert self.run(answer)[2] is stops
