"""Reading a model formula as lme4 writes it: fixed terms, and random terms in brackets with a bar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from formulaic import Formula
from formulaic.errors import FormulaicError

from toolkit.core.errors import Problem, UsageError

EXAMPLE = "for example self_efficacy ~ wave + age + (1 | host)"
POWER_SIGNS = re.compile(r"\s*(\*\*|\^)\s*")
COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m|⧛\[[0-9;]*m⧚|⧛|⧚")


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedTerm:
    """One fixed term: the expressions that are multiplied; none for the intercept.

    Attributes
    ----------
    factors : tuple of str
        Column names or expressions such as ``log(x)``.
    """

    factors: tuple[str, ...]

    @property
    def name(self) -> str:
        """The term as R prints it."""
        return ":".join(print_expression(factor) for factor in self.factors) or "(Intercept)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomPart:
    """One random term: what varies, and the columns whose combinations are the groups.

    Attributes
    ----------
    terms : tuple of FixedTerm
        What varies between groups.
    groups : tuple of str
        Columns, from the coarsest to the finest; their combinations are the groups.
    """

    terms: tuple[FixedTerm, ...]
    groups: tuple[str, ...]

    @property
    def name(self) -> str:
        """The grouping factor as lme4 names it, the finest column first."""
        return ":".join(reversed(self.groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFormula:
    """A formula taken apart.

    Attributes
    ----------
    text : str
        As it was written.
    outcome : str
        Column or expression on the left.
    fixed : tuple of FixedTerm
        In R's order: the intercept, then by the number of factors.
    random : tuple of RandomPart
        In the order written.
    """

    text: str
    outcome: str
    fixed: tuple[FixedTerm, ...]
    random: tuple[RandomPart, ...]


def print_expression(expression: str) -> str:
    """Return an expression as R prints it; the mark ``C(...)`` that a column is a factor is left out.

    Examples
    --------
    >>> print_expression("C(recipe)"), print_expression("I(x ** 2)")
    ('recipe', 'I(x^2)')
    """
    inner = factor_column(expression) if expression.startswith("C(") else None
    return inner if inner is not None else POWER_SIGNS.sub("^", expression.replace("as_factor(", "as.factor("))


def factor_column(expression: str) -> str | None:
    """Return the column that ``C(...)``, ``factor(...)`` or ``as.factor(...)`` marks, or None.

    Examples
    --------
    >>> factor_column("C(recipe)"), factor_column("log(x)")
    ('recipe', None)
    """
    found = re.fullmatch(r"(?:C|factor|as_factor|as\.factor)\(\s*`?([^(),`]+?)`?\s*\)", expression)
    return found.group(1) if found else None


def read_formula(text: str) -> ModelFormula:
    """Take a formula apart.

    Parameters
    ----------
    text : str
        Such as ``y ~ wave * arm + (1 + wave | host) + (1 | region)``. On the right of a bar, ``a/b`` stands for
        b within a and a itself; two bars leave the correlations out.

    Returns
    -------
    ModelFormula
        Terms by name; nothing is looked up yet.

    Raises
    ------
    UsageError
        No outcome, unbalanced brackets, an empty random term, what formulaic cannot parse.

    Examples
    --------
    >>> formula = read_formula("y ~ wave + (1 | host/person)")
    >>> [term.name for term in formula.fixed], [part.name for part in formula.random]
    (['(Intercept)', 'wave'], ['host', 'person:host'])
    """
    left, tilde, right = text.partition("~")
    if not tilde or not left.strip() or not right.strip() or "~" in right:
        raise _refuse("has no outcome and right side with one ~ between them", text)
    rest, bars = _take_random(right, text)
    fixed = _read_terms(rest or "1", text)
    random = tuple(part for inner, double, groups in bars for part in _read_random(inner, double, groups, text))
    return ModelFormula(text=text, outcome=left.strip(), fixed=fixed, random=random)


def _refuse(what: str, text: str) -> UsageError:
    return UsageError(
        Problem(what=f"{what}: {text.strip()}", column="formula", allowed=f"lme4's way of writing, {EXAMPLE}")
    )


def _take_random(right: str, text: str) -> tuple[str, list[tuple[str, bool, str]]]:
    """Cut out the bracketed terms that hold a bar; return the rest and those."""
    bars: list[tuple[str, bool, str]] = []
    kept, depth, start = [], 0, 0
    for place, mark in enumerate(right):
        if mark == "(":
            start = place if depth == 0 else start
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth < 0:
                raise _refuse("closes a bracket that was not opened", text)
            inner = right[start + 1 : place]
            if depth == 0 and "|" in inner:
                effects, bar, groups = re.split(r"(\|\|?)", inner, maxsplit=1)
                if not effects.strip() or not groups.strip() or "|" in groups:
                    raise _refuse("holds a random term without effects or without one group", text)
                bars.append((effects, bar == "||", groups))
                continue
            if depth == 0:
                kept.append(right[start : place + 1])
        elif depth == 0:
            kept.append(mark)
    if depth:
        raise _refuse("opens a bracket that is not closed", text)
    rest = "".join(kept)
    if "|" in rest:
        raise _refuse("holds a bar outside brackets", text)
    pieces = [piece.strip() for piece in rest.split("+")] if bars else [rest.strip()]
    return " + ".join(piece for piece in pieces if piece), bars


def _read_terms(right: str, text: str) -> tuple[FixedTerm, ...]:
    right = right.replace("as.factor(", "as_factor(")
    try:
        parsed = Formula(f"__left ~ {right}").rhs
        terms = [
            FixedTerm(factors=tuple(factor.expr for factor in term.factors if factor.expr != "1")) for term in parsed
        ]
    except (FormulaicError, AttributeError, TypeError) as error:
        reason = COLOUR_CODES.sub("", str(error)).split("\n")[0].strip()
        raise _refuse(f"cannot be read ({reason})", text) from error
    return tuple(sorted(terms, key=lambda term: len(term.factors)))


def _read_random(effects: str, double: bool, groups: str, text: str) -> list[RandomPart]:
    terms = _read_terms(effects, text)
    if not terms:
        raise _refuse("holds a random term in which nothing varies", text)
    sets: Sequence[tuple[FixedTerm, ...]] = [(term,) for term in terms] if double else [terms]
    parts = []
    for group in _nest(groups, text):
        parts += [RandomPart(terms=chosen, groups=group) for chosen in sets]
    return parts


def _nest(groups: str, text: str) -> list[tuple[str, ...]]:
    """``a/b`` is a, and b within a; ``a:b`` is their combinations."""
    levels = [level.strip() for level in groups.strip().strip("()").split("/")]
    found: list[tuple[str, ...]] = []
    above: tuple[str, ...] = ()
    for level in levels:
        names = tuple(name.strip().strip("`") for name in level.split(":"))
        names = tuple(factor_column(name) or name for name in names)
        if not all(re.fullmatch(r"[^()|~+*]+", name) for name in names):
            raise _refuse("groups by something other than columns", text)
        # In "a:b" the first column is the finest, as lme4 names what "b/a" makes.
        above = (*above, *reversed(names))
        found.append(above)
    return found
