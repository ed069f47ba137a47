"""Scoring by declared rule: keying by item, minimum of answered items, mean or sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.core.errors import Problem, UsageError
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.ingest import Responses
from toolkit.instruments import Instrument, Scale


@dataclass(frozen=True, slots=True)
class ScoringRule:
    """A scale scored with a minimum of answered items.

    Parameters
    ----------
    scale : str
        Name of the scale.
    min_items : int
        Items that must be answered, 1 to the number of items.
    rule : {"main", "sensitivity"}
        Whether results rest on it, or only show what another minimum would give.
    """

    scale: str
    min_items: int
    rule: Literal["main", "sensitivity"] = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scale scores, one row per answer to the form.

    Parameters
    ----------
    people : DataFrame
        One row per answer: wave, file, row and the items that are in no scale (keys, groups, context).
    values : mapping of ScoringRule to Series
        Score of each row, in points of the scale; nan where too few items were answered.
    items : DataFrame
        The scale items after keying, same rows; nan where unanswered.
    instrument, notes, ledger, provenance
        As in `Responses`.
    """

    people: pd.DataFrame
    values: Mapping[ScoringRule, pd.Series[float]]
    items: pd.DataFrame
    instrument: Instrument
    notes: tuple[str, ...]
    ledger: Ledger
    provenance: Provenance

    @property
    def rules(self) -> tuple[ScoringRule, ...]:
        """Return every rule that was scored, in order."""
        return tuple(self.values)


def score(responses: Responses, rules: Sequence[ScoringRule] | None = None) -> Scores:
    """Score every scale of the instrument.

    A reversed item counts as lowest plus highest possible answer minus the answer. A mean is the mean of the
    answered items; a sum is that mean times the number of items, so that an unanswered item counts as the
    person's own average. Then the scale's factor or its table of sums and scores applies.

    Parameters
    ----------
    responses : Responses
        One row per person and wave.
    rules : sequence of ScoringRule, optional
        What to score; each scale once with its own minimum when left out.

    Returns
    -------
    Scores
        Same rows.

    Raises
    ------
    UsageError
        A rule names an unknown scale or an impossible minimum.

    Notes
    -----
    With x the answer of an item scored from a to b, keyed = a + b - x where the item is reversed.
    """
    instrument = responses.instrument
    chosen = (
        tuple(ScoringRule(scale.name, scale.min_items) for scale in instrument.scales)
        if rules is None
        else tuple(rules)
    )
    _check_rules(chosen, instrument)
    scaled = [item for item in instrument.items if item.scale]
    keyed: dict[str, pd.Series[float]] = {}
    for item in scaled:
        answers = responses.frame[item.name].astype("float64")
        if item.reverse and item.score_range is not None:
            answers = sum(item.score_range) - answers
        keyed[item.name] = answers
    items = pd.DataFrame(keyed, index=responses.frame.index)
    return Scores(
        people=responses.frame[[name for name in responses.frame if name not in keyed]],
        values=MappingProxyType(
            {rule: _score_scale(items, instrument.scale(rule.scale), rule.min_items) for rule in chosen}
        ),
        items=items,
        instrument=instrument,
        notes=responses.notes,
        ledger=responses.ledger,
        provenance=responses.provenance,
    )


def _check_rules(rules: Sequence[ScoringRule], instrument: Instrument) -> None:
    names = {scale.name: len(scale.items) for scale in instrument.scales}
    problems = [
        Problem(what="the scale is not in the instrument", column=rule.scale, allowed=", ".join(names))
        for rule in rules
        if rule.scale not in names
    ]
    problems += [
        Problem(
            what=f"the minimum of answered items is {rule.min_items}",
            column=rule.scale,
            allowed=f"1 to {names[rule.scale]}",
        )
        for rule in rules
        if rule.scale in names and not 1 <= rule.min_items <= names[rule.scale]
    ]
    problems += [
        Problem(
            what=f"the minimum of answered items is {rule.min_items}, and the scale's table is for the sum of all",
            column=rule.scale,
            allowed=str(names[rule.scale]),
        )
        for rule in rules
        if rule.scale in names and instrument.scale(rule.scale).metric and 1 <= rule.min_items < names[rule.scale]
    ]
    if problems:
        raise UsageError(problems)


def _score_scale(items: pd.DataFrame, scale: Scale, min_items: int) -> pd.Series[float]:
    answers = items[list(scale.items)].to_numpy(dtype=np.float64)
    answered = (~np.isnan(answers)).sum(axis=1)
    total = np.nansum(answers, axis=1)
    enough = answered >= min_items
    mean = np.divide(total, answered, out=np.full(len(answers), np.nan), where=enough)
    points = mean * len(scale.items) if scale.scoring == "sum" else mean
    points = np.array([scale.rescale(each) for each in np.round(points)]) if scale.metric else points * scale.factor
    return pd.Series(points, index=items.index, name=scale.name)
