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
}


@pytest.fixture(scope="module")
def participant() -> Instrument:
    return load_instrument(FOLDER)


def test_four_languages_are_complete(participant: Instrument) -> None:
    assert participant.languages == tuple(LANGUAGES) == ("en", "it", "sv", "ro")
    texts = [participant.titles, *(scale.labels for scale in participant.scales)]
    for item in participant.items:
        texts += [item.labels, *(choice.labels for choice in item.choices)]
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
        assert len(set(item.labels.values())) == len(LANGUAGES)


def test_scales(participant: Instrument) -> None:
    found = {
        scale.name: (len(scale.items), scale.min_items, participant.scale_range(scale.name))
        for scale in participant.scales
    }
    assert found == SCALES
    assert {(scale.scoring, scale.better) for scale in participant.scales} == {("mean", "higher")}
    assert [item.name for item in participant.items if item.reverse] == ["wc4", "si3"]


def test_scaled_items_are_asked_alike_in_both_waves(participant: Instrument) -> None:
    assert participant.waves == ("pre", "post")
    for scale in participant.scales:
        assert all(participant.item(name).waves == ("pre", "post") for name in scale.items)


def test_roles(participant: Instrument) -> None:
    def names(role: str) -> list[str]:
        return [item.name for item in participant.items if item.role == role]

    assert names("key") == ["code"]
    assert names("group") == ["country", "host"]
    assert names("consent") == ["consent"]
    assert names("context") == ["ageband", "gender", "route", "prior", "neet"]
    assert names("open") == ["goal", "best"]
    assert names("outcome") == [name for scale in participant.scales for name in scale.items]


def test_codes_fit_other_platforms(participant: Instrument) -> None:
    for item in participant.items:
        assert ITEM_CODE.fullmatch(item.name)
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
    assert declined == {"pns"}
    assert {c.missing_reason for c in participant.item("wc1").choices if c.is_missing} == {"declined"}
