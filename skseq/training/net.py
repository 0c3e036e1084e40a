"""The skorch net of fitted estimators, with a training loop for padded batches."""

import contextlib
import time
import warnings

import numpy as np
import torch
from skorch import NeuralNet
from skorch.exceptions import DeviceWarning

from skseq.exceptions import DeviceUnavailableWarning, warn
from skseq.networks import (
    collect_rows,
    collect_steps,
    join_rows,
    set_dropout_generator,
    threads_for_products,
)
from skseq.sequences import SequenceTargets
from skseq.training.augmenting import AugmentedBatches
from skseq.training.averaging import WeightAverage
from skseq.training.callbacks import ResumableCallback, StatefulCallback
from skseq.training.checkpoints import Checkpoint, Loop, name_training
from skseq.training.devices import autocast, without_denormals
from skseq.training.interruption import is_raised_by_code
from skseq.training.optimizer import (
    AdamW,
    clip_gradients,
    group_parameters,
    raise_divergence,
)
from skseq.training.processes import SingleProcess
from skseq.training.sparse import merge_rows

# Seeds of the dropout masks of processes that train together differ by this number.
MASK_SEED_STEP = 1_000_003


class SequenceNet(NeuralNet):
    """A skorch net that trains on padded batches gathered from flat storage.

    skorch manages the module, the optimizer, the history and the callbacks. `train`
    replaces the loop of skorch, which indexes single items and waits for the device at each
    step. `predict`, `predict_proba`, `forward`, `save_params`, `load_params` and `infer` of
    skorch take a padded array of scaled inputs, (batch, time, features).

    Parameters
    ----------
    module : torch.nn.Module
        Maps a padded batch and its lengths to outputs.
    criterion : torch.nn.Module
        Maps outputs, targets and lengths of targets to one loss per sequence.
    max_grad_norm : float or None
        Gradients with a larger norm are scaled down to it.
    weight_decay : float
        Weight decay of matrices. Biases and norms have none.
    precision : {"float32", "bfloat16"}
        Precision of the matrix products.
    seed : int
        Seed of the batch order, of the dropout masks and of augmentation.
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
        # The loop records the losses itself, once per epoch.
        return []

    def initialize_optimizer(self, triggered_directly=None):
        """Make an AdamW with weight decay for matrices only."""
        groups = group_parameters(self.module_, self.weight_decay)
        self.optimizer_ = AdamW(groups, self.lr)
        return self

    def fit(self, X, y=None, **fit_params):
        """Raise an error, because the estimator trains this net."""
        raise NotImplementedError(
            "net_ holds a fitted network. Call fit of the estimator to train a new one, "
            "partial_fit or update to train this one further, or pass net_.module_ to a "
            "skorch.NeuralNet of your own."
        )

    partial_fit = fit_loop = fit

    def train(
        self, dataset, validation, n_epochs, callbacks=(), *, processes=None, folder=None
    ):
        """Train for some epochs.

        Parameters
        ----------
        dataset, validation : SequenceDataset
            The training set, and the validation set or None.
        n_epochs : int
            Maximum number of epochs.
        callbacks : iterable of (str, skorch.callbacks.Callback)
            Called during this training only, before the callbacks of the net.
        processes : SingleProcess or Processes, default=None
            Processes that train this network together; None for this process alone.
        folder : str, path-like or None
            Folder of the checkpoints. Training resumes from a checkpoint of the same
            training.

        Returns
        -------
        interrupted : bool
            Whether training was interrupted from the keyboard.

        Raises
        ------
        DivergenceError
            If the loss becomes infinite or NaN.
        FileFormatError
            If the checkpoint in the folder cannot be read.
        """
        processes = processes or SingleProcess()
        kept = {name: c for name, c in callbacks if isinstance(c, StatefulCallback)}
        checkpoint = None
        if folder is not None:
            name = name_training(self, dataset, validation, n_epochs, kept)
            checkpoint = Checkpoint(folder, name, n_epochs)
        datasets = [part for part in (dataset, validation) if part is not None]
        processes.check_same_training(self, datasets, n_epochs)
        # Each process draws its own masks.
        masks = torch.Generator(self.device)
        masks.manual_seed(self.seed + MASK_SEED_STEP * processes.rank)
        order = np.random.default_rng(self.seed)
        average = None if validation is None else WeightAverage(self.module_)
        loop = Loop(self, order, masks, average, kept)
        interrupted = False
        with self._training_mode(dataset, callbacks, masks, processes):
            try:
                self._run_epochs(loop, dataset, validation, n_epochs, checkpoint, processes)
            except KeyboardInterrupt:
                if not isinstance(processes, SingleProcess):
                    raise
                interrupted = True
                self.interrupted_epoch_ = len(self.history)
                if self.history and "seconds" not in self.history[-1]:
                    self.history.pop()  # only complete epochs count
        self._check_weights()
        # Further training must draw another order and other masks.
        self.seed += 1
        return interrupted

    @contextlib.contextmanager
    def _training_mode(self, dataset, callbacks, masks, processes):
        """Set up masks, processes and callbacks within a block."""
        held, self.callbacks_ = self.callbacks_, []
        self.stop_training = False
        set_dropout_generator(self.module_, masks)
        try:
            for name, callback in [*callbacks, *held]:
                callback.on_train_begin(self, X=dataset, y=None)
                # Only callbacks that have begun are notified of the end.
                self.callbacks_.append((name, callback))
            with (
                processes.attached(self.module_),
                torch.enable_grad(),
                without_denormals(),
            ):
                yield
        finally:
            set_dropout_generator(self.module_, None)
            try:
                self.notify("on_train_end", X=dataset, y=None)
            finally:
                self.callbacks_ = held
                self.module_.eval()

    @contextlib.contextmanager
    def scaled_updates(self, factor):
        """Multiply the updates of training within a block by a factor.

        Changes of running statistics are only multiplied by factors below 1.
        """
        statistics = [b for b in self.module_.buffers() if b.is_floating_point()]
        before = [values.clone() for values in statistics]
        with self.optimizer_.scaled(factor):
            yield
        if factor < 1:
            for start, end in zip(before, statistics, strict=True):
                end.copy_(torch.lerp(start, end, factor))

    def _run_epochs(self, loop, dataset, validation, n_epochs, checkpoint, processes):
        """Run the epochs that are not done yet."""
        batches = dataset.training_batches(
            self.batch_size, loop.order, self.device, processes
        )
        if dataset.augmenter is not None:
            batches = AugmentedBatches(batches, dataset.augmenter, loop.masks)
        sets = {"dataset_train": dataset, "dataset_valid": validation}
        average = loop.average
        averaged = contextlib.nullcontext if average is None else average.in_place
        n_done = 0 if checkpoint is None else checkpoint.resume(loop)
        if n_done:
            with averaged():
                self._notify_resumed()
            n_done = n_epochs if self.stop_training else n_done
        for _ in range(n_done, n_epochs):
            start = time.perf_counter()
            self.notify("on_epoch_begin", **sets)
            self._run_epoch(batches, average, processes)
            with averaged():
                if validation is not None:
                    self.validate(validation)
                self.history.record("seconds", time.perf_counter() - start)
                processes.synchronize_history(self.history)
                # The averaged weights predict the validation set and are kept.
                self.notify("on_epoch_end", **sets)
            self.stop_training = processes.any(self.stop_training)
            if checkpoint is not None:
                checkpoint.write(loop)
            if self.stop_training:
                break

    def _notify_resumed(self):
        """Notify callbacks of the epochs that were read from a checkpoint."""
        for _, callback in self.callbacks_:
            if isinstance(callback, ResumableCallback):
                callback.on_resume(self)

    def notify(self, method_name, **cb_kwargs):
        """Call the callbacks; those of skorch raise KeyboardInterrupt to stop training."""
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt as error:
            if method_name != "on_epoch_end" or not is_raised_by_code(error):
                raise
            self.stop_training = True

    def _run_epoch(self, batches, average, processes):
        """Make an update with each batch; read the losses from the device at the end."""
        self._set_training(True)
        total_loss, total_norm, n_rows = 0.0, 0.0, 0
        for batch in batches:
            self.notify("on_batch_begin", batch=batch, training=True)
            with self._threads_for(*batch.parts):
                step = self._update(batch, average, processes)
            self.notify("on_batch_end", batch=batch, training=True, **step)
            total_loss = total_loss + step["loss"] * batch.n_rows
            total_norm = total_norm + step["grad_norm"]
            n_rows += batch.n_rows
        loss = float(processes.add(total_loss)) / n_rows
        self.history.record("train_loss", loss)
        self.history.record("grad_norm", float(total_norm) / len(batches))
        self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
        if not np.isfinite(loss):
            raise_divergence(f"loss became {loss}", len(self.history), self.lr)

    def _update(self, batch, average, processes):
        """Make one update and average it; return its loss, outputs and gradient norm."""
        trained = self.optimizer_.trained
        for parameter in trained:
            parameter.grad = None
        if len(batch.parts) == 1:
            loss, outputs = self._differentiate(batch, processes)
        else:
            loss, outputs = self._differentiate_parts(batch, processes)
        merge_rows(trained)
        processes.add_gradients(self.module_.parameters())
        self.notify(
            "on_grad_computed",
            named_parameters=self.module_.named_parameters(),
            batch=batch,
            training=True,
        )
        norm = clip_gradients(trained, self.max_grad_norm)
        record = contextlib.nullcontext if average is None else average.record
        with record():
            self.optimizer_.step()
        return {"loss": loss, "y_pred": outputs, "grad_norm": norm}

    def _differentiate(self, batch, processes):
        """Set the gradients of a batch; return its loss and outputs."""
        (part,) = batch.parts
        with autocast(torch.device(self.device), self.precision):
            outputs = self.module_(part.x, part.lengths)
        loss = self._find_loss(outputs, part, batch.n_rows, processes)
        loss.backward()
        return loss.detach(), outputs

    def _differentiate_parts(self, batch, processes):
        """Set the gradients of a batch, one part at a time; return its loss and outputs.

        They are those of the whole batch up to rounding, apart from dropout masks. The
        input layers compute all parts before the first backward pass, because batch
        normalization uses the statistics of the whole batch. The other layers, which need
        most of the memory, compute one part at a time.
        """
        device, found = torch.device(self.device), []
        with autocast(device, self.precision):
            parts = [(part.x, part.lengths) for part in batch.parts]
            inputs = self.module_.inputs.forward_parts(parts)
        cut = [tokens.detach().requires_grad_(tokens.requires_grad) for tokens, _ in inputs]
        for part, tokens, (_, lengths) in zip(batch.parts, cut, inputs, strict=True):
            with autocast(device, self.precision):
                outputs = self.module_.forward_tokens(tokens, lengths, part.x)
            loss = self._find_loss(outputs, part, batch.n_rows, processes)
            loss.backward()
            found.append((loss.detach(), outputs.detach()))
        if cut[0].requires_grad:
            torch.autograd.backward(
                [tokens for tokens, _ in inputs], [tokens.grad for tokens in cut]
            )
        losses, outputs = zip(*found, strict=True)
        return torch.stack(losses).sum(), join_rows(outputs)

    def _threads_for(self, *batches):
        """Return a context manager that limits the threads for the work of batches."""
        if batches[0].x.device.type != "cpu":
            return contextlib.nullcontext()
        count = self.module_.count_products
        return threads_for_products(sum(len(b) * count(b.x.shape[1]) for b in batches))

    def _find_loss(self, outputs, part, n_rows, processes):
        """Return the contribution of a part to the loss of a batch of `n_rows` rows."""
        losses = self.criterion_(outputs.float(), part.targets, part.target_lengths)
        if part.weights is not None:
            losses = losses * part.weights  # (batch,)
        if part.other_targets is not None:
            others = self.criterion_(outputs.float(), part.other_targets)
            losses = losses + others * part.other_weights
        return processes.average(losses, n_rows)

    def validate(self, dataset):
        """Record loss and score of the validation set."""
        outputs, rows = self.outputs(dataset), np.arange(len(dataset))
        targets, lengths = dataset.targets.pad(rows)
        if lengths is not None:
            outputs, _ = SequenceTargets.concatenate(outputs).pad(rows)
            lengths = torch.from_numpy(lengths).to(self.device)
        outputs, targets = torch.from_numpy(outputs), torch.from_numpy(targets)
        with torch.no_grad():
            losses = self.criterion_(
                outputs.to(self.device), targets.to(self.device), lengths
            )
            if dataset.weights is not None:
                losses = losses * torch.from_numpy(dataset.weights).to(self.device)
            self.history.record("valid_loss", float(losses.mean()))
            score = self.criterion_.score(outputs, targets, lengths)
            self.history.record("valid_score", score)

    def outputs(self, dataset, method="forward"):
        """Return the outputs of the network for each sequence of a dataset, in order.

        `method` is "forward" for outputs of the head, as it collects them, "pool" for
        pooled states, "encode" for the states of all tokens, and "decode" or "marginals"
        for what heads with transitions compute for each step. The result is an array or a
        list of arrays, float32.
        """
        device = torch.device(self.device)
        if self.module_.training:  # faster than setting the mode of each part
            self._set_training(False)
        function = getattr(self.module_, method)
        collectors = {"forward": self.module_.head.collect, "pool": collect_rows}
        collect = collectors.get(method, collect_steps)

        def compute(rows, batch):
            with self._threads_for(batch):
                found, lengths = function(batch.x, batch.lengths), batch.lengths
            if method == "encode":
                found, lengths = found  # the number of tokens
            return rows, found.float(), lengths

        with torch.inference_mode(), autocast(device, self.precision):
            parts = (compute(*part) for part in dataset.prediction_batches(device))
            found = collect(parts, len(dataset))
        return [x.numpy() for x in found] if isinstance(found, list) else found.numpy()

    def _check_weights(self):
        """Raise DivergenceError if the last update made weights infinite or NaN."""
        if not all(bool(p.isfinite().all()) for p in self.optimizer_.trained):
            raise_divergence("weights became infinite or NaN", len(self.history), self.lr)

    def __setstate__(self, state):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeviceWarning)
            wanted = state["device"]
            super().__setstate__(state)
        if torch.device(self.device) != torch.device(wanted):
            warn(
                f"the model was fitted on device {str(wanted)!r}, which is not present "
                f"here. It uses {str(self.device)!r} from now on.",
                DeviceUnavailableWarning,
            )
