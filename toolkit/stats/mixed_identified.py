"""Whether rows and groups can tell a mixed model's variances apart at all; said before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.core.errors import ProblemLog
from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import find_parents
from toolkit.stats.mixed_columns import SMALLEST_SHARE
from toolkit.stats.mixed_likelihood import Moments
from toolkit.stats.mixed_terms import RandomTerm

SMALLEST_DIRECTION = 1e-9


def check_identified(terms: Sequence[tuple[RandomTerm, int]], *, log: ProblemLog) -> None:
    """Note in `log` every random term that this layout of rows and groups cannot estimate.

    Parameters
    ----------
    terms : sequence of (RandomTerm, int)
        Terms and their numbers of groups, from many groups to few.
    log : ProblemLog
        Gathers the problems.

    Examples
    --------
    >>> log = ProblemLog()
    >>> single = RandomTerm(group="host", codes=np.arange(4), levels=4)
    >>> check_identified([(single, 4)], log=log)
    >>> print(log.problems[0].what)
    has 4 groups and 4 random effects for 4 rows: its variance cannot be told from the residual
    """
    for term, groups in terms:
        where = f"random, {term.group}"
        if groups < 2:
            log.add(
                "has one group: there is no variance between groups to estimate",
                column=where,
                allowed="two groups or more",
                mend="leave the term out; the result then speaks of this one group only",
            )
            continue
        effects = groups * len(term.columns)
        if effects >= term.codes.size:
            log.add(
                f"has {groups} groups and {effects} random effects for {term.codes.size} rows: its variance cannot be "
                "told from the residual",
                column=where,
                allowed="fewer random effects than rows",
                mend="leave the term out",
            )
    _check_twins(terms, log=log)


def _check_twins(terms: Sequence[tuple[RandomTerm, int]], *, log: ProblemLog) -> None:
    """Two factors that group the rows alike cannot both have an intercept."""
    with_intercept = [(term, groups) for term, groups in terms if term.intercept_place is not None]
    for place, (term, groups) in enumerate(with_intercept):
        for other, count in with_intercept[place + 1 :]:
            if count != groups:
                continue
            if find_parents(term.codes, other.codes, levels=term.levels) is not None:
                log.add(
                    f"groups the rows exactly as {term.group} does",
                    column=f"random, {other.group}",
                    allowed="factors that group the rows differently",
                    mend="leave one of the two out",
                )


def check_within(moments: Moments, groups: Sequence[int], *, log: ProblemLog) -> None:
    """Note in `log` every intercept for which nothing is left between or within its groups.

    Parameters
    ----------
    moments : Moments
        Sums over groups.
    groups : sequence of int
        Numbers of groups of the terms.
    log : ProblemLog
        Gathers the problems.

    Examples
    --------
    >>> from toolkit.stats.mixed_columns import read_columns
    >>> from toolkit.stats.mixed_nested import sum_nested
    >>> log = ProblemLog()
    >>> columns = read_columns([1, 1, 4, 4], {}, intercept=True, log=log)
    >>> hosts = RandomTerm(group="host", codes=np.array([0, 0, 1, 1]), levels=2)
    >>> check_within(sum_nested(columns, [hosts], parents=()), [2], log=log)
    >>> print(log.problems[0].what)
    does not vary within host beyond what the fixed columns say: the residual variance is zero
    """
    columns = moments.columns
    for place, (term, count) in enumerate(zip(moments.terms, groups, strict=True)):
        if term.intercept_place is None:
            continue
        rank, residual = _rank_and_rest(moments.within(place), gram=columns.gram)
        where, between = f"random, {term.group}", columns.p - rank
        if count <= between:
            log.add(
                f"has {count} groups for {between} coefficients that differ only between groups",
                column=where,
                allowed=f"{between + 1} groups or more",
                mend="leave columns out, or leave the random term out",
            )
        elif columns.n <= count + rank:
            log.add(
                f"leaves no row to estimate the residual: {columns.n} rows, {count} groups and {rank} coefficients "
                "within",
                column=where,
                allowed=f"{count + rank + 1} rows or more",
            )
        elif residual <= SMALLEST_SHARE**1.5 * columns.gram[-1, -1]:
            log.add(
                f"does not vary within {term.group} beyond what the fixed columns say: the residual variance is zero",
                column="outcome",
                allowed="an outcome that varies within groups",
                mend="analyse one row per group",
            )


def _rank_and_rest(within: FloatArray, *, gram: FloatArray) -> tuple[int, float]:
    """Rank of the within-group design, and the outcome's sum of squares that it leaves."""
    unit = np.sqrt(np.diag(gram)[:-1])
    values, vectors = np.linalg.eigh(within[:-1, :-1] / np.outer(unit, unit))
    kept = values > SMALLEST_DIRECTION
    right = vectors[:, kept].T @ (within[:-1, -1] / unit)
    return int(kept.sum()), float(within[-1, -1] - (right / values[kept]) @ right)
