"""Inverse chances of answering: people who answered stand for the people like them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import check_between, read_floats
from toolkit.stats.logistic import fit_logistic
from toolkit.stats.results import Estimate
from toolkit.stats.weights import effective_size


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseWeighted(Estimate):
    """Mean outcome of those who answered, weighted to stand for everybody.

    Attributes
    ----------
    unweighted : float
        Mean without weights.
    weights : tuple of float
        Inverse chances of answering of those who answered, in the order given.
    effective_n : float
        ``sum(w)^2 / sum(w^2)``.
    smallest_weight, largest_weight : float
        Range of the weights; 1 is a person sure to answer.
    score_coefficients, score_std_errors : tuple of float
        Of the model of answering, in the order of its columns.
    """

    unweighted: float
    weights: tuple[float, ...]
    effective_n: float
    smallest_weight: float
    largest_weight: float
    score_coefficients: tuple[float, ...]
    score_std_errors: tuple[float, ...]


def weighted_mean_of_responders(
    outcome: ArrayLike,
    responded: ArrayLike,
    *,
    design: ArrayLike,
    conf_level: float = 0.95,
) -> ResponseWeighted:
    """Estimate a mean with every person who answered standing for the people like them.

    Parameters
    ----------
    outcome : array_like
        One value per person; read only where the person answered.
    responded : array_like
        1 for people who answered, 0 for those who did not.
    design : array_like
        Columns that predict answering, a constant included, no gaps.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    ResponseWeighted
        Weighted mean with a linearised standard error, weights taken as known.

    Raises
    ------
    UsageError
        Values other than 0 and 1 in `responded`, gaps, answering predicted perfectly.

    References
    ----------
    Seaman & White (2013). Review of inverse probability weighting. Stat. Methods Med. Res., 22, 278-295.

    Examples
    --------
    >>> result = weighted_mean_of_responders([3, 4, None, 5, 4, None], [1, 1, 0, 1, 1, 0],
    ...                                      design=[[1, 0], [1, 0], [1, 0], [1, 1], [1, 1], [1, 1]])
    >>> round(result.unweighted, 3), round(result.estimate, 3)
    (4.0, 4.0)
    """
    log = ProblemLog()
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    values = read_floats(outcome, name="outcome", ndim=1, log=log)
    flags = read_floats(responded, name="responded", ndim=1, log=log)
    log.raise_as(UsageError)
    fit = fit_logistic(flags, design)
    if fit.separated:
        log.add(
            "predicts perfectly who answered",
            column="design",
            allowed="columns with answers and gaps at every value",
            mend="leave out the column, or join its groups",
        )
    seen = flags == 1
    if values.size != flags.size or bool(np.isnan(values[seen]).any()):
        log.add("is missing for somebody who answered", column="outcome", allowed="a value where responded is 1")
    log.raise_as(UsageError)
    weights, y = 1 / fit.fitted[seen], values[seen]
    total = float(weights.sum())
    mean = float(weights @ y) / total
    n = int(y.size)
    error = sqrt(n / (n - 1)) * float(np.linalg.norm(weights * (y - mean))) / total if n > 1 else None
    half = None if error is None else float(stats.t.isf((1 - conf_level) / 2, n - 1)) * error
    return ResponseWeighted(
        name="mean, weighted for non-response",
        interval_reason="" if half is not None else "one person answered: no interval",
        estimate=mean,
        std_error=error,
        df=float(n - 1) if n > 1 else None,
        df_method="people who answered - 1",
        conf_low=None if half is None else mean - half,
        conf_high=None if half is None else mean + half,
        conf_level=conf_level,
        interval_method="t interval, linearised standard error",
        n=n,
        n_missing={"did not answer": int(np.sum(~seen))},
        checks=(f"weights from {weights.min():.3g} to {weights.max():.3g}",),
        warnings=("weights mend only what the columns of the design explain about answering",),
        unweighted=float(y.mean()),
        weights=tuple(float(weight) for weight in weights),
        effective_n=effective_size(weights),
        smallest_weight=float(weights.min()),
        largest_weight=float(weights.max()),
        score_coefficients=tuple(float(value) for value in fit.coefficients),
        score_std_errors=tuple(float(value) for value in fit.std_errors),
        reference="inverse chances of answering; Seaman & White (2013), Stat. Methods Med. Res. 22, 278-295",
    )
