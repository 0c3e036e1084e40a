"""Callbacks of the training loop."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skorch.history import History
from torch import nn

from skseq.training.callbacks import BestWeights, TaskReports, WarmupCosine


class TestWarmupCosine:
    """The learning rate of each update."""

    def test_factors(self):
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
    def test_rate_rises_once_then_falls(self, n_updates):
        factors = np.array([WarmupCosine(n_updates).factor(k) for k in range(n_updates)])
        assert (factors > 0).all()
        assert factors.max() == pytest.approx(1.0)
        top = int(factors.argmax())
        assert (np.diff(factors[: top + 1]) > 0).all()
        assert (np.diff(factors[top:]) <= 0).all()

    def test_warmup_is_a_fraction_of_the_updates(self):
        schedule = WarmupCosine(n_updates=100, warmup=0.5)
        assert schedule.factor(24) == pytest.approx(0.5)

    def test_only_training_batches_advance_the_schedule(self):
        group = {"lr": None}
        net = SimpleNamespace(lr=0.5, optimizer_=SimpleNamespace(param_groups=[group]))
        schedule = WarmupCosine(n_updates=100)
        schedule.on_train_begin(net)
        seen = []
        for training in (True, False, True):
            schedule.on_batch_begin(net, training=training)
            seen.append(group["lr"])
        assert seen == pytest.approx([0.05, 0.05, 0.1])
        schedule.on_train_begin(net)  # each training starts from the first update
        schedule.on_batch_begin(net, training=True)
        assert group["lr"] == pytest.approx(0.05)

    def test_low_loss_shortens_training(self):
        """From the first epoch below the floor, the rate falls to 0 within half the epochs."""
        losses = np.r_[np.linspace(2.0, 0.1, 47), 0.05, np.full(52, 1.0)]  # floor: 0.06
        epochs, rates = run_schedule(WarmupCosine(200, floor=0.03), losses)
        assert epochs == 48 + 24
        whole = [WarmupCosine(200).factor(k) for k in range(144)]  # two in an epoch
        assert rates[:96] == pytest.approx(whole[:96])
        falling = 0.5 * (1 + np.cos(np.pi * np.arange(48) / 48))
        assert rates[96:] == pytest.approx(whole[96:] * falling)

    def test_low_loss_leaves_some_epochs(self):
        losses = np.r_[1.0, np.full(99, 0.01)]
        assert run_schedule(WarmupCosine(200, floor=0.03), losses)[0] == 2 + 20

    @pytest.mark.parametrize(
        ("floor", "first_low"),
        [(None, 40), (0.03, 95), (0.001, 40)],
        ids=["no floor", "no epochs to save", "loss above the floor"],
    )
    def test_schedule_is_complete(self, floor, first_low):
        losses = np.where(np.arange(100) < first_low, 1.0, 0.01)
        epochs, rates = run_schedule(WarmupCosine(200, floor=floor), losses)
        assert epochs == 100
        assert rates == pytest.approx([WarmupCosine(200).factor(k) for k in range(200)])

    def test_end_is_part_of_the_state(self):
        """A resumed training ends as the training that was interrupted."""
        losses = np.r_[1.0, np.full(99, 0.01)]
        _, rates = run_schedule(WarmupCosine(200, floor=0.03), losses)
        schedule = WarmupCosine(200, floor=0.03)
        _, before = run_schedule(schedule, losses[:6])
        other = WarmupCosine(200, floor=0.03)
        epochs, after = run_schedule(other, losses, resume=(schedule.state_dict(), 6))
        assert (epochs, before + after) == (22, rates)


def run_schedule(schedule, losses, resume=None):
    """Call a schedule in epochs of two updates with given losses; return epochs and rates.

    `resume` is the state of a schedule and the number of epochs before.
    """
    group, history = {"lr": None}, History()
    net = SimpleNamespace(
        lr=1.0,
        optimizer_=SimpleNamespace(param_groups=[group]),
        history=history,
        stop_training=False,
    )
    schedule.on_train_begin(net)
    state, n_done = resume or (None, 0)
    if resume:
        schedule.load_state_dict(state)
    rates = []
    for number, loss in enumerate(losses):
        history.new_epoch()
        history.record("train_loss", loss)
        if number < n_done:
            continue
        for _ in range(2):
            schedule.on_batch_begin(net, training=True)
            rates.append(group["lr"])
        schedule.on_epoch_end(net)
        assert schedule.is_over(net) == net.stop_training
        if net.stop_training:
            break
    return len(history), rates


def run_epochs(callback, losses):
    """Call a callback for epochs whose weights equal the epoch number."""
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

    def test_training_stops_after_patience_and_best_weights_are_restored(self):
        losses = [3.0, 2.0, 1.0, 1.5, 1.2, 1.1, 0.5]
        assert run_epochs(BestWeights(patience=3), losses) == (6, 3.0)

    def test_lower_loss_resets_the_patience(self):
        losses = [3.0, 4.0, 4.0, 2.0, 4.0, 4.0, 1.0]
        assert run_epochs(BestWeights(patience=3), losses) == (7, 7.0)

    def test_equal_loss_is_no_improvement(self):
        assert run_epochs(BestWeights(patience=2), [1.0, 1.0, 1.0, 1.0]) == (3, 1.0)

    def test_best_weights_are_restored_without_stopping(self):
        assert run_epochs(BestWeights(patience=9), [3.0, 1.0, 2.0]) == (3, 2.0)

    def test_nan_is_never_best(self):
        losses = [math.nan, 2.0, math.nan]
        assert run_epochs(BestWeights(patience=9), losses) == (3, 2.0)

    def test_kept_weights_are_a_copy(self):
        callback = BestWeights(patience=9)
        run_epochs(callback, [1.0, 2.0, 3.0])
        assert callback.weights_["weight"].item() == 1.0

    def test_weights_are_unchanged_without_an_epoch(self):
        module = nn.Linear(1, 1)
        before = module.weight.detach().clone()
        callback, net = BestWeights(patience=1), SimpleNamespace(module_=module)
        callback.on_train_begin(net)
        callback.on_train_end(net)
        assert torch.equal(module.weight, before)


class Context:
    """Stands for the callback context of scikit-learn and logs its calls."""

    def __init__(self, result=None, log=None, name="fit"):
        self.result, self.log, self.name = result, [] if log is None else log, name

    def subcontext(self, task_name):
        return Context(self.result, self.log, task_name)

    def call_on_fit_task_begin(self, **described):
        self.log.append((self.name, "begin", described))

    def call_on_fit_task_end(self, **described):
        self.log.append((self.name, "end", described))
        return self.result


class TestTaskReports:
    """Callbacks of scikit-learn are notified of the fit and of each epoch."""

    def run(self, result):
        context = Context(result)
        net = SimpleNamespace(stop_training=False)
        reports = TaskReports("estimator", context, "X", "y")
        reports.on_train_begin(net)
        for _ in range(2):
            reports.on_epoch_begin(net)
            reports.on_epoch_end(net)
        stopped = net.stop_training
        reports.on_train_end(net)
        return context.log, net, stopped

    def test_tasks_begin_and_end_in_order(self):
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
        ("result", "stops"), [(True, True), (False, False), (None, False)]
    )
    def test_training_stops_when_a_callback_returns_true(self, result, stops):
        assert self.run(result)[2] is stops
