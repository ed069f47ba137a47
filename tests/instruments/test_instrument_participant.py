from __future__ import annotations

import re
from pathlib import Path

import pytest

from toolkit.instruments import LANGUAGES, Instrument, choice_lookup, fold_label, load_instrument

FOLDER = Path(__file__).parents[2] / "surveys" / "instruments" / "participant"
# LimeSurvey takes item codes of 15 characters and answer codes of 5; Stata takes names of 32.
ITEM_CODE = re.compile(r"[a-z][a-z0-9]{0,14}")
CHOICE_CODE = re.compile(r"[a-z][a-z0-9]{0,4}")
SCALES = {
    "work_competences": (7, 5, (1.0, 5.0)),
    "sector_knowledge": (4, 3, (1.0, 5.0)),
    "sector_intention": (4, 3, (1.0, 5.0)),
    "life_satisfaction": (1, 1, (0.0, 10.0)),
    "employability": (4, 3, (1.0, 5.0)),
    "eu_values": (3, 2, (1.0, 5.0)),
    "mobility": (3, 2, (1.0, 5.0)),
    "work_competences_then": (7, 5, (1.0, 5.0)),
    "placement_quality": (8, 6, (1.0, 5.0)),
    "lasting_use": (3, 2, (1.0, 5.0)),
}
ALL_WAVES = ("pre", "post", "followup")
WAVES = dict.fromkeys(SCALES, ALL_WAVES) | {
    "work_competences_then": ("post",),
    "placement_quality": ("post",),
    "lasting_use": ("followup",),
}
FIRST_EDITION = (
    "consent code country host ageband gender route prior neet stem wc1 wc2 wc3 wc4 wc5 wc6 wc7 sk1 sk2 sk3 sk4 "
    "si1 si2 si3 si4 ls goal best"
)


@pytest.fixture(scope="module")
def participant() -> Instrument:
    return load_instrument(FOLDER)


def test_four_languages_are_complete(participant: Instrument) -> None:
    assert participant.languages == tuple(LANGUAGES) == ("en", "it", "sv", "ro")
    texts = [participant.titles, *(scale.labels for scale in participant.scales)]
    for item in participant.items:
        texts += [*([item.labels] if item.type != "end_group" else []), *(choice.labels for choice in item.choices)]
        assert set(item.hints) in (set(), set(LANGUAGES))
    for labels in texts:
        assert set(labels) == set(LANGUAGES)
        assert all(label.strip(" -") for label in labels.values())


def test_romanian_has_letters_with_comma_below() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.csv"))
    assert not set(text) & set("ţşŢŞ")
    assert "ț" in text
    assert "ș" in text


def test_no_translation_was_left_in_english(participant: Instrument) -> None:
    for item in participant.items:
        assert len(set(item.labels.values())) == len(LANGUAGES) or item.type == "end_group"


def test_scales(participant: Instrument) -> None:
    found = {
        scale.name: (len(scale.items), scale.min_items, participant.scale_range(scale.name))
        for scale in participant.scales
    }
    assert found == SCALES
    assert {(scale.scoring, scale.better) for scale in participant.scales} == {("mean", "higher")}
    assert [item.name for item in participant.items if item.reverse] == ["wc4", "si3", "em4", "th4", "pq4", "us3"]


def test_scaled_items_are_asked_alike_in_their_waves(participant: Instrument) -> None:
    assert participant.waves == ALL_WAVES
    for scale in participant.scales:
        assert {participant.item(name).waves for name in scale.items} == {WAVES[scale.name]}


def test_core_scales_stand_in_one_order_in_every_wave(participant: Instrument) -> None:
    core = [name for scale in participant.scales if WAVES[scale.name] == ALL_WAVES for name in scale.items]
    for wave in ALL_WAVES:
        asked = [item.name for item in participant.items_in_wave(wave) if item.scale]
        assert [name for name in asked if name in core] == [i.name for i in participant.items if i.name in core]
        assert asked[: len(core)] == [name for name in asked if name in core]


def test_first_edition_stands_in_its_old_order(participant: Instrument) -> None:
    names = FIRST_EDITION.split()
    assert [item.name for item in participant.items if item.name in names] == names


def test_then_test_has_a_page_of_its_own_and_the_items_of_the_competences(participant: Instrument) -> None:
    names = [item.name for item in participant.items]
    start = names.index("then")
    page = participant.items[start : start + 10]
    assert [item.type for item in page] == ["begin_group", "note", *["select_one"] * 7, "end_group"]
    assert {item.waves for item in page} == {("post",)}
    then, now = (participant.scale(name) for name in ("work_competences_then", "work_competences"))
    assert [participant.item(n).reverse for n in then.items] == [participant.item(n).reverse for n in now.items]
    assert then.items == tuple(item.name for item in page[2:-1])
    for item in page[2:-1]:
        assert item.labels["en"].startswith("Thinking back to the start: ")


def test_roles(participant: Instrument) -> None:
    def names(role: str) -> list[str]:
        return [item.name for item in participant.items if item.role == role]

    assert names("key") == ["code"]
    assert names("group") == ["country", "host"]
    assert names("consent") == ["consent"]
    assert names("context")[:9] == ["lang", "ageband", "gender", "route", "format", "prior", "neet", "story", "storyfx"]
    assert names("open") == ["goal", "modother", "best", "hard", "changed", "helptx"]
    assert sorted(names("outcome")) == sorted(name for scale in participant.scales for name in scale.items)


def test_codes_fit_other_platforms(participant: Instrument) -> None:
    for item in participant.items:
        assert ITEM_CODE.fullmatch(item.name) or item.type == "end_group"
        assert all(CHOICE_CODE.fullmatch(choice.name) for choice in item.choices)


@pytest.mark.parametrize(
    ("item", "cell", "choice"),
    [
        ("country", "GB", "uk"),
        ("country", "Storbritannien", "uk"),
        ("country", "Rumänien", "ro"),
        ("wc1", "5 - Strongly agree\u00a0", "a5"),
        ("wc1", "Del tutto d’accordo", "a5"),
        ("wc1", "Håller inte alls med", "a1"),
        ("consent", "SÌ", "yes"),
        ("ageband", "16–17", "a16"),
        ("route", "Învăţământ superior", "he"),
    ],
)
def test_known_spellings_find_their_choice(participant: Instrument, item: str, cell: str, choice: str) -> None:
    assert choice_lookup(participant.item(item))[fold_label(cell)].name == choice


def test_declining_is_a_missing_answer(participant: Instrument) -> None:
    declined = {c.name for i in participant.items for c in i.choices if c.is_missing}
    assert declined == {"pns", "dk"}
    assert {c.missing_reason for c in participant.item("wc1").choices if c.is_missing} == {"declined"}
