"""Adjusting p values for the size of their family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_choice, name_positions, read_floats

AdjustmentName: TypeAlias = Literal["holm", "hochberg", "bonferroni", "BH", "BY"]
ADJUSTMENTS: tuple[AdjustmentName, ...] = ("holm", "hochberg", "bonferroni", "BH", "BY")


def adjust_holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's adjusted p values, in the order given.

    Parameters
    ----------
    p_values : array_like
        One per test of the family, 0 to 1. NaN is a test that was not made: it stays NaN and is not counted.

    Returns
    -------
    numpy.ndarray
        As long as `p_values`; each at least as large as the raw one, at most 1.

    Raises
    ------
    UsageError
        Values outside 0 to 1 (their positions are named), not numbers, not one-dimensional.

    Notes
    -----
    The i-th smallest of m becomes the largest of ``(m - j + 1) * p_(j)`` over j up to i, at most 1. It holds
    the chance of any false alarm in the family at the level, whatever the dependence between tests.

    References
    ----------
    Holm (1979). A simple sequentially rejective multiple test procedure. Scand. J. Stat., 6, 65-70.

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, float("nan"), 0.03])
    array([0.03, 0.06,  nan, 0.06])
    """
    return adjust_p_values(p_values, method="holm")


def adjust_p_values(
    p_values: ArrayLike, *, method: AdjustmentName = "holm", families: Sequence[str] | None = None
) -> FloatArray:
    """Return p values adjusted within each declared family, in the order given.

    Parameters
    ----------
    p_values : array_like
        One per test, 0 to 1. NaN is a test that was not made: it stays NaN and is not counted.
    method : {"holm", "hochberg", "bonferroni", "BH", "BY"}
        The first three hold the chance of any false alarm in a family; BH and BY the expected share of false
        alarms among the tests that speak (BY under any dependence).
    families : sequence of str or None
        Name of the family of each test, declared before the results are seen; None makes one family of all.

    Returns
    -------
    numpy.ndarray
        As long as `p_values`; each at least as large as the raw one, at most 1.

    Raises
    ------
    UsageError
        Values outside 0 to 1 (their positions are named), not numbers, not one-dimensional; a method that does
        not exist; more or fewer families than tests.

    Notes
    -----
    With the m tests of a family in order, p_(1) smallest: holm ``max_{j<=i} (m-j+1) p_(j)``; hochberg
    ``min_{j>=i} (m-j+1) p_(j)``; bonferroni ``m p``; BH ``min_{j>=i} m p_(j) / j``; BY the same times
    ``sum(1/j)``.

    References
    ----------
    Holm (1979), Scand. J. Stat. 6, 65-70; Hochberg (1988), Biometrika 75, 800-802; Benjamini & Hochberg (1995),
    J. R. Stat. Soc. B 57, 289-300; Benjamini & Yekutieli (2001), Ann. Stat. 29, 1165-1188.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03], method="BH").round(4)
    array([0.03, 0.04, 0.04])
    >>> adjust_p_values([0.01, 0.04, 0.03], families=["primary", "other", "other"])
    array([0.01, 0.06, 0.06])
    """
    log = ProblemLog()
    raw = read_floats(p_values, name="p_values", ndim=1, log=log)
    outside = (raw < 0) | (raw > 1)
    if outside.any():
        log.add(f"is no probability at {name_positions(outside)}", column="p_values", allowed="0 to 1, or NaN")
    check_choice(method, name="method", allowed=ADJUSTMENTS, log=log)
    if families is not None and not log.problems and len(families) != raw.size:
        log.add(f"there are {len(families)} names for {raw.size} tests", column="families", allowed="one per test")
    log.raise_as(UsageError)
    names = np.array(["all"] * raw.size if families is None else [str(name) for name in families])
    adjusted = np.full(raw.shape, np.nan)
    for name in np.unique(names):
        made = np.flatnonzero(~np.isnan(raw) & (names == name))
        order = made[np.argsort(raw[made], kind="stable")]
        adjusted[order] = _adjust_sorted(raw[order], method=method)
    return adjusted


def _adjust_sorted(ordered: FloatArray, *, method: AdjustmentName) -> FloatArray:
    m = ordered.size
    ranks = np.arange(1, m + 1)
    if method == "bonferroni":
        return np.minimum(m * ordered, 1.0)
    if method == "holm":
        return np.minimum(np.maximum.accumulate((m - ranks + 1) * ordered), 1.0)
    if method == "hochberg":
        stepped = (m - ranks + 1) * ordered
    else:
        stepped = m * ordered / ranks * (np.sum(1 / ranks) if method == "BY" else 1.0)
    return np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
