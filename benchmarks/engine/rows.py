"""The rows of the tables of accuracy and forecasts: metric, known results, goals."""

import tomllib
from dataclasses import dataclass, field

import numpy as np

ARCHITECTURES = ("RNN", "LSTM", "GRU", "Transformer")
HIGHER_IS_BETTER = ("accuracy", "entity F1", "R2", "VUS-PR", "AUROC")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One data set of a table, described in a file rows.toml."""

    name: str
    title: str
    # Those of HIGHER_IS_BETTER are better if higher, all others if lower.
    metric: str
    other_errors: tuple = ()
    # The end of the names of the classes, such as "Classifier"; horizon and period are those
    # of forecasts.
    task: str | None = None
    horizon: int | None = None
    period: int | None = None
    # Models measured by default, and in addition with --long.
    models: tuple
    long_models: tuple = ()
    # Published results.
    known: str = ""
    # Architecture -> figure that its mean should reach, or exceed if `must_surpass`.
    goals: dict = field(default_factory=dict)
    must_surpass: bool = False
    # Model whose mean each architecture should surpass; figure for the best of them.
    to_beat: str | None = None
    best_goal: float | None = None
    # Parameters that differ from the defaults, because the row is about them.
    parameters: dict = field(default_factory=dict)
    # Fits take minutes each: such rows are run after all others.
    late: bool = False
    # Fits of each cell by default.
    seeds: int = 3
    # Epochs of models whose default takes too long.
    epochs: dict = field(default_factory=dict)
    # Model -> figure of its authors, which stands in a comparison if it is not measured.
    published: dict = field(default_factory=dict)

    @property
    def is_higher_better(self):
        """Whether a higher metric is better."""
        return self.metric in HIGHER_IS_BETTER

    @property
    def all_models(self):
        """Models that can be measured."""
        return self.models + self.long_models

    def reaches_goals(self, model, means):
        """Return whether a model has goals and its mean reaches all of them."""
        reached = []
        if model in self.goals:
            reached.append(self._reaches(means[model], self.goals[model]))
        if self.to_beat in means:
            reached.append(self._is_better(means[model], means[self.to_beat]))
        return bool(reached) and all(reached)

    def _reaches(self, score, goal):
        if score == goal:
            return not self.must_surpass
        return self._is_better(score, goal)

    def _is_better(self, score, other):
        return score != other and (score > other) == self.is_higher_better

    def write_goals(self, means):
        """Return the goals as text, that of the best architecture in bold if reached."""
        more, least = (">", "≥") if self.is_higher_better else ("<", "≤")
        sign = more if self.must_surpass else least
        by_goal = {}
        for model, goal in self.goals.items():
            by_goal.setdefault(goal, []).append(model)
        parts = []
        for goal, models in by_goal.items():
            names = "each" if len(models) == len(ARCHITECTURES) else ", ".join(models)
            parts.append(f"{names} {sign} {goal:g}")
        if self.to_beat is not None:
            parts.append(f"each {more} {self.to_beat}")
        if self.best_goal is not None:
            text = f"best {sign} {self.best_goal:g}"
            found = [means[m] for m in ARCHITECTURES if m in means]
            best = (max if self.is_higher_better else min)(found, default=np.nan)
            parts.append(f"**{text}**" if self._reaches(best, self.best_goal) else text)
        return "; ".join(parts)

    def write_figure(self, value):
        """Return a figure of the metric as text."""
        if not np.isfinite(value):
            return ""
        if self.metric == "RMSE":
            return f"{value:.2f}"
        return f"{value:.4f}" if abs(value) < 100 else f"{value:,.0f}"


def read_rows(path):
    """Return the rows of a TOML file."""
    tables = tomllib.loads(path.read_text())
    return tuple(
        Row(name=name, **{k: tuple(v) if isinstance(v, list) else v for k, v in t.items()})
        for name, t in tables.items()
    )
