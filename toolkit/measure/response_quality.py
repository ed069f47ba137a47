"""note_response_quality: answers that look careless, and items that look reversed twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from toolkit.instruments import Scale
from toolkit.measure.scoring import Scores

LEAST_ITEMS = 4
"""Fewer questions answered alike say nothing about care."""
LEAST_ANSWERS = 20
AGAINST = -0.2
"""Correlation with the rest of the scale below which an item counts as running against it."""


def note_response_quality(scores: Scores) -> tuple[str, ...]:
    """Say which answers and items an evaluator should look at. Nothing is set aside.

    Parameters
    ----------
    scores : Scores
        One row per answer, items after keying.

    Returns
    -------
    tuple of str
        One sentence for each scale whose every question, reversed ones among them, got one and the same answer
        from somebody (straight-lining), and one for each reversed item that runs against its scale.

    Notes
    -----
    Straight-lining is looked for in scales of four questions or more that hold reversed and other questions, since
    there the same answer to all contradicts itself. An item runs against its scale when its correlation with the
    mean of the scale's other items, over complete rows of all waves, is below -0.2; with fewer than 20 rows nothing
    is said.

    References
    ----------
    Meade and Craig (2012), Psychol. Methods 17, 437-455 (careless responses).
    """
    notes: list[str] = []
    for scale in scores.instrument.scales:
        items = [scores.instrument.item(name) for name in scale.items]
        turned = [item.name for item in items if item.reverse]
        if not turned:
            continue
        complete = scores.items[list(scale.items)].dropna()
        if len(items) >= LEAST_ITEMS and len(turned) < len(items):
            notes += _straight_lines(complete, scale, scores)
        if len(complete) >= LEAST_ANSWERS and len(items) > 2:
            notes += [_turned_twice(name, scale) for name in turned if _runs_against(complete, name)]
    return tuple(notes)


def _straight_lines(complete: pd.DataFrame, scale: Scale, scores: Scores) -> Iterator[str]:
    given = complete.copy()
    for name in scale.items:
        item = scores.instrument.item(name)
        if item.reverse and item.score_range is not None:
            given[name] = sum(item.score_range) - given[name]
    alike = int((given.nunique(axis=1) == 1).sum())
    if alike:
        yield (
            f"{scale.name}: {alike} of {len(given)} complete answers are one and the same to every question, reversed "
            "ones among them; look whether they were given with care. They are kept."
        )


def _runs_against(complete: pd.DataFrame, name: str) -> bool:
    item = complete[name].to_numpy(dtype=np.float64)
    rest = complete.drop(columns=name).mean(axis=1).to_numpy(dtype=np.float64)
    if np.ptp(item) == 0 or np.ptp(rest) == 0:
        return False
    return bool(np.corrcoef(item, rest)[0, 1] < AGAINST)


def _turned_twice(name: str, scale: Scale) -> str:
    return (
        f"{name}: runs against the other questions of {scale.name} once it is reversed. If the survey tool has "
        "reversed it already, take the mark reverse off it in survey.csv; if not, look at its wording."
    )
