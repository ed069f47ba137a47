"""Which populations may be shown, so that no small one comes out by subtraction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from toolkit.evaluate import name_population, split_population

_ZERO = 1e-9  # Coefficients are sums of a few ones; what is left of a zero is rounding.

_Family = tuple[str, ...]


def choose_shown(counts: Mapping[str, int], *, least: int, withheld: Collection[str] = ()) -> dict[str, bool]:
    """Decide which populations may be shown, given each other.

    Parameters
    ----------
    counts : mapping of str to int
        Population -> people in it; 0 or more.
    least : int
        Smallest number of people a figure may rest on.
    withheld : collection of str
        Populations that may not be shown whatever their size.

    Returns
    -------
    dict of str to bool
        Same populations, sorted by name.

    Notes
    -----
    Primary suppression hides what is smaller than `least`. A population is the sum of the groups that one
    further split divides it into, and of its people in none of them. While these sums, solved for what is
    hidden, give a small population, or all the hidden people of one sum are together fewer than `least`, the
    smallest population that the solution uses is hidden too.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4 (secondary suppression).

    Examples
    --------
    >>> choose_shown({"programme": 60, "country=it": 30, "country=ro": 23, "country=se": 7}, least=10)
    {'country=it': True, 'country=ro': False, 'country=se': False, 'programme': True}
    """
    families = _families(counts)
    same = _same_people(counts, families)
    people = {name: counts[name] for name in same.values()}
    sums = sorted({tuple(same[name] for name in family) for family in families if same[family[0]] != same[family[1]]})
    allowed = {same[name] for name in counts if name not in withheld}
    shown = {name: count >= least and name in allowed for name, count in people.items()}
    while exposing := _exposing_sums(people, shown, sums, least) or _exposing_solutions(people, shown, sums, least):
        for name in exposing:
            shown[name] = False
    return {name: shown[same[name]] and name not in withheld for name in sorted(counts)}


def _families(counts: Mapping[str, int]) -> list[_Family]:
    """Return each population that is split further, followed by the groups of one split."""
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(counts):
        parts = split_population(name)
        for group in parts:
            whole = name_population({other: value for other, value in parts.items() if other != group})
            members[whole, group].append(name)
    return [(whole, *groups) for (whole, _), groups in sorted(members.items()) if whole in counts]


def _same_people(counts: Mapping[str, int], families: Sequence[_Family]) -> dict[str, str]:
    """Return for each population one name for all that are the same people, such as a host and its one country."""
    root = {name: name for name in counts}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for family in families:
        if len(family) == 2 and counts[family[0]] == counts[family[1]]:
            root[find(family[1])] = find(family[0])
    return {name: find(name) for name in counts}


def _exposing_sums(
    counts: Mapping[str, int], shown: Mapping[str, bool], families: Sequence[_Family], least: int
) -> set[str]:
    """Return the smallest shown group of each shown population whose hidden people are together too few."""
    exposing = set()
    for family in families:
        open_groups = [name for name in family[1:] if shown[name]]
        hidden = counts[family[0]] - sum(counts[name] for name in open_groups)
        if shown[family[0]] and open_groups and 0 < hidden < least:
            exposing.add(_smallest(open_groups, counts))
    return exposing


def _exposing_solutions(
    counts: Mapping[str, int], shown: Mapping[str, bool], families: Sequence[_Family], least: int
) -> set[str]:
    """Return the smallest shown population of each solution that gives a small hidden one."""
    # Where people are in none of the groups, their unknown sum stands in no other equation: it cannot be solved.
    used = [family for family in families if counts[family[0]] == sum(counts[name] for name in family[1:])]
    used = [family for family in used if not all(shown[name] for name in family)]
    hidden = list(dict.fromkeys(name for family in used for name in family if not shown[name] and counts[name]))
    small = [name for name in hidden if counts[name] < least]
    if not small:
        return set()
    place = {name: column for column, name in enumerate(hidden)}
    unknown = np.zeros((len(used), len(hidden)))
    for row, family in enumerate(used):
        for name, sign in zip(family, (1.0, *([-1.0] * (len(family) - 1))), strict=True):
            if name in place:
                unknown[row, place[name]] += sign
    targets = np.zeros((len(hidden), len(small)))
    targets[[place[name] for name in small], range(len(small))] = 1.0
    weights = np.linalg.lstsq(unknown.T, targets, rcond=None)[0]
    solved = np.abs(unknown.T @ weights - targets).max(axis=0) < _ZERO
    exposing = set()
    for column in np.flatnonzero(solved):
        rows = np.flatnonzero(np.abs(weights[:, column]) > _ZERO)
        known = {name for row in rows for name in used[row] if shown[name]}
        if known:
            exposing.add(_smallest(known, counts))
    return exposing


def _smallest(names: Collection[str], counts: Mapping[str, int]) -> str:
    return min(names, key=lambda name: (counts[name], name))
