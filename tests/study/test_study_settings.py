"""The model of study.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import InputError, StorageError
from toolkit.study import StudySettings, read_settings

BASE = """\
title: Tiny
instruments: {participant: forms/participant}
exports:
  - {instrument: participant, wave: pre, path: pre.csv}
  - {instrument: participant, wave: post, path: post.csv}
link: {key: [code]}
outcomes: {primary: [sector_knowledge]}
"""


def read(folder: Path, text: str) -> StudySettings:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def problems(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [(problem.row, problem.column, problem.what) for problem in caught.value.problems]


def test_defaults_are_the_careful_ones(tmp_path: Path) -> None:
    settings = read(tmp_path, BASE)
    assert settings.link.repeated == "refuse"
    assert settings.link.tolerance == 0
    assert settings.disclosure.audience == "public"
    assert settings.exports[0].missing == []
    assert settings.languages == ["en"]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + BASE).title == "Tiny"


def test_words_that_yaml_takes_for_truth_stay_words(tmp_path: Path) -> None:
    settings = read(
        tmp_path, BASE.replace("wave: pre,", "wave: pre, country: No, missing: [NA, 007, No],") + "seed: 007\n"
    )
    assert settings.exports[0].country == "No"
    assert settings.exports[0].missing == ["NA", "007", "No"]
    assert settings.seed == 7


def test_lines_of_entries(tmp_path: Path) -> None:
    settings = read(tmp_path, BASE)
    assert settings.line("exports", 1, "wave") == 5
    assert settings.line("link", "key", 0) == 6
    assert settings.line("exports", 1, "country") == 5  # the entry around it, as it is not written
    assert settings.line("seed") == 1


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "what"),
    [
        ("wave: pre,", "", 4, "exports", "a file of one wave needs wave: NAME"),
        ("wave: pre,", "wave: pre, layout: long,", 4, "exports", "a long file needs wave_column"),
        ("wave: pre,", "wave: pre, layout: wide,", 4, "exports", "a wide file needs waves"),
        ("wave: pre,", "layout: wide, waves: {pre: item_1},", 4, "exports", "must hold {item}"),
        ("wave: pre,", "wave: pre, layout: tall,", 4, "exports.layout", "not one of those allowed"),
        ("key: [code]", "key: []", 6, "link.key", "the value is empty"),
        ("key: [code]", "key: code", 6, "link.key", "the value is not a list"),
        ("key: [code]", "key: [code], tolerance: 3", 6, "link.tolerance", "not one of those allowed"),
        ("key: [code]", "key: [code], tolerance: 1", 6, "link", "needs elements"),
        ("key: [code]", "key: [code], tolerance: 1, elements: {code: text}", 6, "link", "3 elements or more"),
        ("key: [code]", "key: [code], elements: {cod: text}", 6, "link", "not in key"),
        ("key: [code]", "key: [code], repeated: first", 6, "link.repeated", "not one of those allowed"),
        ("{participant: forms/participant}", "{}", 2, "instruments", "the value is empty"),
        ("{participant: forms/participant}", "[participant]", 2, "instruments", "not a mapping"),
        ("title: Tiny", "title:", 1, "title", "the value is empty"),
        ("title: Tiny", "title: {en: Tiny}", 1, "title", "the value is not a text"),
        ("title: Tiny", "title: Tiny\nlanguages: [xx]", 2, "languages", "not one of those allowed"),
    ],
)
def test_a_wrong_entry_is_named_with_its_line(
    old: str, new: str, row: int, column: str, what: str, tmp_path: Path
) -> None:
    assert old in BASE
    found = problems(tmp_path, BASE.replace(old, new))
    assert len(found) == 1
    assert found[0][:2] == (row, column)
    assert what in found[0][2]


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ("[x]", "scoring.sensitivity.min_items"),
        ("{sector_knowledge: 3}", "scoring.sensitivity.min_items.sector_knowledge"),
        ("{sector_knowledge: [x]}", "scoring.sensitivity.min_items.sector_knowledge"),
        ("3", "scoring.sensitivity.min_items"),
    ],
)
def test_a_wrong_list_of_minimums_is_one_problem_in_plain_words(given: str, column: str, tmp_path: Path) -> None:
    found = problems(tmp_path, BASE + f"scoring: {{sensitivity: {{min_items: {given}}}}}\n")
    assert [(row, where) for row, where, _ in found] == [(8, column)]
    assert "dict" not in found[0][2]


def test_minimums_as_a_list_or_by_scale(tmp_path: Path) -> None:
    listed = read(tmp_path, BASE + "scoring: {sensitivity: {min_items: [4, 2]}}\n")
    assert listed.scoring.sensitivity.min_items == [4, 2]
    by_scale = read(tmp_path, BASE + "scoring: {sensitivity: {min_items: {sector_knowledge: [4]}}}\n")
    assert by_scale.scoring.sensitivity.min_items == {"sector_knowledge": [4]}


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"study.yaml cannot be read"):
        read_settings(tmp_path)


def test_a_file_far_too_large(tmp_path: Path) -> None:
    found = problems(tmp_path, BASE + "#" * 1_000_001)
    assert "too large" in found[0][2]
