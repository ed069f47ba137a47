"""note_response_quality: what is noted, and that it stays silent where nothing can be said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.core.shipped import shipped_path
from toolkit.instruments import load_instrument
from toolkit.measure import Scores, note_response_quality

FORM = load_instrument(shipped_path("surveys", "instruments", "participant"))
ITEMS = FORM.scale("work_competences").items
TURNED = [name for name in ITEMS if FORM.item(name).reverse]


def scores_of(items: pd.DataFrame) -> Scores:
    scaled = [item.name for item in FORM.items if item.scale]
    return Scores(
        people=pd.DataFrame(index=items.index),
        values={},
        items=items.reindex(columns=scaled),
        instrument=FORM,
        notes=(),
        ledger=Ledger(),
        provenance=Provenance(),
    )


def sound(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    level = rng.integers(2, 5, n)
    return pd.DataFrame({name: np.clip(level + rng.integers(-1, 2, n), 1, 5) for name in ITEMS}, dtype=float)


def test_sound_answers_are_not_noted() -> None:
    assert TURNED
    assert note_response_quality(scores_of(sound(60))) == ()


def test_an_item_reversed_twice_is_named() -> None:
    items = sound(60)
    items[TURNED[0]] = 6 - items[TURNED[0]]
    (note,) = note_response_quality(scores_of(items))
    assert note.startswith(f"{TURNED[0]}: runs against the other questions of work_competences")


def test_the_same_answer_to_all_is_counted() -> None:
    items = sound(60)
    for row in (3, 8):
        items.loc[row] = [2.0 if name in TURNED else 4.0 for name in ITEMS]  # 4 to every question, before keying
    (note,) = note_response_quality(scores_of(items))
    assert note.startswith("work_competences: 2 of 60 complete answers")


@pytest.mark.parametrize("n", [0, 1, 19])
def test_few_answers_say_nothing_of_an_item(n: int) -> None:
    items = sound(n)
    items[TURNED[0]] = 6 - items[TURNED[0]]
    assert not [note for note in note_response_quality(scores_of(items)) if "runs against" in note]


def test_no_variation_and_all_missing_say_nothing() -> None:
    constant = pd.DataFrame(3.0, index=range(30), columns=list(ITEMS))
    notes = note_response_quality(scores_of(constant))
    assert [note for note in notes if "runs against" in note] == []
    assert note_response_quality(replace(scores_of(constant), items=scores_of(constant * np.nan).items)) == ()
