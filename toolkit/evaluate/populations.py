"""Populations: whom a figure is about, under one canonical name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import pandas as pd

from toolkit.core.errors import UsageError

PROGRAMME = "programme"
_JOIN = " & "


def name_population(parts: Mapping[str, str]) -> str:
    """Return the name of the people who are in every one of these groups.

    Parameters
    ----------
    parts : mapping of str to str
        Group -> value; empty for the whole programme.

    Examples
    --------
    >>> name_population({})
    'programme'
    >>> name_population({"host": "h03", "country": "it"})
    'country=it & host=h03'

    Notes
    -----
    An ampersand within a value is doubled, so that it is not taken for the one between two groups.
    """
    return _JOIN.join(f"{group}={parts[group].replace('&', '&&')}" for group in sorted(parts)) or PROGRAMME


def split_population(name: str) -> dict[str, str]:
    """Return group -> value of a population's name; the reverse of `name_population`.

    Raises
    ------
    UsageError
        The name is neither ``programme`` nor ``group=value``.

    Examples
    --------
    >>> split_population("country=it")
    {'country': 'it'}
    """
    if name == PROGRAMME:
        return {}
    pairs = (part.replace("&&", "&").split("=", 1) for part in name.split(_JOIN) if "=" in part)
    parts = {group: value for group, value in pairs}
    if len(parts) != name.count(_JOIN) + 1 or not all(parts.values()) or not all(parts):
        raise UsageError(f"{name!r} is no population; allowed: programme, or group=value such as country=it")
    return parts


def iterate_populations(
    people: pd.DataFrame, *, population: str, by: Sequence[str]
) -> Iterator[tuple[str, pd.Series[bool]]]:
    """Yield the whole population, then each of its groups by `by`, with the rows that belong to it.

    Parameters
    ----------
    people : DataFrame
        One row per person of `population`.
    population : str
        Name of them all.
    by : sequence of str
        Groups to split them by, one at a time; a group that already defines the population is passed over.
    """
    base = split_population(population)
    yield population, pd.Series(True, index=people.index)
    for group in by:
        if group in base:
            continue
        for value in sorted(people[group].dropna().unique()):
            yield name_population({**base, group: value}), people[group] == value


def count_populations(people: pd.DataFrame, groups: Sequence[str]) -> dict[str, int]:
    """Return how many people each population has: all, each group, and each crossing of two groups.

    Parameters
    ----------
    people : DataFrame
        One row per person, one column per group.
    groups : sequence of str
        Declared groups.

    Examples
    --------
    >>> count_populations(pd.DataFrame({"country": ["it", "it", "se"]}), ["country"])
    {'programme': 3, 'country=it': 2, 'country=se': 1}
    """
    counts = {PROGRAMME: len(people)}
    for sets in (*combinations(groups, 1), *combinations(groups, 2)):
        for values, count in people.groupby(list(sets)).size().items():
            named = values if isinstance(values, tuple) else (values,)
            counts[name_population(dict(zip(sets, named, strict=True)))] = int(count)
    return counts
