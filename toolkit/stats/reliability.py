"""Cronbach's alpha with Feldt's interval and what each item adds to its scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import BoolArray, FloatArray, check_between, largest_zero_sd, read_floats

AlphaStatus: TypeAlias = Literal["ok", "too_few_items", "too_few_rows", "no_variation", "identical_items"]

FEW_ROWS = 30

# 1 - alpha below this is rounding: the items rank everybody alike and the interval would have no width.
IDENTICAL_ITEMS = 1e-12

REFERENCE = (
    "alpha = k/(k-1) * (1 - sum of item variances / variance of the sum), listwise; Cronbach (1951), "
    "Psychometrika 16, 297-334. Interval 1 - (1 - alpha) * F(n-1, (n-1)(k-1)); Feldt (1965), "
    "Psychometrika 30, 357-370; agrees with R psych 2.2.9 alpha() on complete rows"
)

REASONS: Mapping[AlphaStatus, str] = {
    "ok": "",
    "too_few_items": "fewer than two items: consistency between items is not defined",
    "too_few_rows": "fewer than two rows have every item answered: no variation to compare",
    "no_variation": "the sum of the items is the same for everybody: variation is zero, no alpha",
    "identical_items": "the items differ by a constant only: alpha is 1 and has no interval",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CronbachAlpha:
    """Cronbach's alpha of one scale; None stands where there is no result.

    Attributes
    ----------
    status : {"ok", "too_few_items", "too_few_rows", "no_variation", "identical_items"}
        Whether there is an alpha with an interval, or why not.
    reason : str
        The status in words; "" when "ok".
    estimate : float or None
        Alpha, at most 1; it can be negative.
    conf_low, conf_high : float or None
        Feldt's limits.
    conf_level : float
        Level of the interval, 0 to 1.
    interval_method : str
        "Feldt (F distribution)".
    k : int
        Items.
    n_rows, n_complete : int
        Rows given; rows with every item answered, which alone are used.
    n_missing : mapping of str to int
        Rows set aside: "some items missing", "all items missing".
    n_missing_by_item : tuple of int
        Missing answers of each item, in the order of the columns.
    item_rest_correlations : tuple of float or None
        For each item, its correlation with the sum of the other items; None where one does not vary.
    alpha_if_dropped : tuple of float or None
        For each item, alpha of the others; None with two items or where the others do not vary.
    checks, warnings : tuple of str
        What was looked at; what a reader must know while the result stays valid.
    reference : str
        Formula and source.
    """

    status: AlphaStatus
    reason: str
    estimate: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    conf_level: float
    interval_method: str = "Feldt (F distribution)"
    k: int
    n_rows: int
    n_complete: int
    n_missing: Mapping[str, int]
    n_missing_by_item: tuple[int, ...]
    item_rest_correlations: tuple[float | None, ...]
    alpha_if_dropped: tuple[float | None, ...]
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reference: str = REFERENCE


def cronbach_alpha(items: ArrayLike, *, conf_level: float = 0.95) -> CronbachAlpha:
    """Estimate Cronbach's alpha over the rows with every item answered.

    Parameters
    ----------
    items : array_like
        One row per person, one column per item; reversed items already turned round; NaN is missing.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    CronbachAlpha
        One result for the scale, with one value per item.

    Raises
    ------
    UsageError
        Not two-dimensional, not numbers, infinite values, a level out of bounds.

    Notes
    -----
    ``alpha = k/(k-1) * (1 - sum(var_j) / var(sum))``; the limits are ``1 - (1 - alpha) * F`` with the two
    tail values of ``F(n-1, (n-1)(k-1))``. Alpha says how far the items agree; it does not show that they
    measure one thing.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297-334; Feldt (1965), Psychometrika 30, 357-370.

    Examples
    --------
    >>> result = cronbach_alpha([[1, 2, 1], [2, 2, 3], [4, 3, 4], [5, 5, 4]])
    >>> round(result.estimate, 3), result.n_complete
    (0.931, 4)
    """
    log = ProblemLog()
    table = read_floats(items, name="items", ndim=2, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    counted = _count(table, conf_level=float(conf_level))
    if counted.k < 2:
        return replace(counted, status="too_few_items", reason=REASONS["too_few_items"])
    if counted.n_complete < 2:
        return replace(counted, status="too_few_rows", reason=REASONS["too_few_rows"])
    return _estimate(table[~np.isnan(table).any(axis=1)], counted)


def _count(table: FloatArray, *, conf_level: float) -> CronbachAlpha:
    """Rows, items and missing answers; everything but the estimates."""
    n_rows, k = table.shape
    missing = np.isnan(table)
    n_complete = int(np.sum(~missing.any(axis=1)))
    n_empty = int(np.sum(missing.all(axis=1))) if k else 0
    return CronbachAlpha(
        status="ok",
        reason="",
        conf_level=conf_level,
        k=k,
        n_rows=n_rows,
        n_complete=n_complete,
        n_missing={
            "some items missing": n_rows - n_complete - n_empty,
            "all items missing": n_empty,
        },
        n_missing_by_item=tuple(int(count) for count in missing.sum(axis=0)),
        item_rest_correlations=(None,) * k,
        alpha_if_dropped=(None,) * k,
        checks=(
            f"complete rows: {n_complete} of {n_rows}",
            "not checked: whether the items measure one thing",
        ),
    )


def _estimate(complete: FloatArray, counted: CronbachAlpha) -> CronbachAlpha:
    k = counted.k
    zero_variance = largest_zero_sd(complete, scale_range=None) ** 2 * k
    # Centred first: a constant added to an item must not cost precision in the sums.
    centred = complete - complete.mean(axis=0)
    item_variances = _variances(centred)
    total = centred.sum(axis=1)
    total_variance = float(_variances(total[:, None])[0])
    if total_variance <= zero_variance:
        return replace(counted, status="no_variation", reason=REASONS["no_variation"])
    rest = total[:, None] - centred
    rest_variances = _variances(rest)
    varies = (item_variances > zero_variance) & (rest_variances > zero_variance)
    correlations = _item_rest_correlations(centred, rest, varies=varies)
    dropped: tuple[float | None, ...] = (None,) * k
    if k > 2:
        dropped = tuple(
            _alpha(float(item_variances.sum() - own), float(others), k=k - 1) if others > zero_variance else None
            for own, others in zip(item_variances, rest_variances, strict=True)
        )
    alpha = _alpha(float(item_variances.sum()), total_variance, k=k)
    described = replace(
        counted,
        estimate=alpha,
        item_rest_correlations=correlations,
        alpha_if_dropped=dropped,
        warnings=_warnings(alpha, correlations, counted=counted, constant=item_variances <= zero_variance),
    )
    if 1 - alpha < IDENTICAL_ITEMS:
        return replace(described, estimate=1.0, status="identical_items", reason=REASONS["identical_items"])
    return _add_feldt(described, alpha)


def _add_feldt(described: CronbachAlpha, alpha: float) -> CronbachAlpha:
    df_rows = described.n_complete - 1
    df_error = df_rows * (described.k - 1)
    tail = (1 - described.conf_level) / 2
    return replace(
        described,
        conf_low=1 - (1 - alpha) * float(stats.f.isf(tail, df_rows, df_error)),
        conf_high=1 - (1 - alpha) * float(stats.f.ppf(tail, df_rows, df_error)),
    )


def _variances(centred: FloatArray) -> FloatArray:
    variances: FloatArray = np.einsum("ij,ij->j", centred, centred) / (centred.shape[0] - 1)
    return variances


def _alpha(sum_of_variances: float, variance_of_sum: float, *, k: int) -> float:
    return min(1.0, k / (k - 1) * (1 - sum_of_variances / variance_of_sum))


def _item_rest_correlations(centred: FloatArray, rest: FloatArray, *, varies: BoolArray) -> tuple[float | None, ...]:
    scale = np.where(varies, np.linalg.norm(centred, axis=0) * np.linalg.norm(rest, axis=0), 1.0)
    values = np.clip(np.einsum("ij,ij->j", centred, rest) / scale, -1.0, 1.0)
    return tuple(float(value) if here else None for value, here in zip(values, varies, strict=True))


def _warnings(
    alpha: float,
    correlations: tuple[float | None, ...],
    *,
    counted: CronbachAlpha,
    constant: BoolArray,
) -> tuple[str, ...]:
    found = []
    if counted.n_complete < FEW_ROWS:
        found.append(f"fewer than {FEW_ROWS} complete rows: alpha is a rough guide; read the interval")
    if alpha < 0:
        found.append("alpha is negative: an item may be scored the wrong way round")
    against = [place for place, value in enumerate(correlations, start=1) if value is not None and value < 0]
    if against:
        names = ", ".join(str(place) for place in against)
        found.append(f"runs against the other items, check its direction: item {names} (counted from 1)")
    if constant.any():
        names = ", ".join(str(place) for place in np.flatnonzero(constant) + 1)
        found.append(f"everybody gave the same answer: item {names} (counted from 1)")
    return tuple(found)
