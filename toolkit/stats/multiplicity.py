"""Adjusting p values for the size of their family."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, name_positions, read_floats


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
    log = ProblemLog()
    raw = read_floats(p_values, name="p_values", ndim=1, log=log)
    outside = (raw < 0) | (raw > 1)
    if outside.any():
        log.add(f"is no probability at {name_positions(outside)}", column="p_values", allowed="0 to 1, or NaN")
    log.raise_as(UsageError)
    made = np.flatnonzero(~np.isnan(raw))
    order = made[np.argsort(raw[made], kind="stable")]
    multipliers = np.arange(order.size, 0, -1)
    adjusted = np.full(raw.shape, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(multipliers * raw[order]), 1.0)
    return adjusted
