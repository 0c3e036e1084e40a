"""Parameters that are named as in another library: the message names ours."""

import re

import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skseq
from skseq import GRUClassifier, GRUForecaster, SeasonalNaive, TransformerOutlierDetector
from skseq.estimators.other_names import OTHER_NAMES, SIZES_OF_DATA, suggest_parameter

from .cases import CLASSES, CUSTOM, make_X, make_y

CASES = [
    (GRUClassifier, "epochs", "Use max_epochs."),
    (GRUClassifier, "max_iter", "Use max_epochs."),
    (GRUClassifier, "learning_rate", "Use lr."),
    (GRUClassifier, "hidden_dim", "Use hidden_size."),
    (GRUClassifier, "n_layers", "Use num_layers."),
    (GRUClassifier, "seq_len", "Leave it out: sequences may have any number of steps."),
    (GRUClassifier, "num_classes", "Leave it out: fit finds it in the data."),
    (GRUClassifier, "hiden_size", "Did you mean hidden_size?"),
    (GRUForecaster, "input_chunk_length", "Use context_length."),
    (GRUForecaster, "lookback", "Use context_length."),
    (GRUForecaster, "output_chunk_length", "Use horizon."),
    (SeasonalNaive, "season_length", "Use period."),
    (TransformerOutlierDetector, "nhead", "Use num_heads."),
]


@pytest.mark.parametrize(("cls", "name", "remedy"), CASES)
def test_names_of_other_libraries(cls, name, remedy):
    message = f"{cls.__name__}.__init__() got an unexpected keyword argument '{name}'. "
    with pytest.raises(TypeError, match=re.escape(message + remedy) + "$"):
        cls(**{name: 3})
    message = f"Invalid parameter '{name}' for estimator {cls.__name__}. {remedy}"
    with pytest.raises(ValueError, match=re.escape(message) + "$"):
        cls().set_params(**{name: 3})


def test_name_of_another_library_in_a_search():
    pipeline = make_pipeline(FunctionTransformer(), GRUClassifier(max_epochs=1))
    search = GridSearchCV(pipeline, {"gruclassifier__epochs": [1]}, cv=2)
    with pytest.raises(
        ValueError, match=r"'epochs' for estimator GRUClassifier\. Use max_e"
    ):
        search.fit(make_X("cube"), make_y(GRUClassifier))


def test_names_without_a_remedy():
    with pytest.raises(TypeError, match="unexpected keyword argument 'xyz'$"):
        GRUClassifier(xyz=3)
    with pytest.raises(ValueError, match="Invalid parameter 'xyz'.*Valid parameters are"):
        GRUClassifier().set_params(xyz=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'contamination'$"):
        GRUClassifier(contamination=0.1)


def test_table():
    """The names here are parameters, and no other name is one of a class that has it."""
    parameters = {
        cls: cls._parameter_order
        for cls in [*CLASSES, *CUSTOM]
        if cls is not skseq.Sequences
    }
    others = [name for names in OTHER_NAMES.values() for name in names.split()]
    others += SIZES_OF_DATA.split()
    assert len(set(others)) == len(others)
    assert set(OTHER_NAMES) <= {name for names in parameters.values() for name in names}
    for own, names in OTHER_NAMES.items():
        for accepted in parameters.values():
            assert own not in accepted or not set(names.split()) & set(accepted)


def test_class_that_accepts_every_name():
    class Custom(GRUClassifier):
        """A class with its own arguments."""

        def __init__(self, size=4, **others):
            super().__init__(hidden_size=size)
            self.others = others

    assert Custom(size=2, epochs=3).others == {"epochs": 3}
    assert suggest_parameter("size", {"size"}) == "Did you mean size?"
