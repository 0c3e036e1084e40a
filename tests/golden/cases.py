"""The cases whose predictions are stored: name -> function that returns named arrays."""

import numpy as np
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skseq
from skseq import (
    Drift,
    GRUClassifier,
    GRUForecaster,
    GRURegressor,
    GRUStepClassifier,
    GRUStepRegressor,
    LSTMClassifier,
    LSTMForecaster,
    LSTMRegressor,
    LSTMStepClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    SeasonalNaive,
    TransformerClassifier,
    TransformerForecaster,
    TransformerRegressor,
)

from .runs import bare, outliers, panel, rows, sequence, series, steps

ARCHITECTURES = ["RNN", "LSTM", "GRU", "Transformer"]
POOLINGS = ["mean", "last", "max", "attention", "concat"]
STOPPING = {
    "early_stopping": True,
    "max_epochs": 8,
    "n_iter_no_change": 2,
    "validation_fraction": 0.25,
}
COVARIATES = {"columns": "abc", "past_columns": ["b"], "static_columns": ["c"]}
DISTRIBUTIONS = ["quantile", "normal", "student_t"]

CASES = {
    # Classifiers
    "classifier_binary": sequence(GRUClassifier, y="binary"),
    "classifier_binary_lstm": sequence(LSTMClassifier, "equal", "binary"),
    "classifier_multilabel": sequence(LSTMClassifier, y="multilabel"),
    "classifier_strings": sequence(RNNClassifier, y="strings"),
    "classifier_sample_weight": sequence(GRUClassifier, fit={"weights"}),
    "classifier_class_weight": sequence(RNNClassifier, class_weight={0: 1, 1: 5, 2: 0.5}),
    "classifier_balanced": sequence(
        TransformerClassifier, y="binary", class_weight="balanced", fit={"weights"}
    ),
    "classifier_balanced_multilabel": sequence(
        GRUClassifier, y="multilabel", class_weight="balanced"
    ),
    "classifier_early_stopping": sequence(GRUClassifier, **STOPPING),
    "classifier_partial_fit": sequence(
        LSTMClassifier, train="partial_fit", fit={"weights"}
    ),
    "classifier_warm_start": sequence(
        TransformerClassifier, train="warm_start", warm_start=True, lr=0.001
    ),
    "classifier_defaults": sequence(
        LSTMClassifier, hidden_size=64, batch_size="auto", lr=1e-3
    ),
    "classifier_long_auto_patch": sequence(GRUClassifier, "long"),
    "classifier_very_long_test": sequence(
        GRUClassifier, "ragged", test="very long", patch_size=1, stem=0, pooling="last"
    ),
    # Regressors
    "regressor_numbers": sequence(GRURegressor, y="numbers"),
    "regressor_numbers_weighted": sequence(
        TransformerRegressor, y="numbers", fit={"weights"}
    ),
    "regressor_early_stopping": sequence(
        LSTMRegressor, fit={"groups", "weights"}, **STOPPING
    ),
    "regressor_partial_fit": sequence(GRURegressor, train="partial_fit"),
    "regressor_warm_start": sequence(RNNRegressor, train="warm_start", warm_start=True),
    "regressor_quantile_0.9": sequence(GRURegressor, loss="quantile", quantile=0.9),
    "regressor_poisson_weighted": sequence(
        LSTMRegressor, y="counts", loss="poisson", fit={"weights"}
    ),
    # Step estimators
    "step_classifier_crf": steps(LSTMStepClassifier, transitions="crf"),
    "step_classifier_rows": steps(GRUStepClassifier, rows=True, class_weight="balanced"),
    "step_classifier_words": steps(GRUStepClassifier, "words"),
    "step_classifier_patches": steps(GRUStepClassifier, patch_size=2),
    "step_regressor_rows": steps(GRUStepRegressor, rows=True),
    # Text
    "classifier_words": sequence(GRUClassifier, "words"),
    "regressor_words": sequence(LSTMRegressor, "words"),
    # Training
    "training_unscaled": sequence(GRURegressor, scale=False),
    "training_constant_lr": sequence(LSTMRegressor, lr_schedule="constant"),
    "training_no_clipping": sequence(RNNRegressor, max_grad_norm=None, weight_decay=0.0),
    "training_bfloat16": sequence(TransformerClassifier, precision="bfloat16"),
    "training_other_seed": sequence(GRUClassifier, random_state=7),
    # Architectures
    "rnn_relu": sequence(RNNClassifier, activation="relu", num_layers=2),
    "rnn_forward": sequence(RNNRegressor, "equal", bidirectional=False, stem=0),
    "lstm_forward": sequence(LSTMRegressor, "equal", bidirectional=False, stem=0),
    "gru_forward": sequence(GRURegressor, "equal", bidirectional=False, stem=0),
    "lstm_layers": sequence(LSTMClassifier, num_layers=3, dropout=0.3),
    "gru_layers": sequence(GRUClassifier, num_layers=3, dropout=0.3),
    "gru_no_dropout": sequence(GRUClassifier, dropout=0.0, hidden_size=33),
    "rnn_no_dropout": sequence(RNNClassifier, dropout=0.0, hidden_size=33),
    "transformer_layers": sequence(TransformerClassifier, num_layers=2, num_heads=2),
    "transformer_sinusoidal": sequence(
        TransformerRegressor, positions="sinusoidal", dim_feedforward=5
    ),
    # Forecasters
    "forecaster_targets": series(GRUForecaster, n_targets=3),
    "forecaster_targets_transformer": series(
        TransformerForecaster,
        n_targets=2,
        loss="normal",
        target_transformer=StandardScaler(),
    ),
    "forecaster_counts": series(
        LSTMForecaster, "counts", loss="negative_binomial", unit="series"
    ),
    "forecaster_counts_panel": panel(GRUForecaster, "counts", loss="negative_binomial"),
    "forecaster_gaps": series(GRUForecaster, "gaps", columns="ab", missing="mask"),
    "forecaster_gaps_panel": panel(
        TransformerForecaster, "gaps", missing="mask", **COVARIATES
    ),
    "forecaster_gaps_seasonal": series(
        LSTMForecaster, "gaps", period=7, differencing="seasonal", loss="quantile"
    ),
    "forecaster_no_normalization": series(GRUForecaster, normalization=None),
    "forecaster_mean": series(RNNForecaster, normalization="mean", unit="series"),
    "forecaster_unit_series": panel(GRUForecaster, unit="series", loss="student_t"),
    "forecaster_log": series(
        GRUForecaster, target_transformer=FunctionTransformer(np.log, np.exp)
    ),
    "forecaster_quantiles": series(
        GRUForecaster, loss="quantile", quantiles=[0.05, 0.5, 0.9], conformal=False
    ),
    "forecaster_normal_not_conformal": panel(
        LSTMForecaster, loss="normal", conformal=False
    ),
    "forecaster_no_early_stopping": series(GRUForecaster, early_stopping=False),
    "forecaster_early_stopping": series(LSTMForecaster, max_epochs=6, n_iter_no_change=1),
    "forecaster_unscaled": series(GRUForecaster, columns="ab", scale=False),
    "forecaster_horizon_1": series(RNNForecaster, horizon=1),
    "forecaster_patches": series(GRUForecaster, patch_size=4, horizon=6),
    "forecaster_stem": series(LSTMForecaster, stem=2, patch_size=2, pooling="mean"),
    "forecaster_period_patch": series(
        TransformerForecaster, period=4, context_length=16, num_layers=2
    ),
    "forecaster_bidirectional": series(GRUForecaster, bidirectional=True, pooling="concat"),
    "forecaster_defaults": series(
        GRUForecaster, context_length=None, hidden_size=64, batch_size="auto", lr=1e-3
    ),
    "forecaster_bare_covariates": bare(GRUForecaster, columns=2),
    "forecaster_panel_targets": panel(GRUForecaster, n_targets=2),
    # Baselines
    "seasonal_naive": series(SeasonalNaive, period=7),
    "seasonal_naive_last": bare(SeasonalNaive),
    "seasonal_naive_panel": panel(SeasonalNaive, period=7),
    "seasonal_naive_gaps": panel(SeasonalNaive, "gaps", period=7, n_targets=2),
    "seasonal_naive_log": series(
        SeasonalNaive, period=7, target_transformer=FunctionTransformer(np.log, np.exp)
    ),
    "drift": series(Drift),
    "drift_bare": bare(Drift),
    "drift_panel": panel(Drift),
    "drift_gaps": series(Drift, "gaps", n_targets=2),
    # Detectors
    "level_detector": rows(skseq.LevelAnomalyDetector, missing="mask"),
    "ridge_detector": rows(skseq.RidgeAnomalyDetector, missing="mask"),
    "ridge_detector_causal": rows(
        skseq.RidgeAnomalyDetector, missing="mask", center=False, smoothing=3
    ),
}

for name in ARCHITECTURES:
    low = name.lower()
    classifier = getattr(skseq, f"{name}Classifier")
    regressor = getattr(skseq, f"{name}Regressor")
    forecaster = getattr(skseq, f"{name}Forecaster")
    for form in ("equal", "ragged", "table", "gaps"):
        missing = "mask" if form == "gaps" else "error"
        CASES[f"{low}_classifier_{form}"] = sequence(classifier, form, missing=missing)
    CASES[f"{low}_classifier_plain"] = sequence(classifier, stem=0, patch_size=1)
    CASES[f"{low}_classifier_stem_patch"] = sequence(classifier, stem=1, patch_size=4)
    CASES[f"{low}_classifier_patch"] = sequence(classifier, "equal", stem=0, patch_size=2)
    CASES[f"{low}_regressor"] = sequence(regressor)
    CASES[f"{low}_step_classifier"] = steps(getattr(skseq, f"{name}StepClassifier"))
    CASES[f"{low}_step_regressor"] = steps(getattr(skseq, f"{name}StepRegressor"))
    CASES[f"{low}_regressor_equal"] = sequence(regressor, "equal", stem=0, patch_size=1)
    detector = getattr(skseq, f"{name}AnomalyDetector")
    CASES[f"{low}_anomaly_detector"] = rows(detector, missing="mask")
    detector = getattr(skseq, f"{name}OutlierDetector")
    CASES[f"{low}_outlier_detector"] = outliers(detector)
    CASES[f"{low}_forecaster"] = series(forecaster)
    CASES[f"{low}_forecaster_bare"] = bare(forecaster)
    CASES[f"{low}_forecaster_panel"] = panel(forecaster, **COVARIATES)

# Every pooling with a bidirectional recurrence over padded sequences, and with attention.
for pooling in POOLINGS:
    CASES[f"pooling_{pooling}_gru"] = sequence(GRUClassifier, pooling=pooling)
    CASES[f"pooling_{pooling}_transformer"] = sequence(
        TransformerRegressor, "equal", pooling=pooling
    )
for loss in ("squared_error", "absolute_error", "huber", "poisson", "quantile"):
    kind = "counts" if loss == "poisson" else "number"
    CASES[f"regressor_{loss}"] = sequence(LSTMRegressor, y=kind, loss=loss)
for loss in ("absolute_error", "squared_error", "huber", *DISTRIBUTIONS):
    CASES[f"forecaster_{loss}"] = series(GRUForecaster, loss=loss)
for loss in DISTRIBUTIONS:
    CASES[f"forecaster_{loss}_panel"] = panel(
        TransformerForecaster, loss=loss, **COVARIATES
    )
for differencing in ("first", "seasonal", "both"):
    CASES[f"forecaster_differencing_{differencing}"] = series(
        GRUForecaster, period=7, differencing=differencing
    )
CASES["classifier_frame"] = sequence(GRUClassifier, "frame")
