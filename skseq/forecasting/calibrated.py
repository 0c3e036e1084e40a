"""What forecasters do with the errors that they were calibrated by."""

import numpy as np

from skseq.series import measure_spreads


class CalibratedErrors:
    """Turns held-out errors into quantiles and paths, and follows new ones."""

    # Over how many steps the typical change of a series is measured, if it is that.
    _spread_lag = 1

    def _scores_at(self, level, owners, targets):
        """Return the score (n_windows, horizon) of a level between 0 and 1."""
        return self.calibration_.score(level, owners, targets)

    def _scale_scores(self, scores, owners, targets):
        """Return drawn scores in units of their step and series."""
        return self.calibration_.scale(scores, owners, targets)

    def _draw_scores(self, n, generator):
        """Draw n paths of scores."""
        return self.calibration_.draw(n, generator)

    def _append_rows(self, i, new, k, coded):
        """Add the rows of series number k of a panel to series number i; None is a new one."""
        values, covariates = new.targets(k), new.inputs(k)
        if i is None:
            first = new.first_ticks[k]
            self.observed_.add_series(new.ids[k], values, covariates, first)
            self.coded_.add_series(new.ids[k], coded, covariates, first)
            self.series_ids_ = list(self.observed_.ids)
            self._welcome(self.coded_)
            return
        before = int(self.observed_.lengths[i])
        self.observed_.add_steps(i, values, covariates)
        self.coded_.add_steps(i, coded, covariates)
        self._follow_errors(i, before)

    def _welcome(self, coded):
        """Take note of the series that was added last."""
        added = coded.take([coded.n_series - 1])
        more = measure_spreads(added, self._spread_lag)
        self.spreads_ = np.concatenate([self.spreads_, more])
        self.calibration_.grow(coded.n_series)

    def _follow_errors(self, i, before):
        """Let intervals follow the errors of what was forecast before an update."""
        targets = np.arange(self.n_targets_)
        series, origins = np.full(len(targets), i), np.full(len(targets), before)
        answer = self._answer(self.coded_, series, targets, origins, series)
        new = self.coded_.targets(i)[before : before + self.horizon_].T  # (targets, steps)
        values = np.full((len(targets), self.horizon_), np.nan)
        values[:, : new.shape[1]] = new
        scores = answer.scores(values)
        for j in targets:
            self.calibration_.follow(scores[j], i, j)

    def _settle(self, values):
        """Return values that can occur, near those given."""
        return values
