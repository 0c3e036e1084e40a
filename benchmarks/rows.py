"""The rows of the table: what is measured, what is known, what is wanted."""

from dataclasses import dataclass, field

ARCHITECTURES = ("RNN", "LSTM", "GRU", "Transformer")
BASELINES = ("constant", "1-NN", "ridge")


@dataclass(frozen=True)
class Row:
    """One data set of the table."""

    name: str
    title: str
    task: str  # "Classifier" or "Regressor"
    metric: str  # "accuracy", "RMSE" or "MSE"
    known: str
    # Architecture -> figure that its mean should reach; absent: reported only.
    goals: dict = field(default_factory=dict)
    # Whether a goal must be surpassed, not just reached.
    surpass: bool = False
    goal_of_best: float | None = None
    # Parameters that differ from the defaults, because the row is about them.
    parameters: dict = field(default_factory=dict)
    baselines: tuple = ("constant",)
    architectures: tuple = ARCHITECTURES
    # Whether its fits take minutes each: such rows come after all others.
    long: bool = False

    @property
    def higher_is_better(self):
        """Whether larger figures of the metric are better."""
        return self.metric == "accuracy"

    def reaches(self, score, goal):
        """Return whether a score is as good as a goal asks for."""
        if score == goal:
            return not self.surpass
        return (score > goal) == self.higher_is_better


def _gated(goal):
    return {"LSTM": goal, "GRU": goal}


def _all_but_rnn(goal):
    return {**_gated(goal), "Transformer": goal}


ROWS = (
    Row(
        "japanese_vowels",
        "Japanese Vowels",
        "Classifier",
        "accuracy",
        "MLP .976, FCN .993, plain LSTM .968-.970, BiGRU .973-.981, 1-NN DTW .949, "
        "Transformer .987",
        {"RNN": 0.97, **_all_but_rnn(0.98)},
        goal_of_best=0.99,
    ),
    Row(
        "gunpoint",
        "GunPoint",
        "Classifier",
        "accuracy",
        "InceptionTime 1.000, 1-NN DTW .907",
        _all_but_rnn(0.970),
        baselines=("constant", "1-NN"),
    ),
    Row(
        "italy_power_demand",
        "ItalyPowerDemand",
        "Classifier",
        "accuracy",
        "InceptionTime .966, 1-NN DTW .950",
        _all_but_rnn(0.936),
        baselines=("constant", "1-NN"),
    ),
    Row(
        "basic_motions",
        "BasicMotions",
        "Classifier",
        "accuracy",
        "InceptionTime 1.000, 1-NN DTW .975",
        _all_but_rnn(0.970),
        baselines=("constant", "1-NN"),
    ),
    Row(
        "osu_leaf",
        "OSULeaf",
        "Classifier",
        "accuracy",
        "InceptionTime .921, 1-NN DTW .591, quick LSTM with patches .79, with two "
        "convolutions in front .87",
        _all_but_rnn(0.591),
        surpass=True,
        baselines=("constant", "1-NN"),
    ),
    Row(
        "arrow_head",
        "ArrowHead",
        "Classifier",
        "accuracy",
        "InceptionTime .863, 1-NN DTW .703",
        _all_but_rnn(0.703),
        surpass=True,
        baselines=("constant", "1-NN"),
    ),
    Row(
        "acsf1",
        "ACSF1",
        "Classifier",
        "accuracy",
        "InceptionTime .910, 1-NN DTW .640",
        _all_but_rnn(0.640),
        surpass=True,
        baselines=("constant", "1-NN"),
    ),
    Row(
        "cmapss_fd001",
        "C-MAPSS FD001",
        "Regressor",
        "RMSE",
        "mean 40.6, ridge 15.9, LSTM 14.93, GRU 13.6, deep CNN 12.61",
        {"RNN": 15.9, **_all_but_rnn(13.5)},
        baselines=("constant", "ridge"),
    ),
    Row(
        "adding_200",
        "Adding problem, 200 steps",
        "Regressor",
        "MSE",
        "guessing 0.167",
        _gated(0.01),
        parameters={"patch_size": 1},
    ),
    Row(
        "adding_200_plain",
        "Adding problem, 200 steps, plain networks",
        "Regressor",
        "MSE",
        "guessing 0.167",
        # The textbook's form: one direction, step by step, answer at the last one.
        parameters={"patch_size": 1, "pooling": "last", "bidirectional": False},
        architectures=("RNN", "LSTM", "GRU"),
    ),
    Row(
        "adding_400",
        "Adding problem, 400 steps",
        "Regressor",
        "MSE",
        "guessing 0.167",
        _gated(0.01),
        parameters={"patch_size": 1},
        long=True,
    ),
)

BY_NAME = {row.name: row for row in ROWS}
