"""Matching: the same person found in two, three or more waves by the elements of a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toolkit.core.errors import InputError, Problem
from toolkit.measure.digests import IntArray, LinkKey, digest_elements, folded_elements, group_codes
from toolkit.measure.false_links import FalseLinks, expect_false_links
from toolkit.measure.folding import ElementKind, fold_mailbox
from toolkit.measure.pairing import Candidates, link_rows
from toolkit.measure.review import ReviewRow

PLUS_WORDS = "{element}, in what follows the plus sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRule:
    """How the elements of a key are compared.

    Parameters
    ----------
    elements : mapping of str to str
        Item -> what it holds (see `fold_element`).
    secret : LinkKey
        Secret of the study.
    tolerance : int
        Elements that may differ, 0 to 2.
    margin : int
        By how many elements the second-best must be worse.
    within : tuple of str
        Groups (country, cohort) within which people are compared.
    verdicts : tuple of ReviewRow
        What a person has decided.
    """

    elements: Mapping[str, ElementKind]
    secret: LinkKey
    tolerance: int = 0
    margin: int = 1
    within: tuple[str, ...] = ()
    verdicts: tuple[ReviewRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Who is the same person, and what remains to be decided.

    Parameters
    ----------
    person : Series
        Number of the person, same rows as the people that were matched; a row alone has a number of its own.
    review : tuple of ReviewRow
        Pairs for a person to decide, and those decided already.
    levels : mapping of int to FalseLinks
        Tolerance -> expected false links of the first two waves, from exact to the rule's own tolerance.
    """

    person: pd.Series[int]
    review: tuple[ReviewRow, ...]
    levels: Mapping[int, FalseLinks]


def match_people(people: pd.DataFrame, *, waves: Sequence[str], rule: MatchRule) -> Matching:
    """Find the same person in the rows of several waves.

    Parameters
    ----------
    people : DataFrame
        One row per answer: wave, file, row, the elements of the key and the groups to compare within.
    waves : sequence of str
        Two or more waves, in order of time.
    rule : MatchRule
        How elements are compared.

    Returns
    -------
    Matching
        A person has at most one row in each wave.

    Raises
    ------
    InputError
        The review file says that one row is the same person as two rows of one wave.

    Notes
    -----
    Each two waves are linked by themselves. Links that would give a person two rows in one wave contradict each other:
    none of them counts, and all go to the review file.
    """
    folded = folded_elements(people, elements=rule.elements)
    codes = digest_elements(folded, key=rule.secret)
    blocks = group_codes(people, names=rule.within)
    places = [f"{file}:{row}" for file, row in zip(people["file"], people["row"], strict=True)]
    where = {place: position for position, place in enumerate(places)}
    in_wave = {wave: np.flatnonzero((people["wave"] == wave).to_numpy()) for wave in waves}
    wave_of = people["wave"].to_numpy()
    links: list[tuple[int, int]] = []
    review: dict[tuple[str, str], ReviewRow] = {(row.one, row.other): row for row in rule.verdicts}
    for earlier, later in combinations(waves, 2):
        one, other = in_wave[earlier], in_wave[later]
        sure, unsettled, proposed = _match_two(codes, blocks, one, other, rule=rule, where=where)
        links += sure
        for pair, unlike, chosen in zip(_pairs(unsettled, one, other), unsettled.unlike, proposed, strict=True):
            row = _review_row(pair, places, _unlike_words(int(unlike), list(rule.elements)), suggested=bool(chosen))
            review.setdefault((row.one, row.other), row)
        for pair, words in _plus_pairs(people, one, other, rule=rule, links=sure):
            row = _review_row(pair, places, words, suggested=False)
            review.setdefault((row.one, row.other), row)
    person, contradicted = _number_people(links, wave_of, len(people))
    for pair in contradicted:
        row = _review_row(pair, places, "links of three waves contradict each other", suggested=False)
        review.setdefault((row.one, row.other), row)
    one, other = in_wave[waves[0]], in_wave[waves[1]]
    levels = {
        tolerance: expect_false_links(
            codes[one],
            codes[other],
            tolerance=tolerance,
            margin=rule.margin,
            left_blocks=blocks[one],
            right_blocks=blocks[other],
        )
        for tolerance in range(rule.tolerance + 1)
    }
    return Matching(person=pd.Series(person, index=people.index), review=tuple(review.values()), levels=levels)


def _match_two(
    codes: IntArray,
    blocks: IntArray,
    one: IntArray,
    other: IntArray,
    *,
    rule: MatchRule,
    where: Mapping[str, int],
) -> tuple[list[tuple[int, int]], Candidates, np.ndarray]:
    """Link two waves: what a person said first, then the rule on the rows that nobody spoke of."""
    same, different = _verdicts(rule.verdicts, where, one, other)
    settled = {row for pair in same for row in pair}
    left, right = (np.array([row for row in side if row not in settled], dtype=np.int64) for side in (one, other))
    place_left = {int(row): position for position, row in enumerate(left)}
    place_right = {int(row): position for position, row in enumerate(right)}
    barred = [(place_left[a], place_right[b]) for a, b in different if a in place_left and b in place_right]
    pairing = link_rows(
        codes[left],
        codes[right],
        tolerance=rule.tolerance,
        margin=rule.margin,
        left_blocks=blocks[left],
        right_blocks=blocks[right],
        barred=np.array(barred, dtype=np.int64).reshape(-1, 2),
    )
    shift_left, shift_right = np.searchsorted(one, left), np.searchsorted(other, right)
    unsettled = Candidates(
        left=shift_left[pairing.unsettled.left],
        right=shift_right[pairing.unsettled.right],
        differing=pairing.unsettled.differing,
        unlike=pairing.unsettled.unlike,
    )
    links = list(zip(left[pairing.links.left].tolist(), right[pairing.links.right].tolist(), strict=True))
    return [*same, *links], unsettled, pairing.proposed


def _verdicts(
    verdicts: Sequence[ReviewRow], where: Mapping[str, int], one: IntArray, other: IntArray
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the pairs of these two waves that a person called the same, and those called different."""
    sides = (set(one.tolist()), set(other.tolist()))
    said: dict[str, list[tuple[int, int]]] = {"same": [], "different": []}
    for row in verdicts:
        a, b = where.get(row.one, -1), where.get(row.other, -1)
        for pair in ((a, b), (b, a)):
            if row.verdict and pair[0] in sides[0] and pair[1] in sides[1]:
                said[row.verdict].append(pair)
    places = {position: place for place, position in where.items()}
    problems = []
    for side in (0, 1):
        rows = [pair[side] for pair in said["same"]]
        problems += [
            Problem(
                what=f"{places[row]} is called the same person as two rows of one wave",
                column="verdict",
                allowed="one partner in each wave",
                mend="correct the verdicts in the review file",
            )
            for row in dict.fromkeys(rows)
            if rows.count(row) > 1
        ]
    if problems:
        raise InputError(problems)
    return said["same"], said["different"]


def _pairs(candidates: Candidates, one: IntArray, other: IntArray) -> list[tuple[int, int]]:
    return list(zip(one[candidates.left].tolist(), other[candidates.right].tolist(), strict=True))


def _review_row(pair: tuple[int, int], places: Sequence[str], words: str, *, suggested: bool) -> ReviewRow:
    return ReviewRow(one=places[pair[0]], other=places[pair[1]], unlike=words, suggestion="same" if suggested else "")


def _unlike_words(bits: int, names: Sequence[str]) -> str:
    return " and ".join(name for place, name in enumerate(names) if bits >> place & 1) or "none: several rows agree"


def _plus_pairs(
    people: pd.DataFrame, one: IntArray, other: IntArray, *, rule: MatchRule, links: Sequence[tuple[int, int]]
) -> list[tuple[tuple[int, int], str]]:
    """Return the pairs of free rows whose only key, an address, is the same but for what follows a plus sign."""
    if list(rule.elements.values()) != ["email"]:
        return []
    (name,) = rule.elements
    taken = {row for pair in links for row in pair}
    boxes: dict[str, list[int]] = {}
    for row in one.tolist():
        if row not in taken:
            boxes.setdefault(fold_mailbox(str(people[name].iloc[row])), []).append(row)
    words = PLUS_WORDS.format(element=name)
    return [
        ((mine, row), words)
        for row in other.tolist()
        if row not in taken
        for mine in boxes.get(fold_mailbox(str(people[name].iloc[row])), ())
    ]


def _number_people(
    links: Sequence[tuple[int, int]], wave_of: np.ndarray, n: int
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Return a number per row, the same for one person, and the links that would give a person two rows in a wave."""
    pairs = np.array(links, dtype=np.int64).reshape(-1, 2)
    label = _components(pairs, n)
    frame = pd.DataFrame({"label": label, "wave": wave_of})
    twice = frame.duplicated(keep=False).groupby(frame["label"]).transform("any").to_numpy()
    bad = twice[pairs[:, 0]]
    if bad.any():
        label = _components(pairs[~bad], n)
    return label.astype(np.int64), [(int(a), int(b)) for a, b in pairs[bad]]


def _components(pairs: IntArray, n: int) -> IntArray:
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
