"""Names of parameters in other libraries, for messages."""

from difflib import get_close_matches

# The names of a parameter in other libraries, by its name here.
OTHER_NAMES = {
    "max_epochs": "epochs n_epochs num_epochs nb_epochs max_iter n_iter num_iterations",
    "lr": "learning_rate learning_rate_init eta eta0",
    "lr_schedule": "lr_scheduler scheduler learning_rate_schedule",
    "batch_size": "batch bs minibatch_size train_batch_size",
    "hidden_size": (
        "hidden hidden_dim hidden_units hidden_layer_sizes n_hidden n_units units num_units "
        "d_model model_dim encoder_hidden_size hidden_features"
    ),
    "num_layers": (
        "n_layers layers n_rnn_layers num_hidden_layers num_encoder_layers encoder_n_layers "
        "depth"
    ),
    "num_heads": "nhead n_head n_heads heads",
    "dim_feedforward": "d_ff dim_ff ff_dim ffn_dim",
    "dropout": "dropout_rate drop_rate",
    "bidirectional": "bidir",
    "pooling": "return_sequences",
    "weight_decay": "l2 alpha",
    "max_grad_norm": "clip clipnorm grad_clip gradient_clip_val",
    "n_iter_no_change": "patience early_stopping_rounds",
    "validation_fraction": "validation_split validation_size val_size",
    "random_state": "seed random_seed",
    "device": "gpu use_gpu cuda accelerator",
    "verbose": "verbosity silent",
    "scale": "normalize standardize",
    "class_weight": "class_weights",
    "embedding_size": "embedding_dim embed_dim",
    "context_length": (
        "seq_len seq_length sequence_length lookback look_back input_chunk_length "
        "window window_size window_length n_lags lags max_encoder_length n_steps_in maxlen"
    ),
    "horizon": (
        "h fh output_chunk_length prediction_length forecast_horizon "
        "max_prediction_length n_steps_out pred_len"
    ),
    "period": "season season_length seasonality seasonal_periods sp",
    "quantiles": "quantile_levels levels",
    "contamination": "nu anomaly_ratio outliers_fraction",
    "n_neighbors": "k n_neighbours",
}
SIZES_OF_DATA = (
    "input_size input_dim input_shape n_features num_features output_size output_dim "
    "n_classes num_classes n_outputs vocab_size"
)


def suggest_parameter(name, accepted):
    """Return a sentence that names the parameter to use instead of an unknown one, or None.

    `accepted` are the names of the parameters of the estimator.
    """
    for own, others in OTHER_NAMES.items():
        if name in others.split():
            if own in accepted:
                return f"Use {own}."
            if own == "context_length":
                return "Leave it out: sequences may have any number of steps."
    if name in SIZES_OF_DATA.split():
        return "Leave it out: fit finds it in the data."
    similar = get_close_matches(name, accepted, n=1, cutoff=0.8)
    return f"Did you mean {similar[0]}?" if similar else None
