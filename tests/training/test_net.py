"""The training loop: weights, clipping, divergence, interruption, pickling."""

import pickle
import signal
import warnings

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from skseq import LSTMRegressor, Sequences
from skseq.exceptions import DeviceUnavailableWarning, DivergenceError
from skseq.inputs import InputScaler
from skseq.networks import Dropout, collect_rows
from skseq.sequences import RowTargets
from skseq.training import SequenceDataset, SequenceNet


class Squared(nn.Module):
    """The squared error of each sequence."""

    def forward(self, outputs, targets, lengths=None):
        return ((outputs - targets) ** 2).mean(dim=1)

    def score(self, outputs, targets, lengths=None):
        return -float(((outputs - targets) ** 2).mean())


class LinearHead(nn.Linear):
    """A linear head."""

    def collect(self, parts, n):
        return collect_rows(parts, n)


class Mean(nn.Module):
    """A linear model of the mean over the steps of a sequence."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.head = LinearHead(2, 1)
        self.dropout = Dropout(dropout)
        nn.init.constant_(self.head.weight, 0.5)
        nn.init.zeros_(self.head.bias)

    def forward(self, x, lengths=None):
        return self.head(self.dropout(self.pool(x, lengths)))

    def count_products(self, n_steps):
        return 2 * n_steps

    def pool(self, x, lengths=None):
        if lengths is None:
            return x.mean(dim=1)
        mask = torch.arange(x.shape[1]) < lengths[:, None]
        return (x * mask[:, :, None]).sum(dim=1) / lengths[:, None]


def make_data(n=16, lengths=None, weights=None, seed=0):
    rng = np.random.default_rng(seed)
    lengths = [5] * n if lengths is None else lengths
    X = Sequences(rng.normal(size=(sum(lengths), 2)), lengths)
    means = np.stack([x.mean(axis=0) for x in X])
    targets = RowTargets((means @ [[1.0], [-2.0]]).astype(np.float32))
    scaler = InputScaler.fit(X, scale=False, mask_missing=False)
    return SequenceDataset(X, scaler, targets, weights)


def make_net(module=None, callbacks=(), **options):
    options = {"lr": 0.01, "batch_size": 16, "seed": 0, **options}
    net = SequenceNet(module or Mean(), Squared(), callbacks=list(callbacks), **options)
    return net.initialize()


def targets_of(data):
    return torch.from_numpy(data.targets.values)


def weights_of(net):
    return [p.detach().clone() for p in net.module_.parameters()]


class Record(Callback):
    """Records losses and gradient norms of batches."""

    def on_train_begin(self, net, **kwargs):
        self.losses, self.norms = [], []

    def on_grad_computed(self, net, named_parameters, **kwargs):
        grads = [p.grad.flatten() for _, p in named_parameters]
        self.norms.append(torch.cat(grads).norm().item())

    def on_batch_end(self, net, loss=None, **kwargs):
        self.losses.append(loss.item())


class WatchWeights(Callback):
    """Records the weights after updates and at the ends of epochs."""

    def on_train_begin(self, net, **kwargs):
        self.after_updates, self.at_epoch_ends, self.biases = [], [], []

    def on_batch_end(self, net, **kwargs):
        self.after_updates.append(net.module_.head.weight.detach().clone())

    def on_epoch_end(self, net, **kwargs):
        self.at_epoch_ends.append(net.module_.head.weight.detach().clone())
        self.biases.append(net.module_.head.bias.detach().clone())


class TestLoop:
    """Updates and epochs."""

    def test_update_is_a_step_of_adamw_on_the_mean_loss(self):
        data, net = make_data(), make_net(weight_decay=0.1)
        module = Mean()
        groups = [
            {"params": [module.head.weight], "weight_decay": 0.1},
            {"params": [module.head.bias], "weight_decay": 0.0},  # is not decayed
        ]
        optimizer = torch.optim.AdamW(groups, lr=0.01)
        x = torch.from_numpy(np.stack(data.sequences.to_list())).float()
        for _ in range(3):
            optimizer.zero_grad()
            ((module(x) - targets_of(data)) ** 2).mean().backward()
            optimizer.step()
        net.train(data, None, 3)
        for found, expected in zip(weights_of(net), module.parameters(), strict=True):
            torch.testing.assert_close(found, expected.detach(), rtol=1e-5, atol=1e-7)

    def test_training_converges(self):
        net = make_net(lr=0.05)
        net.train(make_data(lengths=[3, 5, 5, 7] * 10), None, 300)
        torch.testing.assert_close(
            weights_of(net)[0], torch.tensor([[1.0, -2.0]]), rtol=0, atol=1e-3
        )

    def test_history_has_one_row_per_epoch(self):
        net = make_net(batch_size=5, max_grad_norm=1.0)
        net.train(make_data(), make_data(seed=1), 2)
        assert len(net.history) == 2
        for row in net.history:
            names = {"epoch", "train_loss", "valid_loss", "valid_score", "lr", "grad_norm"}
            assert names <= set(row)
        assert net.history[:, "epoch"] == [1, 2]

    def test_training_loss_is_the_mean_over_sequences(self):
        record = Record()
        net = make_net(callbacks=[record], lr=1e-12, batch_size=3)
        data = make_data(n=8)  # 3, 3 and 2 rows
        net.train(data, None, 1)
        assert len(record.losses) == 3
        x = torch.from_numpy(np.stack(data.sequences.to_list())).float()
        expected = ((Mean()(x) - targets_of(data)) ** 2).mean().item()
        assert net.history[-1, "train_loss"] == pytest.approx(expected, rel=1e-5)

    def test_validation_loss_and_score(self):
        net, held_out = make_net(), make_data(lengths=[2, 4, 6])
        net.train(make_data(), held_out, 1)
        outputs = torch.from_numpy(net.outputs(held_out))
        expected = ((outputs - targets_of(held_out)) ** 2).mean().item()
        assert net.history[-1, "valid_loss"] == pytest.approx(expected, rel=1e-5)
        assert net.history[-1, "valid_score"] == pytest.approx(-expected, rel=1e-5)

    def test_validation_uses_averaged_weights(self):
        watch = WatchWeights()
        net, held_out = make_net(callbacks=[watch], batch_size=4), make_data(seed=1)
        net.train(make_data(), held_out, 2)
        trained = watch.after_updates
        average = trained[0]
        for t, weight in enumerate(trained[1:], start=2):
            average = average + 9 / (t + 8) * (weight - average)
        torch.testing.assert_close(watch.at_epoch_ends[-1], average)
        bias = net.module_.head.bias.detach()
        assert not torch.allclose(average, trained[-1], atol=1e-3)
        # Training continues from the weights, not from their average.
        assert torch.equal(net.module_.head.weight, trained[-1])
        x = torch.from_numpy(np.stack(held_out.sequences.to_list())).float()
        outputs = x.mean(dim=1) @ average.T + watch.biases[-1]
        expected = ((outputs - targets_of(held_out)) ** 2).mean().item()
        assert net.history[-1, "valid_loss"] == pytest.approx(expected, rel=1e-4)
        assert not torch.equal(bias, watch.biases[-1])

    def test_weights_are_not_averaged_without_validation(self):
        watch = WatchWeights()
        net = make_net(callbacks=[watch], batch_size=4)
        net.train(make_data(), None, 2)
        assert torch.equal(watch.at_epoch_ends[-1], watch.after_updates[-1])

    def test_further_training_draws_other_batches_and_masks(self):
        data = make_data(n=40)
        split, whole = (make_net(Mean(0.5), batch_size=8) for _ in range(2))
        split.train(data, None, 1)
        first = split.history[-1, "train_loss"]
        split.module_.load_state_dict(Mean(0.5).state_dict())
        split.initialize_optimizer()
        split.train(data, None, 1)
        assert split.history[-1, "train_loss"] != first
        whole.train(data, None, 1)
        assert whole.history[-1, "train_loss"] == first

    def test_outputs_come_in_order_and_in_evaluation_mode(self):
        net = make_net(Mean(0.5))
        data = make_data(lengths=[9, 1, 4, 30, 4, 2])
        expected = [Mean().eval()(torch.tensor(x[None]).float()) for x in data.sequences]
        np.testing.assert_allclose(
            net.outputs(data), torch.cat(expected).detach(), rtol=1e-5, atol=1e-6
        )
        means = np.stack([x.mean(axis=0) for x in data.sequences])
        np.testing.assert_allclose(net.outputs(data, "pool"), means, rtol=1e-5, atol=1e-6)
        assert net.outputs(data).dtype == np.float32

    def test_frozen_parameters_stay_unchanged(self):
        module = Mean()
        module.head.bias.requires_grad_(False)
        net = make_net(module)
        net.train(make_data(), None, 2)
        assert net.module_.head.bias.item() == 0.0


class TestWeights:
    """Weights scale the loss of each sequence."""

    def test_weights_scale_the_loss(self):
        weights = np.array([2.0, 0.5] * 8, dtype=np.float32)
        record = Record()
        net = make_net(callbacks=[record])
        data = make_data(weights=weights)
        x = torch.from_numpy(np.stack(data.sequences.to_list())).float()
        losses = ((Mean()(x) - targets_of(data)) ** 2).mean(dim=1)
        net.train(data, None, 1)
        assert record.losses[0] == pytest.approx(
            (losses * torch.from_numpy(weights)).mean().item(), rel=1e-5
        )

    def test_weights_scale_the_validation_loss(self):
        weights = np.array([1.9, 0.1] * 8, dtype=np.float32)
        plain, weighted = make_net(lr=1e-12), make_net(lr=1e-12)
        plain.train(make_data(), make_data(), 1)
        weighted.train(make_data(), make_data(weights=weights), 1)
        data = make_data()
        losses = (torch.from_numpy(plain.outputs(data)) - targets_of(data)).square().ravel()
        found = weighted.history[-1, "valid_loss"]
        assert found == pytest.approx(
            (losses * torch.from_numpy(weights)).mean().item(), rel=1e-5
        )
        assert found != pytest.approx(plain.history[-1, "valid_loss"], rel=1e-3)


class TestClipping:
    """`max_grad_norm` bounds the gradient of an update."""

    @pytest.mark.parametrize("limit", [0.01, 1e6, None])
    def test_gradient_is_scaled_down_to_the_limit(self, limit):
        record = Record()
        net = make_net(callbacks=[record], max_grad_norm=limit)
        seen = []
        step = net.optimizer_.step

        def watch():
            grads = [p.grad.flatten() for p in net.module_.parameters()]
            seen.append(torch.cat(grads).norm().item())
            step()

        net.optimizer_.step = watch
        net.train(make_data(), None, 1)
        assert record.norms[0] > 0.01
        expected = record.norms[0] if limit in (None, 1e6) else 0.01
        assert seen[0] == pytest.approx(expected, rel=1e-3)
        # The log shows the norm before clipping.
        assert net.history[-1, "grad_norm"] == pytest.approx(record.norms[0], rel=1e-5)

    def test_logged_norm_is_the_mean_over_updates(self):
        record = Record()
        lengths = np.random.default_rng(0).integers(1, 5, size=201)
        net = make_net(callbacks=[record], batch_size=2)
        net.train(make_data(lengths=lengths), None, 1)
        assert net.history[-1, "grad_norm"] == pytest.approx(
            np.mean(record.norms), rel=1e-4
        )


class TestDivergence:
    """A loss that is not finite raises an error with advice."""

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_message_names_epoch_rate_and_remedy(self, bad):
        class Spoil(Callback):
            def on_epoch_begin(self, net, **kwargs):
                if len(net.history) == 3:
                    nn.init.constant_(net.module_.head.bias, bad)

        net = make_net(callbacks=[Spoil()], lr=0.02)
        with pytest.raises(
            DivergenceError,
            match=rf"loss became {bad} in epoch 3 at lr=0\.02\. Try a smaller lr \(for "
            r"example 0\.001\), a smaller max_grad_norm, or scale=True",
        ):
            net.train(make_data(), None, 5)

    def test_estimator_stays_unfitted(self):
        X = np.random.default_rng(0).normal(size=(20, 4, 1))
        y = np.arange(20.0)
        regressor = LSTMRegressor(
            hidden_size=4, lr=1e30, max_epochs=5, max_grad_norm=None, random_state=0
        )
        with pytest.raises(DivergenceError, match=r"at lr=1e\+30"):
            regressor.fit(X, y)
        assert not hasattr(regressor, "net_")
        assert not [name for name in vars(regressor) if name.endswith("_")]


class TestInterruption:
    """Ctrl-C ends training and keeps the net."""

    def test_complete_epochs_are_kept(self):
        class Interrupt(Callback):
            def on_batch_end(self, net, **kwargs):
                if len(net.history) == 3:
                    raise KeyboardInterrupt

        net = make_net(callbacks=[Interrupt()])
        held = list(net.callbacks_)
        assert net.train(make_data(), None, 9) is True
        assert net.callbacks_ == held
        assert not net.module_.training
        assert net.outputs(make_data()).shape == (16, 1)

    def test_stopping_callback_of_skorch_is_no_interruption(self):
        class Stop(Callback):
            def on_epoch_end(self, net, **kwargs):
                raise KeyboardInterrupt  # as skorch's EarlyStopping does

        net = make_net(callbacks=[Stop()])
        assert net.train(make_data(), None, 9) is False
        assert len(net.history) == 1

    @pytest.mark.parametrize("has_own_handler", [False, True])
    def test_ctrl_c_in_a_callback_at_the_end_of_an_epoch(self, has_own_handler):
        class Slow(Callback):
            def on_epoch_end(self, net, **kwargs):
                signal.raise_signal(signal.SIGINT)

        def handle(number, frame):
            raise KeyboardInterrupt

        net = make_net(callbacks=[Slow()])
        before = signal.getsignal(signal.SIGINT)
        if has_own_handler:
            signal.signal(signal.SIGINT, handle)
        try:
            assert net.train(make_data(), None, 9) is True
        finally:
            signal.signal(signal.SIGINT, before)
        assert net.interrupted_epoch_ == len(net.history) == 1


class TestFailures:
    """A failing callback leaves the net unchanged."""

    class Log(Callback):
        """Logs its calls, and fails at one of them."""

        def __init__(self, log, fails_at=None):
            self.log = log
            self.fails_at = fails_at

        def note(self, moment):
            self.log.append(moment)
            if moment == self.fails_at:
                raise OSError(moment)

        def on_train_begin(self, net, **kwargs):
            self.note("begin")

        def on_train_end(self, net, **kwargs):
            self.note("end")

    @pytest.mark.parametrize("moment", ["begin", "end"])
    def test_net_is_unchanged(self, moment):
        net = make_net(Mean(dropout=0.5), callbacks=[self.Log([], moment)])
        held = list(net.callbacks_)
        with pytest.raises(OSError, match=moment):
            net.train(make_data(), None, 1, [("once", Callback())])
        assert net.callbacks_ == held
        assert not net.module_.training
        assert net.module_.dropout.generator is None

    def test_only_callbacks_that_began_are_notified_of_the_end(self):
        first, broken, last = [], [], []
        net = make_net(callbacks=[self.Log(broken, "begin"), self.Log(last)])
        with pytest.raises(OSError, match="begin"):
            net.train(make_data(), None, 1, [("first", self.Log(first))])
        assert (first, broken, last) == (["begin", "end"], ["begin"], [])


class TestPickling:
    """A net pickled on another machine predicts."""

    def test_net_of_an_absent_device_predicts_with_a_warning(self):
        net = make_net()
        net.train(make_data(), None, 1)
        expected = net.outputs(make_data())
        net.device = "cuda:99"
        pickled = pickle.dumps(net)
        with pytest.warns(
            DeviceUnavailableWarning, match=r"'cuda:99', which is not present"
        ):
            again = pickle.loads(pickled)
        np.testing.assert_array_equal(again.outputs(make_data()), expected)

    def test_pickling_on_the_same_device_is_silent(self):
        net = make_net()
        net.train(make_data(), None, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = pickle.loads(pickle.dumps(net))
        np.testing.assert_array_equal(again.outputs(make_data()), net.outputs(make_data()))
