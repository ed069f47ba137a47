"""Every shipped form in every format: its gaps, its banner, and what a filled gap becomes."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import frictionless
import pytest
from pyxform.xls2xform import convert

from toolkit.core.shipped import shipped_path
from toolkit.instruments import LANGUAGES, Gap, Instrument, fill_slot, label_column, load_instrument, load_slots
from toolkit.instruments.exports import (
    back_translation_sheet,
    to_eusurvey,
    to_google_forms,
    to_limesurvey,
    to_table_schema,
    to_xlsform,
)
from toolkit.instruments.exports.gap_notes import put_gap_notes
from toolkit.instruments.exports.pages import Grid, lay_out
from toolkit.report.codebook import render_codebook

HOME = shipped_path("surveys", "instruments")
FORMS = sorted(path.parent.name for path in HOME.glob("*/survey.csv"))
SLOTS = {slot.name: slot for slot in load_slots(HOME / "slots")}


def form_of(name: str) -> Instrument:
    return load_instrument(HOME / name)


def compiled(form: Instrument, *, wave: str = "") -> str:
    warnings: list[str] = []
    content = io.BytesIO(to_xlsform(form, wave=wave))
    xform = convert(content, warnings=warnings, validate=False, file_type=".xlsx").xform
    assert warnings == []
    return html.unescape(xform)


def sheet_text(form: Instrument, *, language: str, make: Callable[..., object]) -> str:
    return str(make(form, language=language))


def texts_of(form: Instrument, language: str) -> dict[str, str]:
    """Return format -> all that it holds, in one language where the format has one per file."""
    return {
        "xlsform": compiled(form),
        "limesurvey": html.unescape(to_limesurvey(form)),
        "google": sheet_text(form, language=language, make=to_google_forms),
        "eusurvey": sheet_text(form, language=language, make=to_eusurvey),
        "frictionless": to_table_schema(form),
        "codebook": html.unescape(render_codebook(form)),
    }


def fill(slot_name: str, tmp_path: Path) -> Instrument:
    slot = SLOTS[slot_name]
    names = [("item", item.name) for item in slot.items] + [("answer", f"s{points}") for points in slot.answers]
    with (tmp_path / "own.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["part", "name", *(label_column("label", code) for code in LANGUAGES)])
        writer.writerows([part, name, *(f"Made up {name} {code}" for code in LANGUAGES)] for part, name in names)
    return load_instrument(
        fill_slot(HOME / "participant", slot, items_csv=tmp_path / "own.csv", output=tmp_path / "mine")
    )


@pytest.mark.parametrize("name", FORMS)
def test_every_form_compiles_in_every_wave_without_a_warning(name: str) -> None:
    form = form_of(name)
    for wave in ("", *form.waves):
        assert f'id="{form.name}{f"_{wave}" if wave else ""}"' in compiled(form, wave=wave)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_has_a_limesurvey_structure_a_schema_and_build_sheets(name: str) -> None:
    form = form_of(name)
    for wave in ("", *form.waves):
        rows = [line.split("\t") for line in to_limesurvey(form, wave=wave).splitlines()]
        assert {len(row) for row in rows} == {len(rows[0])}
        asked = {item.name for item in (form.items_in_wave(wave) if wave else form.items) if item.holds_answer}
        name_at, class_at = rows[0].index("name"), rows[0].index("class")
        assert asked <= {row[name_at] for row in rows if row[class_at] in ("Q", "SQ")}
        schema = frictionless.Schema.from_descriptor(json.loads(to_table_schema(form, wave=wave)))
        assert set(schema.field_names) == asked
        for make in (to_google_forms, to_eusurvey):
            for language in LANGUAGES:
                assert {column for column, _ in make(form, language=language, wave=wave).columns} == asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_format_names_each_gap_and_says_where_its_text_is_had(language: str) -> None:
    form = form_of("participant")
    assert {gap.slot for gap in form.gaps} == set(SLOTS)
    for target, text in texts_of(form, language).items():
        for slot in SLOTS.values():
            assert slot.title in text, (target, slot.name)
            assert slot.official_texts[language].where in text, (target, slot.name)


def test_a_gap_is_shown_in_its_waves_and_only_where_it_is_open(tmp_path: Path) -> None:
    form = form_of("participant")
    late = replace(form, gaps=(Gap(slot="gse", after="si4", waves=("post",)),))
    assert SLOTS["gse"].title in compiled(late, wave="post")
    assert SLOTS["gse"].title not in compiled(late, wave="pre")
    assert "gaps" not in json.loads(to_table_schema(late, wave="pre"))
    for text in texts_of(replace(form, gaps=()), "en").values():
        assert not any(slot.title in text for slot in SLOTS.values())
    filled = fill("gse", tmp_path)
    assert "gse" not in {row.name.removeprefix("gap") for row in put_gap_notes(filled)}
    for text in texts_of(filled, "en").values():
        assert "gse10" in text
        assert SLOTS["swemwbs"].title in text


def test_a_gap_note_heads_no_grid_and_takes_no_name() -> None:
    form = form_of("participant")
    first = form.scale("work_competences").items[0]
    before = form.items[[item.name for item in form.items].index(first) - 1].name
    gapped = replace(form, gaps=(Gap(slot="gse", after=before, waves=form.waves),))
    grids = [part for page in lay_out(gapped) for part in page.parts if isinstance(part, Grid)]
    assert not any(grid.name.startswith("gap") for grid in grids)
    taken = replace(form.items[0], name="gapgse")
    rows = put_gap_notes(replace(gapped, items=(taken, *form.items)))
    names = [row.name for row in rows if row.name]
    assert len(set(names)) == len(names)


def test_a_gap_for_a_scale_of_ones_own_is_named_in_every_format() -> None:
    form = replace(form_of("participant"), gaps=(Gap(slot="mine", after="si4", waves=("pre",)),))
    for target, text in texts_of(form, "sv").items():
        assert re.search(r"\bmine\b", text), target


@pytest.mark.parametrize("name", ["who5", "swemwbs"])
def test_a_filled_scale_of_wellbeing_shows_where_help_is_had(name: str, tmp_path: Path) -> None:
    form = fill(name, tmp_path)
    for language in LANGUAGES:
        told = SLOTS[name].referral[language]
        assert form.item(f"{name}help").labels[language] == told
        for target, text in texts_of(form, language).items():
            if target != "frictionless":
                # A build sheet is shown here as Python writes texts.
                assert told.replace("'", "") in text.replace("'", "").replace("\\", ""), target


@pytest.mark.parametrize("name", FORMS)
def test_the_back_translation_sheet_of_every_form_is_complete_and_blind(name: str) -> None:
    form = form_of(name)
    long = {item.labels["en"] for item in form.items if len(item.labels.get("en", "")) > 25}
    for language in ("it", "sv", "ro"):
        rows = list(csv.reader(io.StringIO(back_translation_sheet(form, language).removeprefix("\ufeff"))))
        texts = {row[2] for row in rows[1:]}
        assert all(item.labels[language] in texts for item in form.items if item.labels)
        assert texts.isdisjoint(long)
