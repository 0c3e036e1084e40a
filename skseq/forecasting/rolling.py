"""From windows to rows: forecasts of the past block by block, of the future rolled forward."""

import numpy as np

from skseq.series import Panel, gather_steps


def roll_forward(model, request, *, levels=None, n_samples=None, generator=None):
    """Forecast the rows of a request.

    Steps beyond the horizon are forecast in blocks: each block takes the forecasts before
    it for observations. The spread of a block is added to what those before it ended with,
    as independent errors add up.

    Parameters
    ----------
    model : SeriesEstimator
        Who forecasts.
    request : Request
        Which steps of which series.
    levels : list of float, default=None
        Quantiles to return.
    n_samples : int, default=None
        Paths to return instead.
    generator : numpy.random.Generator, default=None
        Source of the paths.

    Returns
    -------
    ndarray of shape (n_rows, n_targets), (n_rows, n_targets, n_levels) or \
(n_samples, n_rows, n_targets)
        On the scale of `model.coded_`; NaN where a row has no past.
    """
    form = Form(levels, n_samples, generator)
    if not form.is_point and model.calibration_.is_empty:
        raise ValueError(
            f"{type(model).__name__} has no held-out errors to learn intervals from: the "
            "series were too short. Give longer ones, or a smaller horizon."
        )
    n_rows, n_targets = len(request.steps), model.n_targets_
    result = np.full((n_rows, n_targets, form.width), np.nan)
    ahead = request.steps >= 0
    if ahead.any():
        values = continue_series(model, request.numbers, request.future, form)
        places = np.searchsorted(request.numbers, request.series[ahead])
        result[ahead] = values[places, request.steps[ahead]]
    if not ahead.all():
        result[~ahead] = look_back(model, request, np.flatnonzero(~ahead), form)
    if n_samples is not None:
        return np.moveaxis(result, 2, 0)
    return result[:, :, 0] if levels is None else result


class Form:
    """What is asked of each row: one number, quantiles, or paths."""

    def __init__(self, levels, n_samples, generator):
        self.levels = levels
        self.n_samples = n_samples
        self.generator = generator
        self.is_point = levels is None and n_samples is None
        self.copies = n_samples or 1
        self.width = n_samples or len(levels or [0])


def continue_series(model, numbers, future, form):
    """Forecast all steps of `future` (n_series, n_steps, covariates).

    Returns
    -------
    ndarray of shape (n_series, n_steps, n_targets, width)
    """
    past, n_steps = model.past_steps, future.shape[1]
    future = future.copy()
    # Known up to now only: where X tells them, a later block must not look at them.
    future[:, :, : model.reader_.n_past] = np.nan
    horizon, n_targets = model.horizon_, model.n_targets_
    n_blocks = -(-n_steps // horizon)
    coded, origins = model.coded_, model.coded_.lengths[numbers]
    tail = gather_steps(coded.values, coded, numbers, origins, past, 0)
    inputs = gather_steps(coded.covariates, coded, numbers, origins, past, 0)
    empty = n_blocks * horizon
    values = np.concatenate(
        [tail, np.full((len(numbers), empty, n_targets), np.nan)], axis=1
    )
    fill = np.full((len(numbers), empty - n_steps, future.shape[2]), np.nan)
    inputs = np.concatenate([inputs, future, fill], axis=1)
    values = np.repeat(values, form.copies, axis=0)  # (series * copies, steps, targets)
    inputs = np.repeat(inputs, form.copies, axis=0)
    owners = np.repeat(numbers, form.copies)
    n, length = values.shape[:2]
    panel = Panel(
        values.reshape(n * length, n_targets),
        inputs.reshape(n * length, -1),
        np.full(n, length),
        np.zeros(n),
        range(n),
    )
    width = 1 if form.n_samples else form.width
    result = np.empty((n, empty, n_targets, width))
    grown = np.zeros((n, n_targets, width))  # squared spread at the end of a block
    for block in range(n_blocks):
        origin = past + block * horizon
        point, answers = answer_windows(
            model, panel, np.arange(n), np.full(n, origin), owners, form
        )
        if form.levels is not None:
            away = answers - point[..., None]  # (n, horizon, targets, width)
            total = np.sign(away) * np.sqrt(grown[:, None] + away**2)
            grown += away[:, -1] ** 2
            answers = model._settle(point[..., None] + total)
        steps = slice(block * horizon, (block + 1) * horizon)
        result[:, steps] = answers
        fed_back = answers[..., 0] if form.n_samples else point
        panel.values.reshape(n, length, n_targets)[:, origin : origin + horizon] = fed_back
    result = result[:, :n_steps]
    if form.n_samples:
        result = result.reshape(len(numbers), form.copies, n_steps, n_targets)
        return np.moveaxis(result, 1, 3)
    return result


def look_back(model, request, rows, form):
    """Forecast steps of the past from the end of the block before; (n_rows, targets, width)."""
    series = request.series[rows]
    blocks = -(request.steps[rows] // model.horizon_)
    lengths = model.coded_.lengths[series]
    origins = lengths - blocks * model.horizon_
    places = request.steps[rows] + lengths - origins
    result = np.full((len(rows), model.n_targets_, form.width), np.nan)
    known = np.flatnonzero(origins >= model.context_length_)
    if len(known) == 0:
        return result
    windows, which = np.unique(
        np.column_stack([series[known], origins[known]]), axis=0, return_inverse=True
    )
    windows = np.repeat(windows, form.copies, axis=0)
    _, answers = answer_windows(
        model, model.coded_, windows[:, 0], windows[:, 1], windows[:, 0], form
    )
    if form.n_samples:
        answers = answers.reshape(-1, form.copies, *answers.shape[1:3])
        answers = np.moveaxis(answers, 1, 3)
    result[known] = answers[which.ravel(), places[known]]
    return result


def answer_windows(model, panel, series, origins, owners, form):
    """Forecast the horizon from each origin.

    Returns
    -------
    point : ndarray of shape (n_windows, horizon, n_targets)
    answers : ndarray of shape (n_windows, horizon, n_targets, width)
        What the form asks for; a single path where it asks for paths.
    """
    n_targets = model.n_targets_
    targets = np.tile(np.arange(n_targets), len(series))
    series, origins, owners = (np.repeat(a, n_targets) for a in (series, origins, owners))
    answer = model._answer(panel, series, targets, origins, owners)

    def arrange(values):  # (n * targets, horizon) -> (n, horizon, targets)
        return values.reshape(-1, n_targets, values.shape[1]).transpose(0, 2, 1)

    point = arrange(answer.point)
    if form.is_point:
        return point, point[..., None]
    if form.n_samples:
        scores = model._draw_scores(len(series) // n_targets, form.generator)
        scores = scores.reshape(len(series), -1)
        path = answer.at(model._scale_scores(scores, owners, targets))
        return point, arrange(path)[..., None]
    quantiles = [
        arrange(answer.at(model._scores_at(level, owners, targets)))
        for level in form.levels
    ]
    return point, np.stack(quantiles, axis=-1)
