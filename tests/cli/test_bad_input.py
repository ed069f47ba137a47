"""Bad input, one case each: `check` and `run` say the same, and nothing is written.

The first group is what every evaluator meets; the rest comes from exports and studies seen in the wild.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str]]
Snapshot = Callable[[Path], Mapping[str, bytes]]
Spoil = Callable[[Path], object]

BAD_INPUT = 3
STORAGE = 5
AGREEMENT = "Allowed: Strongly disagree | Disagree | Neither agree nor disagree | Agree | Strongly agree"


def cell(file: str, *, row: int, column: str, text: str) -> Spoil:
    """Write one cell; rows are counted as a spreadsheet does, the headers being row 1."""

    def spoil(study: Path) -> None:
        path = study / "exports" / file
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(csv.reader(source))
        rows[row - 1][rows[0].index(column)] = text
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows(rows)

    return spoil


def content(file: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(study: Path) -> None:
        path = study / "exports" / file
        before = path.read_bytes()
        path.write_bytes(change(before))
        assert path.read_bytes() != before

    return spoil


def settings(old: str, new: str) -> Spoil:
    def spoil(study: Path) -> None:
        path = study / "study.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    return spoil


def whole_settings(new: bytes) -> Spoil:
    return lambda study: (study / "study.yaml").write_bytes(new)


def several(*spoils: Spoil) -> Spoil:
    return lambda study: [spoil(study) for spoil in spoils]


def _into_folder(study: Path) -> None:
    (study / "exports" / "post.csv").unlink()
    (study / "exports" / "post.csv").mkdir()


@dataclass(frozen=True)
class Case:
    """A study that is spoilt, and what its message must hold, problem by problem."""

    name: str
    spoil: Spoil
    problems: tuple[tuple[str, ...], ...]
    code: int = BAD_INPUT


EVERYDAY = (
    Case(
        "missing file",
        lambda study: (study / "exports" / "post.csv").rename(study / "exports" / "posts.csv"),
        (("exports/post.csv: the file does not exist", "did you mean posts.csv?"),),
    ),
    Case(
        "header only",
        content("post.csv", lambda text: text.split(b"\n")[0] + b"\n"),
        (("exports/post.csv", "a header and 0 answers", "export it again"),),
    ),
    Case(
        "duplicate header",
        content("post.csv", lambda text: text.replace(b"wc2", b"wc1", 1)),
        (("exports/post.csv, row 1, column wc1", "occurs 2 times", "rename or remove"),),
    ),
    Case(
        "unknown instrument",
        settings("instrument: participant, wave: post", "instrument: participnt, wave: post"),
        (("study.yaml, row 7, column exports.instrument", "participnt is unknown", "did you mean participant?"),),
    ),
    Case(
        "answer out of scale",
        cell("post.csv", row=5, column="wc1", text="7"),
        (
            (
                "exports/post.csv, row 5, column wc1: the answer is out of scale",
                "a score from 1 to 5",
                "correct the cell",
            ),
        ),
    ),
    Case(
        "label in no language",
        cell("pre.csv", row=9, column="sk2", text="canary agree"),
        (("exports/pre.csv, row 9, column sk2", "in any language", AGREEMENT, "alias in choices.csv"),),
    ),
    Case(
        "repeated id",
        cell("post.csv", row=5, column="code", text="canary-01"),
        (("exports/post.csv, row 3 and exports/post.csv, row 5", "column code", "wave post", "repeated: set_aside"),),
    ),
    Case(
        "unknown key",
        settings("seed:", "sed:"),
        (("study.yaml, row 15, column sed: the key sed is unknown", "did you mean seed?"),),
    ),
)

FILES = (
    Case("zero bytes", content("post.csv", lambda _: b""), (("exports/post.csv: the file is empty",),)),
    Case("a folder", _into_folder, (("exports/post.csv: this is a folder",),)),
    Case(
        "other encoding",
        content("post.csv", lambda text: text.replace(b"Bakery", b"B\xe4kery", 1)),
        (("exports/post.csv", "cannot be read as utf-8 (byte ", "declare encoding: cp1252"),),
    ),
    Case(
        "NUL byte",
        content("post.csv", lambda text: text.replace(b"Bakery", b"Bak\0ry", 1)),
        (("exports/post.csv, row 2", "NUL byte"),),
    ),
    Case(
        "short row",
        content("post.csv", lambda text: text.replace(b",Bakery,", b",", 1)),
        (("exports/post.csv, row 2", "19 cells and the header has 20"),),
    ),
    Case(
        "unclosed quotation mark",
        content("post.csv", lambda text: text.replace(b"Garden", b'"Garden', 1)),
        (("exports/post.csv, row 4", "never closed"),),
    ),
    Case(
        "a workbook", content("post.csv", lambda _: b"PK\x03\x04"), (("exports/post.csv", "a workbook or ZIP archive"),)
    ),
    Case(
        "missing column",
        content("post.csv", lambda text: text.replace(b"sk2", b"sk_2", 1)),
        (("exports/post.csv, row 1, column sk2: the column is missing", "the file has a column sk_2"),),
    ),
    Case(
        "no headers",
        content("pre.csv", lambda text: text.split(b"\n", 1)[1]),
        (("exports/pre.csv, row 1", "declare platform: plain"),),
    ),
    Case(
        "one file twice",
        settings("wave: post, path: exports/post.csv", "wave: pre, path: exports/pre.csv"),
        (("study.yaml, row 7, column exports.path: exports/pre.csv is listed twice", "correct one of the paths"),),
    ),
)

ANSWERS = (
    Case(
        "fraction on a whole scale",
        cell("post.csv", row=5, column="ls", text="3.5"),
        (("exports/post.csv, row 5, column ls: the answer is not a whole number", "from 0 to 10"),),
    ),
    Case(
        "infinity",
        cell("post.csv", row=5, column="ls", text="inf"),
        (("exports/post.csv, row 5, column ls: the answer is not a whole number",),),
    ),
    Case(
        "a number in words",
        cell("post.csv", row=5, column="ls", text="canary five"),
        (("exports/post.csv, row 5, column ls: the answer is not a whole number",),),
    ),
    Case(
        "undeclared mark for no answer",
        cell("post.csv", row=5, column="wc1", text="99"),
        (("exports/post.csv, row 5, column wc1", "out of scale", "under missing in study.yaml"),),
    ),
    Case(
        "negative answer",
        cell("post.csv", row=5, column="wc1", text="-1"),
        (("exports/post.csv, row 5, column wc1", "out of scale"),),
    ),
    Case(
        "unclear consent",
        cell("post.csv", row=5, column="consent", text="canary maybe"),
        (("exports/post.csv, row 5, column consent", "Allowed: Yes | No"),),
    ),
    Case(
        "one code, two hosts",
        cell("post.csv", row=5, column="host", text="canary garden"),
        (("exports/pre.csv, row 5", "different groups here and in exports/post.csv:5"),),
    ),
    Case(
        "several at once",
        several(
            cell("pre.csv", row=3, column="wc1", text="6"),
            cell("pre.csv", row=4, column="ls", text="canary"),
            cell("post.csv", row=8, column="wc1", text="0"),
            content("post.csv", lambda text: text.replace(b"sk2", b"sk_2", 1)),
        ),
        (
            ("exports/pre.csv, row 3, column wc1",),
            ("exports/pre.csv, row 4, column ls",),
            ("exports/post.csv, row 8, column wc1",),
            ("exports/post.csv, row 1, column sk2",),
        ),
    ),
)

SETTINGS = (
    Case("empty", whole_settings(b""), tuple((f"study.yaml, column {key}",) for key in ("title", "exports", "link"))),
    Case("not UTF-8", whole_settings("title: Tiné".encode("latin-1")), (("study.yaml", "not UTF-8"),)),
    Case("only a word", whole_settings(b"hello\n"), (("study.yaml, row 1", "not a mapping"),)),
    Case("damaged", whole_settings(b"title: a\0b\n"), (("study.yaml", "this is not YAML"),)),
    Case("opened without end", whole_settings(b"title: " + b"[" * 900_000), (("study.yaml, row 1", "too deep"),)),
    Case("key twice", settings("seed:", "title: Again\nseed:"), (("study.yaml, row 15, column title", "twice"),)),
    Case("alias", settings("20260101", "&a 20260101\nextra: *a"), (("study.yaml, row 16", "alias"),)),
    Case("tag", settings("Tiny", "!!str Tiny"), (("study.yaml, row 1", "tag"),)),
    Case("empty key", settings("20260101", '20260101\n"": x'), (("study.yaml, row 16", "a key is empty"),)),
    Case("tab", settings("  primary", "\tprimary"), (("study.yaml, row 12", "begins with a tab"),)),
    Case(
        "unknown key inside",
        settings("platform: plain", "platfrm: plain"),
        (("study.yaml, row 7, column exports.platfrm", "did you mean platform?"),),
    ),
    Case(
        "unknown platform",
        settings("platform: plain", "platform: paper"),
        (("study.yaml, row 7, column exports.platform", "'auto', 'qualtrics', 'plain'"),),
    ),
    Case(
        "unknown wave",
        settings("wave: post", "wave: pots"),
        (("study.yaml, row 7, column exports.wave", "Allowed: pre, post", "did you mean post?"),),
    ),
    Case(
        "unknown outcome and key item",
        several(settings("sector_knowledge,", "sector_knowlege,"), settings("key: [code]", "key: [cod]")),
        (
            ("study.yaml, row 9, column link.key", "did you mean code?"),
            ("study.yaml, row 12, column outcomes.primary", "did you mean sector_knowledge?"),
        ),
    ),
    Case(
        "outcome twice",
        settings("secondary: [life", "secondary: [sector_intention, life"),
        (("study.yaml, row 11, column outcomes", "stands twice"),),
    ),
    Case(
        "unknown folder of a form",
        settings("instruments/participant", "instruments/particpant"),
        (("study.yaml, row 4, column instruments.participant", "did you mean participant?"),),
    ),
    Case(
        "one wave only",
        settings("  - {instrument: participant, wave: pre, path: exports/pre.csv, platform: auto}\n", ""),
        (("study.yaml, row 5, column exports", "one wave only"),),
    ),
    Case(
        "consent not declared",
        settings("consent_to_take_part: {item: consent, keep: [yes]}\n", ""),
        (("study.yaml, column consent_to_take_part", "add consent_to_take_part: {item: consent, keep: [yes]}"),),
    ),
    Case(
        "more items than there are",
        settings("disclosure:", "scoring: {min_items: {work_competences: 8}}\ndisclosure:"),
        (("study.yaml, row 14, column scoring.min_items.work_competences", "Allowed: 1 to 7"),),
    ),
    Case(
        "three mistakes of three kinds",
        several(
            settings("20260101", "-1"),
            settings("audience: public", "audience: publc"),
            settings("title: Tiny placements\n", ""),
        ),
        (
            ("study.yaml, row 1, column title: the key title is missing",),
            ("study.yaml, row 13, column disclosure.audience",),
            ("study.yaml, row 14, column seed", "Allowed: 0 or more"),
        ),
    ),
)


def _name(case: Case) -> str:
    return case.name


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("case", [*EVERYDAY, *FILES, *ANSWERS, *SETTINGS], ids=_name)
def test_check_and_run_name_place_fault_and_remedy(
    case: Case, tiny_study: Path, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    case.spoil(tiny_study)
    before = snapshot(tiny_study.parent)

    checked, said = call("check", tiny_study)
    ran, said_by_run = call("run", tiny_study)

    assert (checked, ran) == (case.code, case.code)
    assert said == said_by_run
    summary, *lines = said.splitlines()
    assert summary == f"sivsen: {len(lines)} problem(s)"
    assert len(lines) >= len(case.problems)
    for words in case.problems:
        assert any(all(word in line for word in words) for line in lines), (words, lines)
    for line in lines:
        assert "To mend: " in line
        assert str(tiny_study.parent) not in line
    assert snapshot(tiny_study.parent) == before


@pytest.mark.parametrize("case", EVERYDAY, ids=_name)
def test_an_everyday_mistake_is_the_only_problem_named(case: Case, tiny_study: Path, desk: Path, call: Call) -> None:
    case.spoil(tiny_study)
    _, said = call("check", tiny_study)
    assert said.startswith("sivsen: 1 problem(s)\n")


@pytest.mark.usefixtures("no_kernel")
def test_more_than_fifty_problems_are_counted(tiny_study: Path, desk: Path, call: Call) -> None:
    content("post.csv", lambda text: text.replace(b"gree", b"gre3"))(tiny_study)
    code, said = call("check", tiny_study)
    assert code == BAD_INPUT
    assert said.splitlines()[-1].endswith("problems in all.")
    assert len(said.splitlines()) == 52  # the summary, the first fifty, and the total


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("where", ["tiny", "tiny/reports", "tiny/exports/.."])
def test_output_inside_the_study_is_refused(
    where: str, tiny_study: Path, desk: Path, call: Call, snapshot: Snapshot
) -> None:
    before = snapshot(tiny_study.parent)
    code, said = call("run", tiny_study, "--output", tiny_study.parent / where)
    assert code == STORAGE
    assert "inside the study's folder" in said
    assert "To mend: name another folder with --output" in said
    assert snapshot(tiny_study.parent) == before


@pytest.mark.usefixtures("no_kernel")
def test_output_that_cannot_be_written_is_refused(tiny_study: Path, desk: Path, call: Call, snapshot: Snapshot) -> None:
    (desk / "file").write_text("", encoding="utf-8")
    before = snapshot(desk)
    for where in ("file", "file/below"):
        code, said = call("run", tiny_study, "--output", where)
        assert code == STORAGE
        assert str(desk) not in said
    assert snapshot(desk) == before


@pytest.mark.usefixtures("no_kernel")
def test_notebooks_that_no_run_made_are_not_overwritten(tiny_study: Path, desk: Path, call: Call) -> None:
    (desk / "notebooks").mkdir()
    own = desk / "notebooks" / "01_participant_outcomes.ipynb"
    own.write_text("{}", encoding="utf-8")
    code, said = call("run", tiny_study, "--output", ".")
    assert code == STORAGE
    assert "would be overwritten" in said
    assert own.read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize("text", ["NA", "No", "007", "None", "null", "true", "1e5", "nan"])
def test_text_that_other_programs_take_for_something_else_is_a_name(
    text: str, tiny_study: Path, desk: Path, call: Call
) -> None:
    for file in ("pre.csv", "post.csv"):
        for column in ("code", "host", "country"):
            cell(file, row=2, column=column, text=text)(tiny_study)
    code, said = call("check", tiny_study)
    assert code == 0
    assert "No problems. 24 people are in both surveys." in said


def test_zeros_in_front_tell_codes_apart(tiny_study: Path, desk: Path, call: Call) -> None:
    cell("pre.csv", row=2, column="code", text="007")(tiny_study)
    cell("post.csv", row=2, column="code", text="7")(tiny_study)
    _, said = call("check", tiny_study)
    assert "No problems. 23 people are in both surveys." in said


def test_blank_codes_are_nobody(tiny_study: Path, desk: Path, call: Call) -> None:
    for file in ("pre.csv", "post.csv"):
        cell(file, row=2, column="code", text=" ")(tiny_study)
        cell(file, row=3, column="code", text="")(tiny_study)
    code, said = call("check", tiny_study)
    assert code == 0
    assert "pre: 2 set aside (no key" in said
    assert "No problems. 22 people are in both surveys." in said
