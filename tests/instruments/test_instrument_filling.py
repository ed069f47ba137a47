"""Filling a gap, with made-up words in the place of the published ones."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from toolkit.core.errors import InputError, UsageError
from toolkit.instruments import LANGUAGES, Slot, fill_slot, label_column, load_instrument, load_slot

HOME = Path(__file__).parents[2] / "surveys" / "instruments"
FORM = HOME / "participant"
Rows = list[dict[str, str]]


def slot_of(name: str) -> Slot:
    return load_slot(HOME / "slots" / name)


def made_up(slot: Slot, languages: tuple[str, ...] = tuple(LANGUAGES)) -> Rows:
    names = [("stem", "", "Made-up stem")]
    names += [("item", item.name, f"Made-up words {item.name}") for item in slot.items]
    names += [("answer", f"s{points}", f"Answer {points}") for points in reversed(slot.answers)]
    return [
        {"part": part, "name": name} | {label_column("label", code): f"{text} {code}" for code in languages}
        for part, name, text in names
    ]


def write(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("name", ["gse", "who5", "swemwbs", "caas", "rothwell", "rosenberg"])
def test_filled_instrument_scores_as_the_slot_says(tmp_path: Path, name: str) -> None:
    slot = slot_of(name)
    before = load_instrument(FORM)
    new = fill_slot(FORM, slot, items_csv=write(tmp_path / "own.csv", made_up(slot)), output=tmp_path / "mine")
    form = load_instrument(new)
    scale = form.scale(name)
    assert form.scale_range(name) == slot.score_range
    assert scale.items == tuple(item.name for item in slot.items)
    assert (scale.min_items, scale.scoring, scale.better) == (slot.min_items, slot.scoring, slot.better)
    assert (scale.licence, scale.source, scale.labels) == (slot.licence, slot.attribution, slot.labels)
    assert [form.item(item.name).reverse for item in slot.items] == [item.reverse for item in slot.items]
    assert {form.item(item.name).waves for item in slot.items} == {("pre", "post", "followup")}
    assert [choice.name for choice in form.item(scale.items[0]).choices] == [f"s{n}" for n in reversed(slot.answers)]
    assert form.languages == tuple(LANGUAGES)
    assert form.version == f"2.0+{name}"
    assert name not in [gap.slot for gap in form.gaps]
    assert len(form.gaps) == len(before.gaps) - 1
    added = {f"{name}stem", f"{name}help", *scale.items}
    kept = [item for item in form.items if item.name not in added]
    assert kept == list(before.items)
    assert form.scales[:-1] == before.scales
    assert (f"{name}help" in [item.name for item in form.items]) == bool(slot.referral)


def test_items_stand_where_the_gap_is_between_stem_and_referral(tmp_path: Path) -> None:
    slot = slot_of("who5")
    form = load_instrument(
        fill_slot(FORM, slot, items_csv=write(tmp_path / "own.csv", made_up(slot)), output=tmp_path / "mine")
    )
    names = [item.name for item in form.items]
    start = names.index("ls")
    assert names[start : start + 9] == ["ls", "who5stem", "who1", "who2", "who3", "who4", "who5", "who5help", "goal"]
    assert form.item("who5help").labels == slot.referral


def test_subscales_become_outcomes_of_their_own(tmp_path: Path) -> None:
    slot = slot_of("caas")
    own = write(tmp_path / "own.csv", made_up(slot))
    form = load_instrument(fill_slot(FORM, slot, items_csv=own, output=tmp_path / "m", scored_as="subscales"))
    found = {s.name: (len(s.items), s.min_items) for s in form.scales if s.name.startswith("caas")}
    assert found == {f"caas_{part}": (3, 2) for part in ("concern", "control", "curiosity", "confidence")}
    with pytest.raises(UsageError, match="no subscales"):
        fill_slot(FORM, slot_of("gse"), items_csv=own, output=tmp_path / "n", scored_as="subscales")


def test_two_slots_can_be_filled_one_after_the_other(tmp_path: Path) -> None:
    where = FORM
    for name in ("gse", "swemwbs"):
        slot = slot_of(name)
        own = write(tmp_path / f"{name}.csv", made_up(slot))
        where = fill_slot(where, slot, items_csv=own, output=tmp_path / f"with_{name}")
    form = load_instrument(where)
    assert [scale.name for scale in form.scales][-2:] == ["gse", "swemwbs"]
    assert form.scale("swemwbs").rescale(20.0) == 18.59
    assert form.version == "2.0+gse+swemwbs"


def test_only_the_languages_of_the_items_file_are_offered(tmp_path: Path) -> None:
    slot = slot_of("gse")
    own = write(tmp_path / "own.csv", made_up(slot, ("it", "ro")))
    form = load_instrument(fill_slot(FORM, slot, items_csv=own, output=tmp_path / "mine"))
    assert form.languages == ("it", "ro")
    assert form.default_language == "it"
    assert set(form.item("wc1").labels) == {"it", "ro"}


def test_every_fault_of_the_items_file_is_told_at_once(tmp_path: Path) -> None:
    slot = slot_of("gse")
    rows = made_up(slot)
    rows[1]["name"] = "gse01"
    rows[2][label_column("label", "sv")] = ""
    rows[3]["part"] = "items"
    rows[4]["name"] = "gse5"
    rows[5]["part"] = "stem"
    rows[-1]["name"] = "s0"
    with pytest.raises(InputError) as caught:
        fill_slot(FORM, slot, items_csv=write(tmp_path / "own.csv", rows), output=tmp_path / "mine")
    told = {(problem.row, problem.column) for problem in caught.value.problems}
    assert {(3, "name"), (4, "label::Svenska (sv)"), (5, "part"), (7, "part"), (None, "name"), (16, "name")} <= told
    assert "Made-up" not in str(caught.value)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("rows", [[{"part": "stem", "name": ""}], [{"part": "item", "name": "gse1", "text": "x"}]])
def test_items_file_without_any_language_is_refused(tmp_path: Path, rows: Rows) -> None:
    with pytest.raises(InputError):
        fill_slot(FORM, slot_of("gse"), items_csv=write(tmp_path / "own.csv", rows), output=tmp_path / "mine")


def test_a_text_that_breaks_the_instrument_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    slot = slot_of("gse")
    rows = made_up(slot)
    for code in LANGUAGES:
        rows[-1][label_column("label", code)] = rows[-2][label_column("label", code)]
    with pytest.raises(InputError, match="also stands for choice"):
        fill_slot(FORM, slot, items_csv=write(tmp_path / "own.csv", rows), output=tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


def test_published_words_never_go_among_the_shipped_surveys(tmp_path: Path) -> None:
    slot = slot_of("gse")
    own = write(tmp_path / "own.csv", made_up(slot))
    (tmp_path / "copy" / "instruments" / "slots").mkdir(parents=True)
    for output in (HOME / "mine", HOME.parent / "mine", tmp_path / "copy" / "instruments" / "mine"):
        with pytest.raises(UsageError, match="among the surveys"):
            fill_slot(FORM, slot, items_csv=own, output=output)
        assert not output.exists()
    with pytest.raises(UsageError, match="the items file lies among the surveys"):
        fill_slot(FORM, slot, items_csv=FORM / "own.csv", output=tmp_path / "mine")
    with pytest.raises(UsageError, match=r"own\.csv exists"):
        fill_slot(FORM, slot, items_csv=own, output=own)


def test_an_instrument_without_the_gap_is_refused(tmp_path: Path) -> None:
    slot = slot_of("gse")
    own = write(tmp_path / "own.csv", made_up(slot))
    with pytest.raises(UsageError, match="educator has no gap for gse"):
        fill_slot(HOME / "educator", slot, items_csv=own, output=tmp_path / "mine")
