"""The base class of the templates of estimators that read whole sequences."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skseq.estimators.exported import export_estimator
from skseq.estimators.network_estimator import NetworkEstimator
from skseq.estimators.streaming import make_stream
from skseq.estimators.traced import read_trace, tabulate_layers
from skseq.estimators.training_warnings import warn_of_only_class, warn_of_padded_states
from skseq.estimators.validation import validate_sequences
from skseq.inputs import Input, Inputs
from skseq.saved import is_flag, is_positive_count, is_texts, require
from skseq.tasks.base import SequenceTask
from skseq.training import SequenceBudgetBase, SequenceDataset
from skseq.training.callbacks import TaskReports
from skseq.training.splits import split_validation


class SequenceEstimatorBase(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    NetworkEstimator,
    SequenceTask,
    SequenceBudgetBase,
    Inputs,
):
    """Fits and applies a network to sequences.

    A template reads X, y and weights, and adds the public methods whose results depend on
    what is predicted: one target for each sequence, or for each step.
    """

    # Fitted attributes that `validate_sequences` sets.
    n_features_in_: int
    table_input_: bool

    _attribute_docs: ClassVar[dict] = {
        "n_features_in_": """int
Number of features of a step; for 2-D X the number of columns (steps).""",
        "feature_names_in_": """ndarray of shape (`n_features_in_`,)
Names of the columns, if X had column names.""",
        "scaler_": """object
Scaling of inputs: `scaler_.mean` and `scaler_.scale` of each numeric feature, and, with
categorical features, `scaler_.vocabularies`.""",
        "common_length_": """int or None
Number of steps of the sequences in `fit`, if all had the same. Sequences with this
number of steps are predicted without padding.""",
        "median_length_": """int
Median number of steps of the sequences in `fit`. It determines the patches and, for
classifiers, the kernels of the stem.""",
        "table_input_": """bool
Whether X was 2-D in `fit`: one feature, columns are steps.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "n_features_in_": is_positive_count,
        "feature_names_in_": is_texts,
        "scaler_": lambda value: isinstance(value, Input),
        "common_length_": lambda value: value is None or is_positive_count(value),
        "median_length_": is_positive_count,
        "table_input_": is_flag,
    }

    def _fit(self, X, y, sample_weight, groups):
        """Train from new weights, or from those of the previous fit; see `fit`.

        Returns the sequences of X that have a weight.
        """
        with self._unchanged_on_failure():
            self._validate_params()
            self._check_checkpoint()
            device, processes = self._choose_hardware()
            is_new = not (self.warm_start and hasattr(self, "net_"))
            training, y_kept, groups = self._prepare(X, y, sample_weight, groups, is_new)
            sequences, validation = training.sequences, None
            self._check_size(sequences)
            if self._stops_early(len(training), self._reads_text):
                training, validation = self._split(training, y_kept, groups)
            whole, training = training, self._cut_training(training)
            # "auto" changes small data sets, of which no part is held out.
            sequences_to_change = training.sequences if validation is None else None
            training.augmenter = self._make_augmenter(sequences_to_change)
            size = self._choose_batch_size(training.sequences.lengths)
            n_epochs = self._choose_epochs(len(training), size, is_log=self._reads_log)
            callbacks = self._make_callbacks(
                n_epochs,
                n_epochs * -(-len(training) // size),
                validates=validation is not None,
                processes=processes,
                floor=self._choose_floor(validates=validation is not None),
            )
            context = self._init_callback_context(max_subtasks=n_epochs)
            callbacks.append(("sklearn", TaskReports(self, context, X, y)))
            net = self._make_net(size, n_epochs, device, self._make_loss())
            if is_new:
                self._initialize(net.module_, whole)
            else:
                self._copy_weights(net)
            self._train(net, training, validation, n_epochs, callbacks, processes)
        return sequences

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train for one epoch, starting from the current weights; see `_fit`."""
        with self._unchanged_on_failure():
            self._validate_params()
            device, processes = self._choose_hardware()
            is_new = not hasattr(self, "net_")
            training, y, _ = self._prepare(X, y, sample_weight, None, is_new, classes)
            whole, training = training, self._cut_training(training)
            training.augmenter = self._make_augmenter(None)
            if is_new:
                self._check_size(whole.sequences)
                size = self._choose_batch_size(training.sequences.lengths)
                net = self._make_net(size, 1, device, self._make_loss())
                self._initialize(net.module_, whole)
            else:
                net = self._copy_net()
            warn_of_only_class(net, self._find_only_class(y))
            self._train_further(net, training, 1, processes, training.mean_weight)
        return whole.sequences

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of `transform`.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only validated, and only for 2-D X.

        Returns
        -------
        ndarray of str
            The class name in lower case with a number.
        """
        # A ColumnTransformer passes the name of the one column that contains sequences,
        # which may have several features.
        if not getattr(self, "table_input_", True):
            input_features = None
        return super().get_feature_names_out(input_features)

    def trace(self, X, y=None, *, attention=False):
        """Return hidden states, attention weights and gradients for each token.

        A token represents `patch_size_` steps, or slightly more if the strides of the stem
        require it. The last token of a sequence represents the remaining steps.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like, default=None
            Targets, as for `fit`. If given, also compute the gradient of the loss (without
            sample weights, of scaled targets) with respect to the hidden states.
        attention : bool, default=False
            Whether to return the attention weights of a Transformer and of
            `pooling="attention"`. Memory grows with the square of the number of tokens.

        Returns
        -------
        skseq.training.tracing.Trace
            An object with lists that have one array for each sequence of X: `states` and,
            if requested, `attention`, `pooling_weights` and `gradients`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If y is given and the encoder is a custom module, which has no gradients.
        ValueError
            If X or y is invalid, or if `attention=True` and there is no attention.
        """
        check_is_fitted(self)
        dataset = self._read_dataset(X, y)
        return read_trace(self, dataset, gradients=y is not None, attention=attention)

    def summary(self, n_timesteps):
        """Return the layers of the network with their size and cost for one sequence.

        Parameters
        ----------
        n_timesteps : int
            Number of steps of the sequence, before patches.

        Returns
        -------
        DataFrame
            One row for each layer, in the order of computation, and one for the total. The
            columns are `kind`; `output_shape`, `(n_tokens, width)` or `(width,)`;
            `parameters`, their number; `bytes`, the memory of parameters and buffers; and
            `flops`, the additions and multiplications in matrix products of one forward
            pass. They are missing for a custom module, and then also for the total.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `n_timesteps` is not a positive integer.
        """
        check_is_fitted(self)
        return tabulate_layers(self.net_.module_, n_timesteps)

    def stream(self, n_sequences=1):
        """Return an object that predicts step by step, while sequences arrive.

        The object keeps the hidden state, so the cost of a step is constant. The network
        must not depend on later steps: use a recurrent estimator with
        `bidirectional=False`, `patch_size=1` and `stem=0`. The prediction then equals that
        of `predict` for the steps so far, up to rounding. Step estimators predict the
        latest step; with `transitions="crf"`, from earlier steps only.

        Parameters
        ----------
        n_sequences : int, default=1
            Number of sequences that are read at the same time.

        Returns
        -------
        skseq.estimators.streaming.Stream
            An object with the methods `predict(x_t)`, `reset(sequences=None)` and, for
            classifiers, `predict_proba(x_t)`. `x_t` of shape (n_sequences, n_features) is
            the next step of each sequence; each call reads one step. The attribute `state`
            has the hidden states. The object can be pickled.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If predictions depend on later steps; the message names the parameters.

        Examples
        --------
        >>> from skseq import GRUClassifier
        >>> from skseq.datasets import load_japanese_vowels
        >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
        >>> causal = {"stem": 0, "patch_size": 1, "bidirectional": False}
        >>> clf = GRUClassifier(**causal, max_epochs=2, random_state=0)
        >>> stream = clf.fit(X, y).stream()
        >>> found = [stream.predict(x_t)[0] for x_t in X[0]]
        >>> bool(found[-1] == clf.predict([X[0]])[0])
        True
        """
        return make_stream(self, n_sequences)

    def to_onnx(self, path):
        """Write the fitted estimator as an ONNX model.

        The model takes raw sequences; scaling and missing-value indicators are part of it.
        Its inputs, of any batch size and length, are

        - `values`, float32 of shape (batch, time, n_numeric), if there are numeric features:
          sequences, padded at the end with any values (one feature if X was 2-D in `fit`);
        - `tokens`, int64 of shape (batch, time, n_categorical), if there are categorical
          features: ids of their categories. The metadata `vocabularies` has `categories`,
          `first`, `unknown` and `missing` for each of them. The id of `categories[k]` is
          `first` + k, and that of all others is `unknown`, without parts of unseen words;
        - `lengths`, int64 of shape (batch,): number of steps of each, at least 1.

        The model does not validate its input: for NaN with `missing="error"` its outputs
        are undefined. Large values, such as time stamps, are rounded to float32.

        A classifier returns `label` of shape (batch,) and `probabilities`, float32 of shape
        (batch, n_classes); for multilabel targets both are (batch, n_labels). A regressor
        returns `predictions`, float64 of shape (batch,) or (batch, n_outputs), on the scale
        of y. The outputs of a step estimator have time as their second axis; they are
        undefined after the end of a sequence. The metadata are `estimator`, `classes`,
        `feature_names` and `vocabularies` as JSON. Requires `pip install 'skseq[onnx]'`.

        Parameters
        ----------
        path : str or path-like
            The file, for example `"model.onnx"`; ``~`` is the home directory. An existing
            file is replaced.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ImportError
            If onnx is not installed.
        TypeError
            If the encoder is a custom module, or labels are neither numbers nor strings.
        IsADirectoryError, FileNotFoundError
            If the path is a folder, or its folder does not exist.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> import onnxruntime
        >>> from skseq import GRUClassifier
        >>> from skseq.datasets import load_japanese_vowels
        >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
        >>> clf = GRUClassifier(max_epochs=2, random_state=0).fit(X, y)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     clf.to_onnx(f"{folder}/model.onnx")
        ...     session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
        >>> one = {"values": X[0][None].astype(np.float32), "lengths": [len(X[0])]}
        >>> label, probabilities = session.run(None, one)
        >>> bool(label[0] == clf.predict([X[0]])[0])
        True
        """
        check_is_fitted(self)
        export_estimator(self, path)

    def __sklearn_tags__(self):
        """Declare what X may be."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self.missing == "mask"
        # Hidden states are float32 for every dtype of X.
        tags.transformer_tags.preserves_dtype = []
        return tags

    @property
    def _n_features_out(self):
        return self.net_.module_.head.pooled_width

    def _read_new(self, X):
        """Validate X of a first fit, and set the attributes that describe it."""
        return validate_sequences(self, X, allow_missing=self.missing == "mask", reset=True)

    def _read(self, X):
        """Validate X of a fitted estimator."""
        allowed = self.scaler_.allows_missing
        return validate_sequences(self, X, allow_missing=allowed, reset=False)

    @abstractmethod
    def _read_training(self, X, y, sample_weight, groups, is_new):
        """Validate all input; return sequences, y, weights and groups to train on.

        With `is_new`, set the attributes that describe X; otherwise compare X with them.
        The results have one entry for each sequence, or are None if they were not given.
        """

    @abstractmethod
    def _read_dataset(self, X, y=None):
        """Return the dataset of X, with encoded targets if y is given."""

    def _prepare(self, X, y, sample_weight, groups, is_new, classes=None):
        """Validate all input; return the dataset, and y and groups of its sequences."""
        sequences, y, sample_weight, groups = self._read_training(
            X, y, sample_weight, groups, is_new
        )
        if is_new:
            self._learn_targets(y, classes)
            self.scaler_ = self._fit_scaler(sequences)
            lengths = sequences.lengths
            is_equal = (lengths == lengths[0]).all()
            self.common_length_ = int(lengths[0]) if is_equal else None
            self.median_length_ = int(np.median(lengths))
            chosen = self._with_values()
            self.patch_size_ = chosen._choose_patch_size(
                self.median_length_, is_text=self._reads_text, is_log=self._reads_log
            )
        return self._make_training_set(sequences, y, sample_weight), y, groups

    def _check_size(self, sequences):
        """Raise ValueError if sequences are too few for a new fit. By default, 1 suffices."""

    @abstractmethod
    def _make_training_set(self, sequences, y, sample_weight):
        """Return the dataset of validated input."""

    def _make_augmenter(self, sequences):
        """Return the :class:`Augmenter` of a fit. By default, batches stay as they are.

        `sequences` are the training sequences, or None if `augmentation="auto"` must not
        change them.
        """
        return None

    def _cut_training(self, training):
        """Return the training set with shorter sequences. By default, they stay whole."""
        return training

    def _split(self, training, y, groups):
        """Return the training and the validation part of a dataset for early stopping."""
        rows = self._draw_validation(len(training), y, groups)
        return tuple(training.take(part) for part in rows)

    def _draw_validation(self, n, y, groups):
        """Return the training rows and the validation rows of n sequences."""
        return split_validation(
            n,
            fraction=self.validation_fraction,
            strata=self._stratify(y),
            groups=groups,
            seed=self._peek_seed(),
        )

    @property
    def _reads_text(self):
        return self.scaler_.is_text

    @property
    def _reads_log(self):
        return len(self.scaler_.categories) > 0 and not self._reads_text

    def _make_net(self, batch_size, n_epochs, device, loss):
        net = super()._make_net(batch_size, n_epochs, device, loss)
        if self.common_length_ is None:
            warn_of_padded_states(net.module_.encoder)
        return net

    def _build_network(self):
        return self._compose(
            self._make_input_layers(
                self.scaler_.n_features,
                self.patch_size_,
                categories=self.scaler_.categories,
                median_length=self.median_length_,
            )
        )

    def _make_dataset(self, sequences, targets=None, weights=None, given=None):
        """Return the dataset of sequences, targets and weights."""
        steps = self.common_length_, self.patch_size_
        return SequenceDataset(
            sequences, self.scaler_, targets, weights, given or {}, *steps
        )

    def _check_restored(self):
        super()._check_restored()
        n_features = 1 if self.table_input_ else self.n_features_in_
        require(self.scaler_.n_stored == n_features, "scaler_ does not fit the features")
