from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from toolkit.core.errors import UsageError
from toolkit.instruments import Choice, Instrument, Item, load_instrument

Sheets = dict[str, list[list[str]]]


@pytest.fixture
def tiny(sheets: Sheets, write_sheets: Callable[[Sheets], Path]) -> Instrument:
    return load_instrument(write_sheets(sheets))


def test_scale_range_by_hand(tiny: Instrument) -> None:
    # mood: mean of two items from 1 to 3; hours: sum of two items from 0 to 7.
    assert tiny.scale_range("mood") == (1.0, 3.0)
    assert tiny.scale_range("hours") == (0.0, 14.0)


def test_missing_choices_do_not_widen_the_range(tiny: Instrument) -> None:
    odd = Choice(name="dk", labels={"en": "Do not know"}, score=99.0, missing_reason="dont_know")
    item = replace(tiny.item("m1"), choices=(*tiny.item("m1").choices, odd))
    assert item.score_range == (1.0, 3.0)


@pytest.mark.parametrize("name", ["word", "both"])
def test_items_without_numbers_have_no_range(tiny: Instrument, name: str) -> None:
    assert tiny.item(name).score_range is None


def test_half_a_range_is_no_range() -> None:
    item = Item(name="age", type="integer", labels={"en": "Age"}, waves=("pre",), range_min=0.0)
    assert item.score_range is None


def test_scale_of_a_hand_made_instrument_without_range_is_refused(tiny: Instrument) -> None:
    broken = replace(tiny, scales=(replace(tiny.scale("mood"), items=("m1", "word")),))
    with pytest.raises(UsageError, match="mood has no range"):
        broken.scale_range("mood")


def test_lookups_keep_the_order(tiny: Instrument) -> None:
    assert [item.name for item in tiny.items_with_role("outcome")] == ["m1", "m2", "h1", "h2"]
    assert tiny.items_with_role("key") == ()
    assert [item.name for item in tiny.items_in_wave("pre")] == ["m1", "m2", "h1", "h2", "word"]


def test_unknown_names_give_the_nearest(tiny: Instrument) -> None:
    for look_up in (
        lambda: tiny.item("words"),
        lambda: tiny.scale("moods"),
        lambda: tiny.scale_range("moods"),
        lambda: tiny.items_in_wave("posst"),
        lambda: tiny.items_with_role("outcomes"),  # type: ignore[arg-type]
    ):
        with pytest.raises(UsageError, match=r"did you mean (word|mood|post|outcome)"):
            look_up()


def test_everything_is_frozen(tiny: Instrument) -> None:
    for thing in (tiny, tiny.items[0], tiny.scales[0], tiny.items[0].choices[0]):
        assert not hasattr(thing, "__dict__")
        for each in fields(thing):
            with pytest.raises(FrozenInstanceError):
                setattr(thing, each.name, None)
    for texts in (tiny.titles, tiny.items[0].labels, tiny.item("word").hints, tiny.scales[0].labels):
        with pytest.raises(TypeError):
            texts["en"] = "changed"  # type: ignore[index]


def test_labels_are_copied_and_instruments_can_be_compared_and_hashed(tiny: Instrument) -> None:
    labels = {"en": "Yes"}
    choice = Choice(name="yes", labels=labels)
    labels["en"] = "No"
    assert choice.labels == {"en": "Yes"}
    assert replace(tiny) == tiny
    assert hash(replace(tiny)) == hash(tiny)
    assert replace(tiny, titles={"en": "Other"}) != tiny
