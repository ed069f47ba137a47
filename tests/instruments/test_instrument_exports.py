"""Each target read back by a reader of its own: pyxform, frictionless, and small parsers written here."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import frictionless
import pytest
from openpyxl import load_workbook
from pyxform.xls2xform import ConvertResult, convert

from toolkit.core.errors import InputError, UsageError
from toolkit.instruments import LANGUAGES, Instrument
from toolkit.instruments.exports import (
    BuildSheet,
    back_translation_sheet,
    choose_items,
    to_eusurvey,
    to_google_forms,
    to_limesurvey,
    to_table_schema,
    to_xlsform,
)
from toolkit.instruments.exports.form import describe_range, draft_banner, one_line
from toolkit.instruments.exports.pages import Grid, lay_out

Make = Callable[..., Instrument]

SIGNED = "reviewed by Anna Bianchi on 2026-02-01"
FORMS = ["rich_form", "small_form", "participant_form"]
WAVES = ["", "pre", "post"]
XFORMS = "{http://www.w3.org/2002/xforms}"


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Instrument:
    found: Instrument = request.getfixturevalue(request.param)
    return found


def compile_form(content: bytes) -> tuple[ConvertResult, list[str]]:
    warnings: list[str] = []
    return convert(io.BytesIO(content), warnings=warnings, validate=False, file_type=".xlsx"), warnings


# --- what all targets share


def test_a_wave_has_its_own_questions(small_form: Instrument) -> None:
    for wave in ("pre", "post"):
        shown = [item.name for item in choose_items(small_form, wave=wave)]
        assert shown == [item.name for item in small_form.items_in_wave(wave)]
    assert choose_items(small_form) == small_form.items


def test_groups_that_a_wave_does_not_show_lose_their_edges(make: Make) -> None:
    form = make(
        {"type": "begin_group", "name": "outer"},
        {"type": "begin_group", "name": "then", "waves": ("post",)},
        {"type": "text", "name": "was", "waves": ("post",)},
        {"type": "end_group"},
        {"type": "text", "name": "now"},
        {"type": "end_group"},
    )
    kinds = {wave: [item.type for item in choose_items(form, wave=wave)] for wave in WAVES}
    assert kinds["pre"] == ["begin_group", "text", "end_group"]
    assert kinds["post"] == kinds[""] == [item.type for item in form.items]


def test_an_unknown_wave_or_language_is_a_usage_error(small_form: Instrument) -> None:
    for call in (to_xlsform, to_limesurvey, to_table_schema):
        with pytest.raises(UsageError, match="pre, post"):
            call(small_form, wave="later")
    with pytest.raises(UsageError, match="en, it, sv, ro"):
        to_google_forms(small_form, language="de")
    with pytest.raises(UsageError, match="en, it, sv, ro"):
        back_translation_sheet(small_form, "de")


@pytest.mark.parametrize(
    ("status", "drafts"),
    [
        ({}, ("en", "it", "sv", "ro")),
        ({"en": "draft", "it": "draft"}, ("en", "it", "sv", "ro")),
        ({"en": SIGNED}, ("it", "sv", "ro")),
        (dict.fromkeys(LANGUAGES, SIGNED), ()),
    ],
)
def test_a_translation_is_a_draft_until_it_is_said_to_be_more(make: Make, status: Any, drafts: tuple[str, ...]) -> None:
    form = make({"type": "text", "name": "word"}, status=status)
    assert form.draft_languages == drafts
    banner = draft_banner(form)
    assert set(banner) == (set(LANGUAGES) if drafts else set())
    unsigned = draft_banner(make({"type": "text", "name": "word"}))
    assert [code for code in banner if banner[code] == unsigned[code]] == list(drafts)
    assert to_google_forms(form, language="ro").is_draft == to_eusurvey(form, language="ro").is_draft == bool(drafts)
    schema = json.loads(to_table_schema(form))
    assert ("description" in schema) == bool(drafts)
    assert [code for code, told in schema["translationStatus"].items() if told == "draft"] == list(drafts)
    welcomes = {row["language"]: row["text"] for row in read_structure(to_limesurvey(form)) if "welcome" in row["name"]}
    assert welcomes == {code: unsigned[code] for code in drafts}
    xform = compile_form(to_xlsform(form))[0].xform
    assert [code for code in LANGUAGES if unsigned[code] in xform] == list(drafts)


def test_every_language_tells_the_range(small_form: Instrument) -> None:
    hours = small_form.item("h1")
    assert len({describe_range(hours, language=code) for code in LANGUAGES}) == len(LANGUAGES)
    half = replace(hours, range_min=0.5, range_max=None)
    assert describe_range(half, language="sv") == "Ett tal på minst 0,5."
    assert describe_range(replace(half, range_min=None, range_max=7.0), language="en") == "A number of 7 or less."
    assert describe_range(replace(half, range_min=None), language="en") == ""


def test_pages_and_grids(rich_form: Instrument) -> None:
    pages = lay_out(rich_form)
    assert [page.labels["en"] for page in pages] == ["Made en", "page en", "Made en"]
    (grid,) = pages[1].parts
    assert isinstance(grid, Grid)
    assert (grid.name, [item.name for item in grid.items]) == ("stem", ["m1", "m2", "m3"])


@pytest.mark.parametrize("change", ["hints", "required", "relevant", "waves", "scale", "constraint"])
def test_only_what_belongs_together_forms_a_grid(small_form: Instrument, change: str) -> None:
    other: Any = {"hints": {"en": "x"}, "required": True, "waves": ("post",), "scale": ""}.get(
        change, "${prior} = 'yes'"
    )
    items = tuple(replace(item, **{change: other}) if item.name == "m3" else item for item in small_form.items)
    (page,) = lay_out(replace(small_form, items=items))
    (grid,) = (part for part in page.parts if isinstance(part, Grid))
    assert [item.name for item in grid.items] == ["m1", "m2"]
    assert grid.name == "grid1"


# --- XLSForm


@pytest.mark.parametrize("wave", WAVES)
def test_xlsform_compiles_without_a_warning_in_all_languages(form: Instrument, wave: str) -> None:
    result, warnings = compile_form(to_xlsform(form, wave=wave))
    assert warnings == []
    root = ElementTree.fromstring(result.xform)
    translations = {each.get("lang"): each for each in root.iter(f"{XFORMS}translation")}
    assert set(translations) == {LANGUAGES[code] for code in form.languages}
    for code in form.languages:
        texts = {(node.text or "") for node in translations[LANGUAGES[code]].iter(f"{XFORMS}value")}
        for item in choose_items(form, wave=wave):
            for text in filter(None, (item.labels.get(code), item.hints.get(code))):
                assert one_line(text) in {one_line(each) for each in texts}, item.name
            assert {choice.labels[code] for choice in item.choices} <= texts


def test_xlsform_carries_nothing_of_ours_into_the_form(rich_form: Instrument) -> None:
    content = to_xlsform(rich_form)
    book = load_workbook(io.BytesIO(content))
    headers = {cell.value for name in book.sheetnames for cell in book[name][1]}
    assert headers.isdisjoint({"score", "scale", "reverse", "wave", "role", "range_min", "alias", "missing_reason"})
    assert "<score" not in compile_form(content)[0].xform


def test_xlsform_keeps_ranges_conditions_and_pages(rich_form: Instrument) -> None:
    xform = compile_form(to_xlsform(rich_form))[0].xform
    root = ElementTree.fromstring(xform)
    binds = {node.get("nodeset", "").rpartition("/")[2]: node for node in root.iter(f"{XFORMS}bind")}
    assert binds["days"].get("constraint") == ". >= 0 and . <= 7"
    assert binds["pay"].get("constraint") == ". >= 0.5"
    assert binds["work"].get("required") == "true()"
    assert "= 'yes'" in binds["page"].get("relevant", "")
    assert 'appearance="field-list"' in xform


def test_xlsform_holds_no_formula(rich_form: Instrument) -> None:
    book = load_workbook(io.BytesIO(to_xlsform(rich_form)))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert any(str(cell.value).startswith("=1+1") for cell in cells)


def test_xlsform_bytes_depend_on_the_form_alone(form: Instrument) -> None:
    first = to_xlsform(form)
    assert to_xlsform(form) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2000-01-01T00:00:00Z") == 2


def test_a_condition_of_its_own_joins_the_range(make: Make) -> None:
    form = make({"type": "integer", "name": "n", "range_min": 1.0, "range_max": None, "constraint": ". != 13 or . = 2"})
    result, warnings = compile_form(to_xlsform(form))
    assert warnings == []
    assert 'constraint=". &gt;= 1 and (. != 13 or . = 2)"' in result.xform
    assert "constraintMsg" not in result.xform


# --- LimeSurvey


def read_structure(text: str) -> list[dict[str, str]]:
    """Read the tab-separated structure as LimeSurvey does: a header, then a row per line, entities as HTML."""
    assert text.startswith("\ufeff")
    lines = text.removeprefix("\ufeff").removesuffix("\n").split("\n")
    header = lines[0].split("\t")
    rows = [line.split("\t") for line in lines[1:]]
    assert {len(row) for row in rows} == {len(header)}
    return [dict(zip(header, row, strict=True)) for row in rows]


def shown(cell: str) -> str:
    return html.unescape(cell.replace("<br />", " "))


def gather(rows: list[dict[str, str]], language: str) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return item -> (text, [(code, label)]) from the rows of one language; rows of an array share its answers."""
    questions: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    kind, members, answers = "", [], []  # type: ignore[var-annotated]
    for row in (row for row in rows if row["language"] == language):
        if row["class"] == "Q":
            kind, answers = row["type/scale"], []
            members = [row["name"]] if kind != "F" else []
            if kind != "F":
                questions[row["name"]] = (shown(row["text"]), answers)
        elif row["class"] == "SQ" and kind == "F":
            questions[row["name"]] = (shown(row["text"]), answers)
            members.append(row["name"])
        elif row["class"] in ("A", "SQ"):
            answers.append((row["name"], shown(row["text"])))
    return questions


@pytest.mark.parametrize("wave", WAVES)
def test_limesurvey_holds_the_same_items_choices_and_languages(form: Instrument, wave: str) -> None:
    rows = read_structure(to_limesurvey(form, wave=wave))
    settings = {row["name"]: row["text"] for row in rows if row["class"] == "S"}
    assert [settings["language"], *settings["additional_languages"].split()] == list(form.languages)
    assert {row["language"] for row in rows if row["class"] != "S"} == set(form.languages)
    for code in form.languages:
        found = gather(rows, code)
        heading = {row["name"] for row in rows if row["class"] == "Q" and row["type/scale"] == "X"}
        asked = [item for item in choose_items(form, wave=wave) if item.holds_answer]
        assert [name for name in found if name not in heading] == [item.name for item in asked]
        for item in asked:
            text, answers = found[item.name]
            assert one_line(text) == one_line(item.labels[code])
            assert answers == [(choice.name, choice.labels[code]) for choice in item.choices]


def test_limesurvey_languages_have_the_same_rows_in_the_same_order(form: Instrument) -> None:
    rows = [row for row in read_structure(to_limesurvey(form)) if row["class"] in ("G", "Q", "SQ", "A")]
    shapes = {
        code: [
            (row["id"], row["class"], row["type/scale"], row["name"] if row["class"] != "G" else "", row["relevance"])
            for row in rows
            if row["language"] == code
        ]
        for code in form.languages
    }
    assert all(shape == shapes["en"] for shape in shapes.values())
    # The whole base language comes first.
    assert [row["language"] for row in rows] == sorted((row["language"] for row in rows), key=form.languages.index)


def test_limesurvey_types_conditions_and_limits(rich_form: Instrument) -> None:
    rows = read_structure(to_limesurvey(rich_form))
    questions = {row["name"]: row for row in rows if row["class"] == "Q" and row["language"] == "en"}
    kinds = {name: row["type/scale"] for name, row in questions.items()}
    assert kinds == {
        "work": "L",
        "stem": "F",
        "where": "M",
        "why": "T",
        "days": "N",
        "pay": "N",
        "start": "D",
        "word": "S",
    }
    pages = [row for row in rows if row["class"] == "G" and row["language"] == "sv"]
    assert [row["relevance"] for row in pages] == ["1", 'work.NAOK == "yes"', "1"]
    assert questions["why"]["relevance"] == 'where_farm.NAOK == "Y" and stem_m1.NAOK != "a1"'
    assert (questions["days"]["min_num_value_n"], questions["days"]["max_num_value_n"]) == ("0", "7")
    assert (questions["days"]["num_value_int_only"], questions["pay"]["num_value_int_only"]) == ("1", "")
    assert (questions["work"]["mandatory"], questions["where"]["mandatory"]) == ("Y", "N")
    assert {row["name"]: row["text"] for row in rows if row["class"] == "S"}["anonymized"] == "Y"


def test_limesurvey_runs_and_works_out_nothing(rich_form: Instrument) -> None:
    text = to_limesurvey(rich_form)
    assert "<script" not in text
    assert "{" not in text
    assert '"' not in re.sub(r'\w+\.NAOK (==|!=) "\w+"', "", text)
    assert not re.search(r"(^|\t)[=+@-]", text, flags=re.M)


@pytest.mark.parametrize(
    ("row", "shown_in"),
    [
        ({"type": "text", "name": "then_wc1"}, "then_wc1"),
        ({"type": "text", "name": "a" * 21}, "a" * 21),
        ({"type": "text", "name": "n", "relevant": "string-length(.) > 3"}, "string-length"),
    ],
)
def test_limesurvey_says_what_it_cannot_take(make: Make, row: dict[str, Any], shown_in: str) -> None:
    with pytest.raises(InputError, match=shown_in) as caught:
        to_limesurvey(make(row))
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].mend


def test_limesurvey_refuses_long_codes_all_at_once(rich_form: Instrument) -> None:
    places = tuple(replace(choice, name=f"{choice.name}stead") for choice in rich_form.item("where").choices)
    items = tuple(replace(item, choices=places) if item.name == "where" else item for item in rich_form.items)
    with pytest.raises(InputError) as caught:
        to_limesurvey(replace(rich_form, items=items))
    assert len([problem for problem in caught.value.problems if "places" in problem.what]) == len(places)


# --- build sheets


@pytest.mark.parametrize("make_sheet", [to_google_forms, to_eusurvey])
def test_a_build_sheet_has_every_text_and_column(form: Instrument, make_sheet: Callable[..., BuildSheet]) -> None:
    for wave in WAVES:
        for code in form.languages:
            sheet = make_sheet(form, language=code, wave=wave)
            asked = [item for item in choose_items(form, wave=wave) if item.holds_answer]
            assert [name for name, _ in sheet.columns] == [item.name for item in asked]
            steps = [step for section in sheet.sections for step in section.steps]
            pasted = {text for step in steps for text in (step.title, step.help_text, *step.rows, *step.options)}
            for item in asked:
                assert one_line(item.labels[code]) in pasted
                assert {choice.labels[code] for choice in item.choices} <= pasted
            assert all("\n" not in text and "\t" not in text for text in pasted)


def test_columns_of_grids_are_titled_as_each_tool_does(rich_form: Instrument) -> None:
    google = dict(to_google_forms(rich_form, language="it").columns)
    assert (google["m1"], google["days"]) == ("stem it [m1 it]", "days it")
    assert dict(to_eusurvey(rich_form, language="it").columns)["m1"] == "stem it: m1 it"


def test_build_sheets_say_what_to_turn_off(rich_form: Instrument) -> None:
    google, eu = to_google_forms(rich_form, language="en"), to_eusurvey(rich_form, language="en")
    assert any("email addresses" in line and "Do not collect" in line for line in google.before)
    assert any("Anonymous" in line for line in eu.before)
    page = google.sections[1]
    assert page.notes == ("Show this section only where ${work} = 'yes' holds.",)
    kinds = {step.name: step.kind for section in google.sections for step in section.steps}
    assert (kinds["where"], kinds["stem"], kinds["why"]) == ("Checkboxes", "Multiple choice grid", "Paragraph")


# --- Frictionless


def table_report(schema: str, rows: list[dict[str, str]], tmp_path: Path) -> list[tuple[str, int, str]]:
    descriptor = json.loads(schema)
    names = [field["name"] for field in descriptor["fields"]]
    with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=names)
        writer.writeheader()
        writer.writerows(rows)
    resource = frictionless.Resource(
        path="table.csv", basepath=str(tmp_path), schema=frictionless.Schema.from_descriptor(descriptor)
    )
    report = resource.validate()
    return [tuple(row) for row in report.flatten(["type", "rowNumber", "fieldName"])]


GOOD = {
    "work": "yes",
    "m1": "a3",
    "m2": "pns",
    "m3": "",
    "where": "bar shop",
    "why": "x",
    "days": "7",
    "pay": "9.5",
    "start": "2026-03-01",
    "word": "w",
}


def test_frictionless_accepts_every_schema(form: Instrument) -> None:
    for wave in WAVES:
        descriptor = json.loads(to_table_schema(form, wave=wave))
        schema = frictionless.Schema.from_descriptor(descriptor)
        assert schema.field_names == [item.name for item in choose_items(form, wave=wave) if item.holds_answer]


def test_frictionless_passes_good_rows(rich_form: Instrument, tmp_path: Path) -> None:
    assert table_report(to_table_schema(rich_form), [GOOD, {**GOOD, "where": ""}], tmp_path) == []


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("days", "8", "constraint-error"),
        ("days", "-1", "constraint-error"),
        ("days", "1.5", "type-error"),
        ("pay", "0.4", "constraint-error"),
        ("m1", "a4", "constraint-error"),
        ("work", "maybe", "constraint-error"),
        ("work", "", "constraint-error"),
        ("where", "bar, shop", "constraint-error"),
        ("where", "bar  shop", "constraint-error"),
        ("start", "01/03/2026", "type-error"),
    ],
)
def test_frictionless_finds_what_is_out_of_scale(
    rich_form: Instrument, tmp_path: Path, column: str, cell: str, fault: str
) -> None:
    assert table_report(to_table_schema(rich_form), [GOOD, {**GOOD, column: cell}], tmp_path) == [(fault, 3, column)]


def test_frictionless_finds_a_repeated_key_within_a_wave(small_form: Instrument, tmp_path: Path) -> None:
    row = {"consent": "yes", "code": "A1", "country": "it"}
    schema = to_table_schema(small_form, wave="pre")
    assert [fault for fault, _, _ in table_report(schema, [row, row], tmp_path)] == ["primary-key"]
    assert table_report(to_table_schema(small_form), [row, row], tmp_path) == []


def test_categories_say_what_codes_mean(rich_form: Instrument) -> None:
    fields = {field["name"]: field for field in json.loads(to_table_schema(rich_form))["fields"]}
    assert fields["m1"]["categories"][0] == {"value": "a1", "label": "Answer a1 en"}
    assert (fields["m1"]["categoriesOrdered"], fields["work"]["categoriesOrdered"]) == (True, False)
    assert fields["m1"]["constraints"]["enum"] == ["a1", "a2", "a3"]
    assert json.loads(to_table_schema(rich_form))["missingValues"] == ["", "pns"]
    assert "required" not in fields["m1"].get("constraints", {})


# --- back-translation


def test_back_translation_is_blind_and_complete(form: Instrument) -> None:
    for code in form.languages:
        rows = list(csv.reader(io.StringIO(back_translation_sheet(form, code).removeprefix("\ufeff"), newline="")))
        texts = {row[2].removeprefix("'") for row in rows[1:]}
        for item in form.items:
            assert {item.labels.get(code, ""), item.hints.get(code, "")} - {""} <= texts
            assert {choice.labels[code] for choice in item.choices} <= texts
        assert all(len(row) == 5 and row[3:] == ["", ""] for row in rows[1:])
        assert not any(row[2].startswith(("=", "+", "-", "@")) for row in rows)


def test_back_translation_does_not_show_the_original(participant_form: Instrument) -> None:
    sheet = back_translation_sheet(participant_form, "sv")
    assert participant_form.item("wc1").labels["en"] not in sheet
    assert participant_form.item("wc1").labels["sv"] in sheet


@pytest.mark.parametrize("export", [to_limesurvey, to_table_schema])
def test_equal_forms_give_equal_text(form: Instrument, export: Callable[..., str]) -> None:
    assert export(form) == export(form)
