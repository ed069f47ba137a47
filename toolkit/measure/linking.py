"""Exact linking on the declared key: the same person in two waves, or nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from toolkit.core.errors import InputError, Problem, UsageError
from toolkit.core.ledger import Ledger, LedgerLine
from toolkit.core.provenance import Provenance
from toolkit.instruments import Instrument
from toolkit.measure.keys import RepeatedRule
from toolkit.measure.scoring import Scores, ScoringRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The people who answered both waves, with their scores.

    Parameters
    ----------
    people : DataFrame
        One row per linked person, one text column per group (None where it was not answered). The row number
        is the only name a person has from here on.
    before, after : mapping of ScoringRule to Series
        Scores of the earlier and the later wave, same rows as `people`, nan where there is no score.
    waves : tuple of str
        The earlier and the later wave.
    instrument, ledger, provenance
        As in `Scores`.
    """

    people: pd.DataFrame
    before: Mapping[ScoringRule, pd.Series[float]]
    after: Mapping[ScoringRule, pd.Series[float]]
    waves: tuple[str, str]
    instrument: Instrument
    ledger: Ledger
    provenance: Provenance
    groups: tuple[str, ...] = field(default=())

    def keep(self, mask: pd.Series[bool]) -> Panel:
        """Return the people for whom `mask` holds."""
        return Panel(
            people=self.people[mask],
            before=MappingProxyType({rule: values[mask] for rule, values in self.before.items()}),
            after=MappingProxyType({rule: values[mask] for rule, values in self.after.items()}),
            waves=self.waves,
            instrument=self.instrument,
            ledger=self.ledger,
            provenance=self.provenance,
            groups=self.groups,
        )


def link(
    scores: Scores,
    *,
    key: Sequence[str],
    groups: Sequence[str],
    waves: tuple[str, str],
    repeated: RepeatedRule = "refuse",
    person: pd.Series[int] | None = None,
) -> Panel:
    """Link the answers of two waves on the declared key, or by the people that were matched before.

    Parameters
    ----------
    scores : Scores
        One row per person and wave; keys complete and unique within a wave (see `keep_identified`).
    key : sequence of str
        Items that together name a person.
    groups : sequence of str
        Items to carry along, such as country and host. The earlier wave's answer counts, the later one's
        where the earlier is missing.
    waves : tuple of str
        The earlier and the later wave.
    repeated : {"refuse", "set_aside"}
        What to do when the same key stands with two different groups: it may be two people.
    person : Series, optional
        Number of the person of each row of ``scores.people`` (see `match_people`); the key is compared as written
        when left out.

    Returns
    -------
    Panel
        One row per linked person, in the order of the earlier wave.

    Raises
    ------
    InputError
        A key stands with different groups in the two waves and the rule is refuse.
    UsageError
        A key is repeated within a wave.
    """
    if person is None:
        known = scores.people.dropna(subset=list(key))
    else:
        known, key = scores.people.assign(_person=person), ["_person"]
    earlier, later = (known[known["wave"] == wave] for wave in waves)
    if earlier.duplicated(list(key)).any() or later.duplicated(list(key)).any():
        raise UsageError("keys must be unique within a wave before linking; see keep_identified")
    columns = [*key, *dict.fromkeys(name for name in groups if name not in key)]
    left = earlier[columns].assign(_earlier=lambda frame: frame.index)
    right = later[columns].assign(_later=lambda frame: frame.index)
    pairs = left.merge(right, on=list(key), how="inner", suffixes=("", "_later"), sort=False)
    conflict = pd.Series(False, index=pairs.index)
    for group in groups:
        if group not in key:
            other = pairs[f"{group}_later"]
            conflict |= pairs[group].notna() & other.notna() & (pairs[group] != other)
            pairs[group] = pairs[group].where(pairs[group].notna(), other)
    if conflict.any() and repeated == "refuse":
        raise InputError(_conflict_problems(scores, pairs[conflict], groups))
    kept = pairs[~conflict].reset_index(drop=True)
    return Panel(
        people=kept[list(groups)],
        before=_take(scores, kept["_earlier"]),
        after=_take(scores, kept["_later"]),
        waves=waves,
        instrument=scores.instrument,
        ledger=scores.ledger.add(
            *_ledger_lines(scores, waves, len(pairs), pairs[conflict], matched=person is not None)
        ),
        provenance=scores.provenance,
        groups=tuple(groups),
    )


def _take(scores: Scores, index: pd.Series[int]) -> Mapping[ScoringRule, pd.Series[float]]:
    return MappingProxyType({rule: values.loc[index].reset_index(drop=True) for rule, values in scores.values.items()})


def _ledger_lines(
    scores: Scores, waves: tuple[str, str], n_pairs: int, conflict: pd.DataFrame, *, matched: bool
) -> list[LedgerLine]:
    lines = []
    nobody = (
        "no sure partner in the other wave: nobody agrees in enough of the key, or several do"
        if matched
        else "no answer with the same key in the other wave"
    )
    for wave, column in zip(waves, ("_earlier", "_later"), strict=True):
        n = int((scores.people["wave"] == wave).sum())
        lines.append(
            LedgerLine(
                step="linked",
                instrument=scores.instrument.name,
                wave=wave,
                reason=nobody,
                count=n - n_pairs,
                n_in=n,
                n_out=n_pairs,
            )
        )
        lines.append(
            LedgerLine(
                step="linked",
                instrument=scores.instrument.name,
                wave=wave,
                reason="the same key with different groups in the two waves: it may be two people",
                count=len(conflict),
                n_in=n_pairs,
                n_out=n_pairs - len(conflict),
                source_rows=tuple(_place(scores, position) for position in conflict[column]),
            )
        )
    return lines


def _place(scores: Scores, position: int) -> str:
    file, row = (str(scores.people.at[position, name]) for name in ("file", "row"))
    return f"{file}:{row}"


def _conflict_problems(scores: Scores, pairs: pd.DataFrame, groups: Sequence[str]) -> list[Problem]:
    return [
        Problem(
            what=f"the same key stands with different groups here and in {_place(scores, int(pair['_later']))}",
            file=str(scores.people.loc[pair["_earlier"], "file"]),
            row=int(scores.people.loc[pair["_earlier"], "row"]),
            column=", ".join(groups),
            allowed="the same groups for a person in every wave",
            mend="correct the row that is wrong, or declare repeated: set_aside under link in study.yaml",
        )
        for pair in pairs.to_dict("records")
    ]
