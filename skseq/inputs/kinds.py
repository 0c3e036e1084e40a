"""Which features are numeric and which are categorical."""

import numpy as np


def check_kinds(sequences, expected):
    """Raise ValueError if features are numeric that were categorical in fit, or vice versa.

    `expected` is a bool array that tells for each feature whether it is categorical.
    """
    found = sequences.is_categorical
    if np.array_equal(found, expected):
        return
    if len(found) != len(expected):  # other checks name the features
        raise ValueError(f"X has {len(found)} features, but fit had {len(expected)}.")
    k = int(np.flatnonzero(found != expected)[0])
    if found[k]:
        raise ValueError(
            f"{name_feature(sequences, k)} is categorical, but it was numeric in fit. "
            "Convert it to numbers; or, if it has categories, fit on text, on a column of "
            "dtype 'category', or with categorical_features."
        )
    raise ValueError(
        f"{name_feature(sequences, k)} is numeric, but it was categorical in fit. Pass the "
        "categories as in fit: as text, as a column of dtype 'category', or as codes of "
        "the same column with categorical_features."
    )


def name_feature(sequences, k):
    """Return the name of feature k for messages."""
    names = sequences.feature_names
    return f"Feature {k} of X" + (f" ({names[k]!r})" if names else "")
