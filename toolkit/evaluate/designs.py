"""Design frames: a formula and a data frame become columns, coded and named as R does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError
from toolkit.evaluate.expressions import FloatArray, evaluate_expression, look_up
from toolkit.evaluate.formulas import FixedTerm, ModelFormula, factor_column, print_expression, read_formula
from toolkit.evaluate.groups import combine_groups, encode_groups
from toolkit.stats.mixed_terms import INTERCEPT, RandomTerm

MOST_ROWS_FOR_CODING = 50_000
SAME_SPACE = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """What a formula means for one data frame: complete rows only.

    Attributes
    ----------
    formula : ModelFormula
        The formula.
    outcome : numpy.ndarray, shape (n,)
        The left side.
    fixed : dict of str to numpy.ndarray
        Fixed columns by R's names, without the intercept.
    intercept : bool
        Whether there is a fixed intercept.
    terms : dict of str to tuple of str
        Names of the columns of each fixed term, the intercept left out.
    random : tuple of RandomTerm
        In the order of the formula.
    labels : dict of str to sequence
        Label of each group code of each grouping factor.
    levels : dict of str to tuple of str
        Levels of each fixed factor, the reference first.
    rows : numpy.ndarray of bool or None
        Which rows of the frame are used; None when all are.
    n, n_missing : int, dict of str to int
        Rows used, and rows set aside by the first column that is missing in them.
    """

    formula: ModelFormula
    outcome: FloatArray
    fixed: Mapping[str, FloatArray]
    intercept: bool
    terms: Mapping[str, tuple[str, ...]]
    random: tuple[RandomTerm, ...]
    labels: Mapping[str, Sequence[object] | pd.Index]
    levels: Mapping[str, tuple[str, ...]]
    rows: NDArray[np.bool_] | None
    n: int
    n_missing: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Factor:
    """One expression of the fixed or random part: a factor with codes, or numeric columns."""

    name: str
    columns: Mapping[str, FloatArray]
    codes: NDArray[np.intp] | None = None
    levels: tuple[str, ...] = ()

    @property
    def missing(self) -> NDArray[np.bool_] | None:
        """Which rows have no value, or None when every row has one."""
        if self.codes is not None:
            return self.codes < 0 if self.codes.size and int(self.codes.min()) < 0 else None
        found = None
        for column in self.columns.values():
            # A finite sum of squares means that nothing is missing; one pass without an array of flags.
            if not np.isfinite(np.dot(column, column)):
                here = ~np.isfinite(column)
                found = here if found is None else found | here
        return found if found is not None and found.any() else None

    def keep(self, rows: NDArray[np.bool_]) -> _Factor:
        """Return the factor for some rows; levels that none of them has are dropped, as R's model frame does."""
        if self.codes is None:
            return _Factor(name=self.name, columns={key: column[rows] for key, column in self.columns.items()})
        kept = self.codes[rows]
        present = np.unique(kept)
        levels = tuple(self.levels[place] for place in present)
        return _Factor(name=self.name, columns={}, codes=np.searchsorted(present, kept), levels=levels)


def build_design(formula: str | ModelFormula, frame: pd.DataFrame) -> Design:
    """Work a formula out for a data frame.

    Parameters
    ----------
    formula : str or ModelFormula
        As lme4 writes it.
    frame : pandas.DataFrame
        Holds every column that the formula names. Text, categories and truth values are factors with the first
        level as reference; numbers are numbers unless marked ``C(...)``.

    Returns
    -------
    Design
        Columns for the complete rows, with the rows that were set aside counted.

    Raises
    ------
    UsageError
        An unknown column, text used as a number, a factor with one level.

    Notes
    -----
    Coding follows R: a factor in a term is coded by treatment contrasts when the term without it is in the model
    too, else by one column per level. Within an interaction the first factor moves fastest.

    References
    ----------
    Chambers, J. M. & Hastie, T. J. (1992). Statistical Models in S, chapter 2.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 3], "arm": list("abab"), "host": [1, 1, 2, 2]})
    >>> design = build_design("y ~ arm + (1 | host)", frame)
    >>> {name: column.tolist() for name, column in design.fixed.items()}
    {'armb': [0.0, 1.0, 0.0, 1.0]}
    """
    parsed = read_formula(formula) if isinstance(formula, str) else formula
    factors = _read_factors(parsed, frame)
    outcome = _Factor(name=parsed.outcome, columns=evaluate_expression(parsed.outcome.strip("`"), frame))
    groups = {name: encode_groups(look_up(name, frame)) for part in parsed.random for name in part.groups}
    rows, n_missing = _find_complete(outcome, factors, groups, n=len(frame))
    if rows is not None:
        outcome = outcome.keep(rows)
        factors = {key: factor.keep(rows) for key, factor in factors.items()}
        groups = {key: group.keep(rows) for key, group in groups.items()}
    fixed, terms, intercept = _code_terms(parsed.fixed, factors, sum_to_zero=False)
    random, labels = [], {}
    for part in parsed.random:
        group = combine_groups([groups[name] for name in part.groups])
        columns, _, with_intercept = _code_terms(part.terms, factors, sum_to_zero=False)
        random.append(
            RandomTerm(
                group=part.name,
                codes=group.codes,
                levels=group.levels,
                columns=(*((None,) if with_intercept else ()), *columns.values()),
                names=(*((INTERCEPT,) if with_intercept else ()), *columns),
            )
        )
        labels[part.name] = group.labels
    return Design(
        formula=parsed,
        outcome=next(iter(outcome.columns.values())),
        fixed=fixed,
        intercept=intercept,
        terms=terms,
        random=tuple(random),
        labels=labels,
        levels={factor.name: factor.levels for factor in factors.values() if factor.codes is not None},
        rows=rows,
        n=len(frame) if rows is None else int(rows.sum()),
        n_missing=n_missing,
    )


def _read_factors(parsed: ModelFormula, frame: pd.DataFrame) -> dict[str, _Factor]:
    terms = [*parsed.fixed, *(term for part in parsed.random for term in part.terms)]
    found: dict[str, _Factor] = {}
    for expression in (factor for term in terms for factor in term.factors):
        if expression not in found:
            marked = factor_column(expression)
            column = look_up(marked, frame) if marked else frame.get(expression)
            if marked or (column is not None and _is_text(column)):
                found[expression] = _encode_factor(print_expression(expression), look_up(marked or expression, frame))
            else:
                found[expression] = _Factor(
                    name=print_expression(expression), columns=evaluate_expression(expression, frame)
                )
    return found


def _is_text(column: pd.Series) -> bool:
    return bool(pd.api.types.is_bool_dtype(column.dtype)) or not pd.api.types.is_numeric_dtype(column.dtype)


def _encode_factor(name: str, column: pd.Series) -> _Factor:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, categories = column.cat.codes.to_numpy(), column.cat.categories
        present = np.unique(codes[codes >= 0])
        codes = np.where(codes < 0, -1, np.searchsorted(present, codes))
        uniques = [categories[place] for place in present]
    else:
        codes, index = pd.factorize(column, sort=True)
        uniques = list(index)
    levels = tuple(_label(value) for value in uniques)
    if len(levels) < 2:
        raise UsageError(
            Problem(what=f"has {len(levels)} level(s)", column=name, allowed="a factor with two levels or more")
        )
    return _Factor(name=name, columns={}, codes=np.asarray(codes, dtype=np.intp), levels=levels)


def _label(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).upper()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _find_complete(
    outcome: _Factor, factors: Mapping[str, _Factor], groups: Mapping[str, object], *, n: int
) -> tuple[NDArray[np.bool_] | None, dict[str, int]]:
    """Return the complete rows, and how many are set aside for which column first."""
    named = [(outcome.name, outcome.missing)]
    named += [(factor.name, factor.missing) for factor in factors.values()]
    named += [(name, getattr(group, "missing", None)) for name, group in groups.items()]
    rows, counts = None, {}
    for name, missing in named:
        if missing is None:
            continue
        rows = np.ones(n, dtype=bool) if rows is None else rows
        fresh = missing & rows
        if fresh.any():
            counts[f"{name} missing"] = int(fresh.sum())
        rows &= ~missing
    return rows, counts


def _code_terms(
    terms: Sequence[FixedTerm], factors: Mapping[str, _Factor], *, sum_to_zero: bool
) -> tuple[dict[str, FloatArray], dict[str, tuple[str, ...]], bool]:
    """Return the columns by name, the column names by term, and whether there is an intercept."""
    present = {frozenset(term.factors) for term in terms}
    intercept = frozenset() in present
    columns: dict[str, FloatArray] = {}
    names: dict[str, tuple[str, ...]] = {}
    for term in terms:
        if not term.factors:
            continue
        coded = []
        for expression in term.factors:
            rest = frozenset(term.factors) - {expression}
            full = rest not in present
            coded.append(_code_factor(factors[expression], full=full, sum_to_zero=sum_to_zero))
            if full and not rest:
                # Without an intercept the first factor has a column per level, and these add up to one.
                present = present | {frozenset()}
        made = coded[0]
        for following in coded[1:]:
            made = {f"{a}:{b}": made[a] * following[b] for b in following for a in made}
        names[term.name] = tuple(made)
        columns |= made
    return columns, names, intercept


def _code_factor(factor: _Factor, *, full: bool, sum_to_zero: bool) -> dict[str, FloatArray]:
    if factor.codes is None:
        return {f"{factor.name}{suffix}": column for suffix, column in factor.columns.items()}
    start = 0 if full else 1
    indicators = {
        f"{factor.name}{level}": (factor.codes == place).astype(np.float64)
        for place, level in enumerate(factor.levels)
        if place >= start
    }
    if sum_to_zero and not full:
        first = (factor.codes == 0).astype(np.float64)
        return {name: column - first for name, column in indicators.items()}
    return indicators


def marginal_contrasts(design: Design, frame: pd.DataFrame) -> dict[str, FloatArray]:
    """Return the contrasts of each fixed term's marginal test ("type III").

    Parameters
    ----------
    design : Design
        From `build_design`.
    frame : pandas.DataFrame
        The frame it was built from.

    Returns
    -------
    dict of str to numpy.ndarray
        Term to contrasts (columns of the term, p) of the coefficients in the design's order.

    Raises
    ------
    UsageError
        Combinations of levels that no row has, so that the terms have no marginal means.

    Notes
    -----
    The contrasts are those that are zero when the term's coefficients are zero with every factor coded to sum to
    zero: main effects average over the levels of other factors with equal weights.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 3], "arm": list("abab"), "host": [1, 1, 2, 2]})
    >>> marginal_contrasts(build_design("y ~ arm + (1 | host)", frame), frame)["arm"].round(6).tolist()
    [[0.0, 0.5]]
    """
    used = frame if design.rows is None else frame.loc[design.rows]
    factors = _read_factors(design.formula, used)
    chosen = _spread_rows(design)
    summed, terms, _ = _code_terms(design.formula.fixed, factors, sum_to_zero=True)
    ones = [np.ones(chosen.size)] if design.intercept else []
    ours = np.column_stack([*ones, *(column[chosen] for column in design.fixed.values())])
    theirs = np.column_stack([*ones, *(column[chosen] for column in summed.values())])
    change = np.linalg.lstsq(theirs, ours, rcond=None)[0]
    if np.abs(theirs @ change - ours).max() > SAME_SPACE * max(1.0, float(np.abs(ours).max())):
        raise UsageError(
            Problem(what="has combinations of levels that no row has", column="formula", allowed="full crossings")
        )
    order = list(summed)
    return {term: change[[order.index(name) + design.intercept for name in names]] for term, names in terms.items()}


def _spread_rows(design: Design) -> NDArray[np.intp]:
    """Rows enough to tell the codings apart: all, or for large data one per combination and a sample."""
    if design.n <= MOST_ROWS_FOR_CODING:
        return np.arange(design.n)
    stacked = np.column_stack([column == column[0] for column in design.fixed.values()]) if design.fixed else None
    sample = np.linspace(0, design.n - 1, MOST_ROWS_FOR_CODING).astype(np.intp)
    if stacked is None:
        return sample
    _, first = np.unique(np.packbits(stacked, axis=1), axis=0, return_index=True)
    return np.union1d(sample, first)
