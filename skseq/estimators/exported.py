"""Estimators as ONNX models, for programs without Python or torch."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq.export import ENCODERS, Graph, add_network, add_scaling
from skseq.persistence import replace_file


class ExportedEstimator:
    """Writes the fitted network, with all around it, as an ONNX model."""

    def to_onnx(self, path):
        """Write the fitted estimator as an ONNX model.

        The model takes raw sequences: scaling is in it, and so are marks of missing values
        with `missing="mask"`. Its inputs, in any number and length, are

        - `values`, float32 of shape (batch, time, n_features): sequences, padded at their
          ends with anything (one feature for what was 2-D in `fit`);
        - `lengths`, int64 of shape (batch,): real steps of each, at least 1.

        It checks nothing: to a length of 0, or to NaN where the estimator has
        `missing="error"`, it answers something, where `predict` raises. Its answers are
        those of the estimator on float32 values; numbers far from zero, as time stamps in
        seconds, lose digits when they become float32, so take an offset off before.

        A classifier gives `label` of shape (batch,) and `probabilities`, float32 of shape
        (batch, n_classes), as `predict` and `predict_proba` do; for multilabel targets
        an indicator matrix and (batch, n_labels). A regressor gives `predictions`, float64
        of shape (batch,) or (batch, n_outputs), on the scale of y. The model's metadata
        hold `estimator`, `classes` and `feature_names` as JSON. Needs
        `pip install 'skseq[onnx]'`.

        Parameters
        ----------
        path : str or path-like
            The file, for example `"model.onnx"`; `~` is your home. One that is there is
            replaced.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ImportError
            If onnx is not installed.
        TypeError
            If the network is a user's own, or labels are neither numbers nor strings.
        IsADirectoryError, FileNotFoundError
            If the path is a folder, or its folder is not there.

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
        module = self.net_.module_
        if type(module.encoder) not in ENCODERS:
            raise TypeError(
                f"to_onnx knows the RNN, LSTM, GRU and Transformer of skseq only, but "
                f"{type(self).__name__} was built with {type(module.encoder).__name__}; "
                "export net_.module_ by torch.onnx.export."
            )
        graph = Graph()
        steps = add_scaling(graph, self.scaler_, "values", "lengths")
        outputs = self._export_outputs(graph, add_network(graph, module, steps))
        n_features = len(self.scaler_.mean)
        inputs = {
            "values": (np.float32, ["batch", "time", n_features]),
            "lengths": (np.int64, ["batch"]),
        }
        names = getattr(self, "feature_names_in_", None)
        notes = {
            "estimator": type(self).__name__,
            "classes": getattr(self, "classes_", np.array([])).tolist(),
            "feature_names": None if names is None else [str(name) for name in names],
        }
        data = graph.serialize(type(self).__name__, inputs, outputs, notes)
        replace_file(path, data)
