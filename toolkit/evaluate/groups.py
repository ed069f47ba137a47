"""Grouping columns as whole numbers: hosts, participants, and combinations of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.stats.groups import find_parents

WIDEST_SHARE = 4
"""Whole numbers that span up to this many times the rows are codes already; a wider span is numbered afresh."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Group of each row.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (n,)
        0 to `levels` - 1; -1 where there is none.
    levels : int
        Highest code possible plus one.
    labels : sequence
        What each code stands for.
    complete : bool
        Whether every row has a group.
    """

    codes: NDArray[np.integer]
    levels: int
    labels: Sequence[object] | pd.Index
    complete: bool

    @property
    def missing(self) -> NDArray[np.bool_] | None:
        """Which rows have no group, or None."""
        return None if self.complete else np.asarray(self.codes < 0)

    def keep(self, rows: NDArray[np.bool_]) -> Groups:
        """Return the groups of some rows."""
        kept = self.codes[rows]
        return Groups(codes=kept, levels=self.levels, labels=self.labels, complete=not bool(np.any(kept < 0)))


def encode_groups(column: pd.Series) -> Groups:
    """Give the groups of a column numbers.

    Parameters
    ----------
    column : pandas.Series
        Numbers, text or categories.

    Returns
    -------
    Groups
        Whole numbers in a narrow span keep their distance, so that nothing is sorted or hashed.

    Examples
    --------
    >>> encode_groups(pd.Series(["b", None, "a", "b"])).codes.tolist()
    [0, -1, 1, 0]
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        complete = not bool(np.any(codes < 0))
        return Groups(codes=codes, levels=len(column.cat.categories), labels=column.cat.categories, complete=complete)
    values = column.to_numpy()
    if values.dtype.kind in "iu" and values.size:
        low, high = int(values.min()), int(values.max())
        if high - low < WIDEST_SHARE * values.size + 1000:
            codes = values if low == 0 and values.dtype.kind == "i" else values.astype(np.int64) - low
            return Groups(codes=codes, levels=high - low + 1, labels=range(low, high + 1), complete=True)
    codes, uniques = pd.factorize(column)
    complete = not bool(np.any(codes < 0))
    return Groups(codes=codes, levels=len(uniques), labels=uniques, complete=complete)


def combine_groups(groups: Sequence[Groups]) -> Groups:
    """Return the combinations of several complete groupings, the coarsest first.

    Parameters
    ----------
    groups : sequence of Groups
        Complete.

    Returns
    -------
    Groups
        The finest grouping itself when each of its groups lies in one group of the others.

    Examples
    --------
    >>> hosts, people = encode_groups(pd.Series([1, 1, 2])), encode_groups(pd.Series([5, 6, 5]))
    >>> combine_groups([hosts, people]).codes.tolist()
    [0, 1, 2]
    """
    found = groups[0]
    for finer in groups[1:]:
        if find_parents(finer.codes, found.codes, levels=finer.levels) is not None:
            found = finer
            continue
        keys = found.codes.astype(np.int64) * finer.levels + finer.codes
        codes, uniques = pd.factorize(keys)
        labels = [f"{finer.labels[key % finer.levels]}:{found.labels[key // finer.levels]}" for key in uniques.tolist()]
        found = Groups(codes=codes, levels=len(uniques), labels=labels, complete=True)
    return found
