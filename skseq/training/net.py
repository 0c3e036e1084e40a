"""The skorch net that every fitted estimator holds."""

import contextlib
import time
import warnings
from numbers import Number

import numpy as np
import torch
from skorch import NeuralNet
from skorch.exceptions import DeviceWarning

from skseq.exceptions import DeviceUnavailableWarning, DivergenceError
from skseq.networks import Dropout, MaskedBatchNorm, find_row_multiple
from skseq.persistence import digest_content
from skseq.training.averaging import WeightAverage
from skseq.training.checkpoints import Checkpoint, Loop, name_training
from skseq.training.devices import autocast, without_denormals
from skseq.training.optimizer import AdamW, clip_gradients

# Parameters of these types are written alike by all processes.
PLAIN = (Number, str, dict, list, tuple, type(None))
# Dropout of processes that train together starts from seeds this far apart.
MASK_SEED_STEP = 1_000_003


class SequenceNet(NeuralNet):
    """A skorch net with a training loop for padded batches out of flat storage.

    skorch keeps the module, the optimiser, the history and the callbacks. Its loop is
    replaced: it would index item by item and wait for the device at each step.

    Parameters
    ----------
    module : torch.nn.Module
        Maps a padded batch and its lengths to outputs.
    criterion : torch.nn.Module
        Maps outputs and targets to one loss a sequence.
    max_grad_norm : float or None
        Gradients with a larger norm are scaled down to it.
    weight_decay : float
        Decay of the matrices, as AdamW applies it; not of biases and norms.
    precision : {"float32", "bfloat16"}
        Precision of the matrix products.
    seed : int
        Where the order of batches and the dropout masks start from.
    **kwargs : dict
        As in :class:`skorch.NeuralNet`.
    """

    def __init__(
        self,
        module,
        criterion,
        *,
        max_grad_norm=None,
        weight_decay=0.0,
        precision="float32",
        seed=0,
        **kwargs,
    ):
        self.max_grad_norm = max_grad_norm
        self.weight_decay = weight_decay
        self.precision = precision
        self.seed = seed
        super().__init__(module, criterion, train_split=None, verbose=0, **kwargs)

    @property
    def _default_callbacks(self):
        # The loop below records the losses itself, once an epoch.
        return []

    def initialize_optimizer(self, triggered_directly=None):
        """Make an AdamW that decays matrices only."""
        parameters = [p for p in self.module_.parameters() if p.requires_grad]
        groups = [
            {
                "params": [p for p in parameters if p.ndim > 1],
                "weight_decay": self.weight_decay,
            },
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        self.optimizer_ = AdamW(groups, self.lr)
        return self

    # Who else trains this net at the same time.
    _processes = None

    def train(
        self, dataset, validation, n_epochs, callbacks=(), *, processes=None, folder=None
    ):
        """Train for some epochs.

        Parameters
        ----------
        dataset, validation : SequenceDataset
            What is learned, and what is held out (or None).
        n_epochs : int
            How many times each sequence is seen, at most.
        callbacks : iterable of (str, skorch.callbacks.Callback)
            Called this time only, before those that the net holds.
        processes : Processes or None
            Those that train together; None is this one alone.
        folder : str, path-like or None
            Where to leave the state after each epoch. If that of the same training is
            there, it goes on from it.

        Returns
        -------
        interrupted : bool
            Whether the user ended training from the keyboard.

        Raises
        ------
        DivergenceError
            If the loss became infinite or NaN.
        FileFormatError
            If what is in the folder cannot be used.
        """
        kept = {name: c for name, c in callbacks if hasattr(c, "take_state")}
        checkpoint = None
        if folder is not None:
            name = name_training(self, dataset, validation, n_epochs, kept)
            checkpoint = Checkpoint(folder, name, n_epochs)
        masks = torch.Generator(self.device).manual_seed(self.seed)
        if processes is not None:
            self._check_alike(processes, dataset, validation, n_epochs)
            # Of its own sequences, each process drops what it likes.
            masks.manual_seed(self.seed + MASK_SEED_STEP * processes.rank)
        interrupted = False
        with self._in_training(dataset, callbacks, masks, processes):
            try:
                self.fit_loop(
                    dataset,
                    validation,
                    n_epochs,
                    masks=masks,
                    kept=kept,
                    checkpoint=checkpoint,
                )
            except KeyboardInterrupt:
                if processes is not None:
                    raise
                interrupted = True
                self.interrupted_epoch_ = len(self.history)
                if self.history and "seconds" not in self.history[-1]:
                    self.history.pop()  # only finished epochs count
        # Going on later must not repeat the same order and masks.
        self.seed += 1
        return interrupted

    @contextlib.contextmanager
    def _in_training(self, dataset, callbacks, masks, processes):
        """Lend the module its masks and processes, and the net callbacks, within a block."""
        held, self.callbacks_ = self.callbacks_, []
        self.stop_training = False
        _draw_dropout_from(self.module_, masks)
        self._work_with(processes)
        try:
            for name, callback in [*callbacks, *held]:
                callback.on_train_begin(self, X=dataset, y=None)
                self.callbacks_.append((name, callback))  # who has begun is told the end
            with torch.enable_grad(), without_denormals():
                yield
        finally:
            _draw_dropout_from(self.module_, None)
            self._work_with(None)
            try:
                self.notify("on_train_end", X=dataset, y=None)
            finally:
                self.callbacks_ = held
                self.module_.eval()

    def fit_loop(self, X, y=None, epochs=None, *, masks, kept, checkpoint=None):
        """Run the epochs; `X` is the training set, `y` the validation set or None."""
        order = np.random.default_rng(self.seed)
        batches = X.training_batches(self.batch_size, order, self.device)
        batches.processes = self._processes
        average = None if y is None else WeightAverage(self.module_)
        sets = {"dataset_train": X, "dataset_valid": y}
        loop = Loop(self, order, masks, average, kept)
        averaged = contextlib.nullcontext if average is None else average.in_place
        done = 0 if checkpoint is None else checkpoint.resume(loop)
        if done:
            with averaged():
                self._tell_what_was_read()
            done = epochs if self.stop_training else done
        for _ in range(done, epochs):
            start = time.perf_counter()
            self.notify("on_epoch_begin", **sets)
            self.run_single_epoch(batches, True, "train", self.train_step, average=average)
            with averaged():
                if y is not None:
                    self.validate(y)
                self.history.record("seconds", time.perf_counter() - start)
                if self._processes is not None:
                    self._take_history_of_main()
                # What is held out is predicted, and kept, with averaged weights.
                self.notify("on_epoch_end", **sets)
            if self._processes is not None:
                self.stop_training = self._processes.any(self.stop_training)
            if checkpoint is not None:
                checkpoint.write(loop)
            if self.stop_training:
                break
        return self

    def _tell_what_was_read(self):
        """Let callbacks know of the epochs that a file had: skorch has no word for it."""
        for _, callback in self.callbacks_:
            if hasattr(callback, "on_resume"):
                callback.on_resume(self)

    def notify(self, method_name, **cb_kwargs):
        """Call the callbacks; skorch's own ones stop training by KeyboardInterrupt."""
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            if method_name != "on_epoch_end":
                raise
            self.stop_training = True

    def run_single_epoch(
        self, iterator, training, prefix, step_fn, average=None, **fit_params
    ):
        """Run one pass over the batches; the device is asked for losses at its end."""
        self._set_training(training)
        total_loss, total_norm, n_rows = 0.0, 0.0, 0
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            if average is not None:
                average.update()
            self.notify("on_batch_end", batch=batch, training=training, **step)
            total_loss = total_loss + step["loss"] * batch.n_rows
            total_norm = total_norm + step["grad_norm"]
            n_rows += batch.n_rows
        if self._processes is not None:
            total_loss = self._processes.add(total_loss)
        loss = float(total_loss) / n_rows
        self.history.record(f"{prefix}_loss", loss)
        self.history.record("grad_norm", float(total_norm) / len(iterator))
        self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
        if not np.isfinite(loss):
            self._raise_divergence(loss)

    def train_step(self, batch, **fit_params):
        """Make one update."""
        trained = [p for group in self.optimizer_.param_groups for p in group["params"]]
        for parameter in trained:
            parameter.grad = None
        with autocast(torch.device(self.device), self.precision):
            outputs = self.module_(batch.x, batch.lengths)
        losses = self.criterion_(outputs.float(), batch.targets)  # (batch,)
        if batch.weights is not None:
            losses = losses * batch.weights
        if self._processes is None:
            loss = losses.mean()
        else:
            loss = losses.sum() / batch.n_rows  # this process's part of the mean
        loss.backward()
        if self._processes is not None:
            self._processes.add_gradients(self.module_.parameters())
        self.notify(
            "on_grad_computed",
            named_parameters=self.module_.named_parameters(),
            batch=batch,
            training=True,
        )
        norm = clip_gradients(trained, self.max_grad_norm)
        self.optimizer_.step()
        return {"loss": loss.detach(), "y_pred": outputs, "grad_norm": norm}

    def validate(self, dataset):
        """Record loss and score of the held-out set."""
        outputs = torch.from_numpy(self.outputs(dataset)).to(self.device)
        with torch.no_grad():
            losses = self.criterion_(outputs, dataset.targets.to(self.device))
            if dataset.weights is not None:
                losses = losses * dataset.weights.to(self.device)
            loss = float(losses.mean())
            score = self.criterion_.score(outputs.cpu(), dataset.targets)
        self.history.record("valid_loss", loss)
        self.history.record("valid_score", score)

    def outputs(self, dataset, method="forward"):
        """Return what the module says of each sequence, in order.

        Parameters
        ----------
        dataset : SequenceDataset
            The sequences.
        method : {"forward", "pool"}
            Outputs of the head, or the pooled states.

        Returns
        -------
        ndarray of shape (n_sequences, n_outputs or width), float32
        """
        device = torch.device(self.device)
        if self.module_.training:  # to ask is faster than to tell each part
            self._set_training(False)
        function = getattr(self.module_, method)
        multiple, result = find_row_multiple(self.module_), None
        with torch.inference_mode(), autocast(device, self.precision):
            for rows, batch in dataset.prediction_batches(device, multiple):
                part = function(batch.x, batch.lengths)[: len(rows)].float()
                if result is None:
                    result = np.empty((len(dataset), part.shape[1]), dtype=np.float32)
                result[rows] = part.cpu().numpy()
        return result

    def _work_with(self, processes):
        self._processes = processes
        for part in self.module_.modules():
            if isinstance(part, MaskedBatchNorm):
                part.add = None if processes is None else processes.add

    def _check_alike(self, processes, dataset, validation, n_epochs):
        """Raise if processes would not train the same model on the same data."""
        same = "the same parameters in all processes, and an integer random_state"
        plain = {
            name: repr(value)
            for name, value in self.parameters_.items()
            if isinstance(value, PLAIN)
        }
        processes.check_alike(_digits({"parameters": plain, "seed": int(self.seed)}), same)
        for part in (dataset, validation):
            if part is not None:
                # What is computed of it, processors may round differently.
                given = _digits(part.describe()["given"])
                processes.check_alike(given, "the same X and y in all processes")
        weights = [float(w.detach().double().sum()) for w in self.module_.parameters()]
        processes.check_alike([n_epochs, self.batch_size, self.lr, *weights], same)
        fewest = len(dataset) // -(-len(dataset) // self.batch_size)
        if fewest < processes.number:
            raise ValueError(
                f"data_parallel=True: {processes.number} processes cannot share batches of "
                f"{fewest} sequences; raise batch_size={self.batch_size}."
            )

    def _take_history_of_main(self):
        last = self.history[-1]
        names = sorted(name for name, value in last.items() if isinstance(value, float))
        numbers = self._processes.from_main([last[name] for name in names])
        for name, number in zip(names, numbers, strict=True):
            self.history.record(name, number)

    def _raise_divergence(self, loss):
        epoch = self.history[-1, "epoch"]
        raise DivergenceError(
            f"training diverged: the loss became {loss} in epoch {epoch} at lr={self.lr}. "
            "Try a smaller lr (for example "
            f"{self.lr / 10:g}), a smaller max_grad_norm, or scale=True; look for "
            "extreme values in X and y."
        )

    def __setstate__(self, state):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeviceWarning)
            wanted = state["device"]
            super().__setstate__(state)
        if torch.device(self.device) != torch.device(wanted):
            warnings.warn(
                f"the model was fitted on device {str(wanted)!r}, which is not present "
                f"here; it uses {str(self.device)!r} from now on.",
                DeviceUnavailableWarning,
                stacklevel=2,
            )


def _digits(content):
    """Return a digest as numbers that processes can exchange."""
    return list(bytes.fromhex(digest_content(content)))


def _draw_dropout_from(module, generator):
    for part in module.modules():
        if isinstance(part, Dropout):
            part.generator = generator
