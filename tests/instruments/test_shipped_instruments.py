"""Every instrument that ships: complete in four languages, deployable anywhere, and of one piece with the others."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from toolkit.instruments import LANGUAGES, Instrument, fold_label, load_instrument

HOME = Path(__file__).parents[2] / "surveys" / "instruments"
NAMES = (
    "comparison",
    "education_survey",
    "educator",
    "enterprise_survey",
    "host_costs",
    "host_feedback",
    "participant",
)
# LimeSurvey takes item codes of 15 characters and answer codes of 5; a choice code starts with a letter.
ITEM_CODE = re.compile(r"[a-z][a-z0-9]{0,14}")
CHOICE_CODE = re.compile(r"[a-z][a-z0-9]{0,4}")
PLACEMENT = (
    "host format goal then thenstem th1 th2 th3 th4 th5 th6 th7 quality qualstem pq1 pq2 pq3 pq4 pq5 pq6 pq7 pq8 dose "
    "weeks hrsweek modules modother mode abroad verdict re1 re2 ne1 ne2 best hard changed ambass amb1 amb2 amb3 "
    "lasting offer due duesure helped helptx us1 us2 us3"
).split()
COSTS = (
    "rechr recrt admhr admrt indhr indrt suphr suprt revhr revrt allow trav insur check equip mater space error subs "
    "grant hours shsim shskl wsim wskl relpr hired pext rcost slow"
).split()


@pytest.fixture(scope="module")
def forms() -> dict[str, Instrument]:
    return {name: load_instrument(HOME / name) for name in NAMES}


def test_nothing_else_ships() -> None:
    assert sorted(path.name for path in HOME.iterdir() if path.is_dir()) == sorted((*NAMES, "slots"))


@pytest.mark.parametrize("name", NAMES)
def test_complete_in_four_languages_and_marked_as_drafts(forms: dict[str, Instrument], name: str) -> None:
    form = forms[name]
    assert form.name == name
    assert form.languages == form.draft_languages == tuple(LANGUAGES)
    for item in form.items:
        if item.type != "end_group":
            assert set(item.labels) == set(LANGUAGES), item.name
            assert len(set(item.labels.values())) == len(LANGUAGES), item.name
        assert set(item.hints) in (set(), set(LANGUAGES))
        for choice in item.choices:
            assert set(choice.labels) == set(LANGUAGES)


@pytest.mark.parametrize("path", sorted(HOME.rglob("*.csv")), ids=lambda path: path.relative_to(HOME).as_posix())
def test_letters_and_spaces(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not set(text) & set("ţşŢŞ\u00a0\u200b")
    assert "  " not in text
    assert "\r" not in text
    for row in csv.reader(text.splitlines(keepends=True)):
        assert all(cell == cell.strip() for cell in row)


@pytest.mark.parametrize("name", NAMES)
def test_codes_fit_other_platforms(forms: dict[str, Instrument], name: str) -> None:
    for item in forms[name].items:
        assert ITEM_CODE.fullmatch(item.name) or item.type == "end_group", item.name
        for choice in item.choices:
            assert CHOICE_CODE.fullmatch(choice.name), choice.name


@pytest.mark.parametrize("name", NAMES)
def test_no_question_has_the_words_of_another(forms: dict[str, Instrument], name: str) -> None:
    """A platform whose headings are the questions could not tell them apart."""
    for language in LANGUAGES:
        for wave in forms[name].waves:
            asked = [fold_label(item.labels[language]) for item in forms[name].items_in_wave(wave)]
            assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", NAMES)
def test_labels_of_a_list_differ_and_several_answers_can_be_joined(forms: dict[str, Instrument], name: str) -> None:
    for item in forms[name].items:
        for language in LANGUAGES:
            labels = [fold_label(choice.labels[language]) for choice in item.choices]
            assert len(set(labels)) == len(labels)
            if item.type == "select_multiple":
                assert not [label for label in labels if set(label) & set(",;|")], item.name


def test_lists_of_one_name_are_one_list(forms: dict[str, Instrument]) -> None:
    lists: dict[str, object] = {}
    for form in forms.values():
        for item in form.items:
            if item.choices:
                assert lists.setdefault(item.list_name, item.choices) == item.choices, item.list_name


@pytest.mark.parametrize("name", NAMES)
def test_conditions_name_questions_that_come_before_in_the_same_waves(forms: dict[str, Instrument], name: str) -> None:
    form = forms[name]
    for position, item in enumerate(form.items):
        earlier = {each.name: each for each in form.items[:position]}
        for condition in (item.relevant, item.constraint):
            for other in re.findall(r"\$\{(\w+)\}", condition):
                assert set(item.waves) <= set(earlier[other].waves)
            for other, code in re.findall(r"\$\{(\w+)\}(?: !?= |, )'(\w+)'", condition):
                assert code in [choice.name for choice in earlier[other].choices]


@pytest.mark.parametrize("name", NAMES)
def test_groups_hold_only_what_their_waves_ask(forms: dict[str, Instrument], name: str) -> None:
    group: tuple[str, ...] = ()
    for item in forms[name].items:
        if item.type == "begin_group":
            group = item.waves
        elif item.type == "end_group":
            assert item.waves == group
            group = ()
        elif group:
            assert set(item.waves) <= set(group), item.name


@pytest.mark.parametrize("name", NAMES)
def test_everyone_is_asked_to_agree_and_scales_are_our_own_words(forms: dict[str, Instrument], name: str) -> None:
    (consent,) = forms[name].items_with_role("consent")
    assert consent.waves == forms[name].waves
    assert {scale.licence for scale in forms[name].scales} <= {"CC BY 4.0"}
    assert all("own wording" in scale.source for scale in forms[name].scales)


def test_comparison_is_the_participants_form_without_the_placement(forms: dict[str, Instrument]) -> None:
    whole, part = forms["participant"], forms["comparison"]
    assert [item.name for item in part.items if item.name] == [
        item.name for item in whole.items if item.name and item.name not in PLACEMENT
    ]
    assert set(PLACEMENT) <= {item.name for item in whole.items}
    assert part.waves == whole.waves
    assert part.gaps == whole.gaps
    assert part.scales == tuple(s for s in whole.scales if not set(s.items) & set(PLACEMENT))
    reworded = [item.name for item in part.items if item.name and item != whole.item(item.name)]
    assert reworded == ["consent", "prior", "months"]


def test_host_rates_the_same_seven_competences_at_start_and_end(forms: dict[str, Instrument]) -> None:
    host = forms["host_feedback"]
    rated = [host.item(name) for name in host.scale("host_competences").items]
    own = [forms["participant"].item(name) for name in forms["participant"].scale("work_competences").items]
    assert [item.reverse for item in rated] == [item.reverse for item in own]
    assert {item.waves for item in rated} == {("start", "end")}
    for name in ("prod", "tskill", "tsimple", "tlearn"):
        assert host.item(name).waves == ("start", "end")
        assert host.item(name).score_range == (0.0, 100.0)
    assert [item.name for item in host.items_with_role("key")] == ["code"]
    assert "code" not in [item.name for item in host.items_in_wave("round")]


def test_every_cost_has_a_lowest_likely_and_highest_figure_and_a_source(forms: dict[str, Instrument]) -> None:
    costs = forms["host_costs"]
    for name in COSTS:
        low, likely, high, source = (costs.item(name + end) for end in "lmhs")
        assert {low.type, likely.type, high.type} == {"decimal"}
        assert f"${{{low.name}}}" in likely.constraint
        assert f"${{{likely.name}}}" in high.constraint
        assert [choice.name for choice in source.choices] == ["pay", "est", "guess"]
    asked = {item.name for item in costs.items_in_wave("round")}
    others = {"consent", "host", "country", "currency", "priceyear", "nplace", "costopen"}
    roles = {f"{activity}who" for activity in ("rec", "adm", "ind", "sup", "rev")}
    assert asked == others | roles | {name + end for name in COSTS for end in "lmhs"}
