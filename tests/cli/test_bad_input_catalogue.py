"""The catalogue of bad files and answers: number, input, exit code, and the place and words of the message.

Numbers are those of the project's list. Inputs that are read after all, with a note, leave with 0. What other tests
hold (permissions, links, files that change) stands here too where the command alone can show it.
"""

from __future__ import annotations

import csv
import io
import pickle
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest

Call = Callable[..., tuple[int, str]]
Spoil = Callable[[Path], object]
OK, BAD_INPUT, STORAGE = 0, 3, 5
PLACE = "exports/post.csv"


@dataclass(frozen=True)
class Entry:
    """One input: its number, what it is, how it is made, the exit code and what is said."""

    number: int
    name: str
    spoil: Spoil
    code: int
    said: tuple[str, ...]


def target(study: Path) -> Path:
    return study / "exports" / "post.csv"


def replace_file(change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(study: Path) -> None:
        before = target(study).read_bytes()
        target(study).write_bytes(change(before))
        assert target(study).read_bytes() != before

    return spoil


def table(study: Path) -> list[list[str]]:
    with target(study).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def cells(changes: dict[tuple[int, str], str], *, header: dict[str, str] | None = None) -> Spoil:
    """Write cells by row (the headers are row 1) and column, then rename headers."""

    def spoil(study: Path) -> None:
        rows = table(study)
        for (row, column), text in changes.items():
            rows[row - 1][rows[0].index(column)] = text
        rows[0] = [(header or {}).get(name, name) for name in rows[0]]
        with target(study).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    return spoil


def workbook(
    change: Callable[[openpyxl.Workbook], object] = lambda _: None, *, name: str = "post.xlsx", settings: str = ""
) -> Spoil:
    """Make the export a workbook, whose name the study gives, and spoil it."""

    def spoil(study: Path) -> None:
        rows = table(study)
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        change(book)
        buffer = io.BytesIO()
        book.save(buffer)
        _put(study, buffer.getvalue(), name, settings)

    return spoil


def _put(study: Path, content: bytes, name: str, settings: str = "") -> None:
    target(study).unlink()
    (study / "exports" / name).write_bytes(content)
    path = study / "study.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("exports/post.csv", f"exports/{name}{settings}"), encoding="utf-8")


def named(content: bytes, name: str) -> Spoil:
    return lambda study: _put(study, content, name)


def members(change: Callable[[dict[str, bytes]], object]) -> Spoil:
    """Change the parts of a sound workbook."""

    def spoil(study: Path) -> None:
        workbook()(study)
        path = study / "exports" / "post.xlsx"
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        change(parts)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)

    return spoil


def sheet_xml(old: bytes, new: bytes) -> Spoil:
    def change(parts: dict[str, bytes]) -> None:
        sheet = parts["xl/worksheets/sheet1.xml"]
        assert old in sheet
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(old, new, 1)

    return members(change)


def truncated(study: Path) -> None:
    workbook()(study)
    path = study / "exports" / "post.xlsx"
    path.write_bytes(path.read_bytes()[:-400])


def link_outside(study: Path) -> None:
    outside = study.parent / "outside.csv"
    target(study).rename(outside)
    target(study).symlink_to(outside)


def date_order(study: Path) -> None:
    """A date whose order of day and month nobody declared."""
    _with_date("03/04/2021")(study)


def _with_date(text: str) -> Spoil:
    def spoil(study: Path) -> None:
        form = study / "instruments" / "participant" / "survey.csv"
        survey = form.read_text(encoding="utf-8")
        lines = survey.splitlines()
        names = next(csv.reader([lines[0]]))
        row = {"type": "date", "name": "bday", "waves": "post", "wave": "post", "role": "context"}
        labels = {name: "Birthday" for name in names if name.startswith("label")}
        buffer = io.StringIO(newline="")
        csv.DictWriter(buffer, names, lineterminator="\n", extrasaction="ignore").writerow(
            dict.fromkeys(names, "") | labels | row
        )
        form.write_text(survey.rstrip("\n") + "\n" + buffer.getvalue(), encoding="utf-8")
        rows = [[*row, "bday" if number == 0 else text] for number, row in enumerate(table(study))]
        with target(study).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    return spoil


XLSX = "exports/post.xlsx"
FILES = (
    Entry(1, "missing", lambda study: target(study).unlink(), BAD_INPUT, (PLACE, "does not exist")),
    Entry(2, "a folder", lambda s: (target(s).unlink(), target(s).mkdir()), BAD_INPUT, (PLACE, "this is a folder")),
    Entry(3, "zero bytes", replace_file(lambda _: b""), BAD_INPUT, (PLACE, "is empty")),
    Entry(4, "header only", replace_file(lambda t: t.split(b"\n")[0]), BAD_INPUT, (PLACE, "0 answers")),
    Entry(
        6,
        "cp1252",
        replace_file(lambda t: t.replace(b"Bakery", b"B\xe4kery", 1)),
        BAD_INPUT,
        (PLACE, "(byte ", "declare encoding: cp1252"),
    ),
    Entry(
        7, "UTF-16 without a mark", replace_file(lambda t: t.decode().encode("utf-16-le")), BAD_INPUT, (PLACE, "NUL")
    ),
    Entry(7, "UTF-16 with a mark", replace_file(lambda t: t.decode().encode("utf-16")), OK, ("No problems",)),
    Entry(8, "two byte-order marks", replace_file(lambda t: b"\xef\xbb\xbf" * 2 + t), OK, (PLACE, "stood twice")),
    Entry(9, "NUL", replace_file(lambda t: t.replace(b"Bakery", b"Bak\0ry", 1)), BAD_INPUT, (PLACE, "row 2", "NUL")),
    Entry(10, "semicolons", replace_file(lambda t: t.replace(b",", b";")), OK, ("No problems",)),
    Entry(
        11,
        "short row",
        replace_file(lambda t: t.replace(b",Bakery,", b",", 1)),
        BAD_INPUT,
        (PLACE, "row 2", "19 cells"),
    ),
    Entry(
        12,
        "long row",
        replace_file(lambda t: t.replace(b"Bakery,", b"Bakery,x,", 1)),
        BAD_INPUT,
        (PLACE, "row 2", "21 cells"),
    ),
    Entry(
        13,
        "unclosed quotation mark",
        replace_file(lambda t: t.replace(b"Garden", b'"Garden', 1)),
        BAD_INPUT,
        (PLACE, "row 4", "never closed"),
    ),
    Entry(
        14,
        "header twice",
        cells({}, header={"wc2": "wc1"}),
        BAD_INPUT,
        (PLACE, "column wc1", "occurs 2 times"),
    ),
    Entry(15, "header in capitals", cells({}, header={"wc2": " WC2 "}), OK, ("the column WC2 was read as wc2",)),
    Entry(
        15,
        "two headers for one item",
        cells({}, header={"wc2": "WC1", "wc1": "Wc1"}),
        BAD_INPUT,
        (PLACE, "2 columns could hold wc1"),
    ),
    Entry(
        16,
        "unknown column",
        replace_file(lambda t: b"\n".join(line + b",x" for line in t.split(b"\r\n") if line)),
        OK,
        ("were left out",),
    ),
    Entry(
        17, "missing column", cells({}, header={"wc2": "q"}), BAD_INPUT, (PLACE, "row 1", "column wc2", "is missing")
    ),
    Entry(
        18,
        "XLS named XLSX",
        named(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "post.xlsx"),
        BAD_INPUT,
        (XLSX, "an old Excel workbook"),
    ),
    Entry(18, "HTML named XLS", named(b"<html><table></html>", "post.xls"), BAD_INPUT, ("post.xls", "web page")),
    Entry(
        19,
        "password",
        named(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "post.xlsx"),
        BAD_INPUT,
        (XLSX, "protected by a password"),
    ),
    Entry(20, "truncated", truncated, BAD_INPUT, (XLSX, "damaged")),
    Entry(
        21,
        "far cell",
        workbook(lambda book: book.active.cell(1_048_576, 16_384, "x")),
        BAD_INPUT,
        (XLSX, "far outside the answers"),
    ),
    Entry(
        21,
        "expansion",
        members(lambda parts: parts.update({"xl/media/a.xml": bytes(40_000_000)})),
        BAD_INPUT,
        (XLSX, "100 times its size"),
    ),
    Entry(
        22,
        "DOCTYPE",
        sheet_xml(b"<worksheet", b"<!DOCTYPE a []><worksheet"),
        BAD_INPUT,
        (XLSX, "DOCTYPE"),
    ),
    Entry(23, "several sheets", workbook(lambda b: b.create_sheet("B").append(["x"])), BAD_INPUT, (XLSX, "2 sheets")),
    Entry(
        23,
        "several sheets, one named",
        workbook(lambda b: b.create_sheet("More").append(["x"]), settings=", sheet: Sheet"),
        OK,
        ("No problems",),
    ),
    Entry(
        24,
        "hidden rows",
        workbook(lambda book: setattr(book.active.row_dimensions[3], "hidden", True)),
        OK,
        ("1 hidden row(s) were read",),
    ),
    Entry(25, "merged cells", workbook(lambda book: book.active.merge_cells("E2:E3")), BAD_INPUT, (XLSX, "merged")),
    Entry(
        26,
        "formula without a result",
        workbook(lambda book: book.active.__setitem__("E2", "=1+1")),
        BAD_INPUT,
        (XLSX, "E2", "formula whose result was never stored"),
    ),
    Entry(
        27,
        "failed formula",
        workbook(lambda book: book.active.__setitem__("E2", "#REF!")),
        BAD_INPUT,
        (XLSX, "row 2", "#REF!"),
    ),
    Entry(29, "a link to a file elsewhere", link_outside, BAD_INPUT, (PLACE, "link to a file outside")),
    Entry(
        30,
        "macros",
        members(lambda parts: parts.update({"xl/vbaProject.bin": b"x"})),
        BAD_INPUT,
        (XLSX, "holds macros"),
    ),
    Entry(30, "pickle", replace_file(lambda _: pickle.dumps({"canary": 1})), BAD_INPUT, (PLACE, "cannot be read")),
)

ANSWERS = (
    *(
        Entry(31, f"{word} as a host", cells({(2, "code"): "canary-77", (2, "host"): word}), OK, ())
        for word in ("NA", "None", "null", "nan")
    ),
    Entry(
        32,
        "007 and 7",
        cells({(2, "code"): "007", (3, "code"): "7"}),
        BAD_INPUT,
        (PLACE, "column code", "leading zeros only"),
    ),
    Entry(33, "17 digits", cells({(2, "code"): "12345678901234567"}), OK, ("No problems. 23 people",)),
    Entry(33, "an id in scientific notation", cells({(2, "code"): "1.23E+16"}), BAD_INPUT, ("row 2, column code",)),
    Entry(34, "blank id", cells({(2, "code"): ""}), OK, ("post: 1 set aside (no key",)),
    Entry(35, "id twice", cells({(5, "code"): "canary-01"}), BAD_INPUT, (f"{PLACE}, row 3", f"{PLACE}, row 5")),
    Entry(36, "another host", cells({(5, "host"): "canary garden"}), BAD_INPUT, ("row 5", "different groups")),
    *(
        Entry(37, f"{text} out of scale", cells({(5, "wc1"): text}), BAD_INPUT, ("row 5, column wc1", "out of scale"))
        for text in ("0", "6", "55", "-1")
    ),
    Entry(38, "3.5", cells({(5, "ls"): "3.5"}), BAD_INPUT, ("row 5, column ls", "not a whole number")),
    Entry(39, "a word", cells({(5, "ls"): "canary five"}), BAD_INPUT, ("row 5, column ls", "not a whole number")),
    Entry(39, "wide digits", cells({(5, "ls"): "５\u00a0"}), OK, ("column ls, row 5", "digits or a minus sign")),
    Entry(39, "typeset minus", cells({(5, "ls"): "−2"}), BAD_INPUT, ("row 5, column ls", "out of scale")),
    *(Entry(40, text, cells({(5, "ls"): text}), BAD_INPUT, ("row 5, column ls",)) for text in ("inf", "nan", "1e5")),
    *(
        Entry(41, f"undeclared {text}", cells({(5, "wc1"): text}), BAD_INPUT, ("row 5, column wc1", "under missing"))
        for text in ("88", "99")
    ),
    Entry(42, "label of no form", cells({(5, "wc1"): "canary"}), BAD_INPUT, ("row 5, column wc1", "in any language")),
    Entry(43, "mixed yes", cells({(5, "consent"): "true"}), BAD_INPUT, ("row 5, column consent", "Allowed: Yes | No")),
    Entry(44, "order of day and month", date_order, BAD_INPUT, ("row 2, column bday", "dates: dmy")),
    Entry(45, "birthday in the future", _with_date("2999-01-01"), OK, ()),
    Entry(46, "serial of 1900", _with_date("38423"), BAD_INPUT, ("row 2, column bday", "not a date")),
    *(
        Entry(49, repr(text), cells({(2, "code"): "canary-77", (2, "host"): text}), OK, ())
        for text in ("<script>alert(1)</script>", "=1+1", "\u202egnp.exe", "Bak\u200bery")
    ),
    Entry(50, "10 MB of answer", cells({(2, "host"): "x" * 10_000_000}), BAD_INPUT, (PLACE, "field larger")),
)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("entry", [*FILES, *ANSWERS], ids=lambda entry: f"{entry.number}-{entry.name}")
def test_catalogue(entry: Entry, tiny_study: Path, desk: Path, call: Call) -> None:
    entry.spoil(tiny_study)
    code, said = call("check", tiny_study)
    assert code == entry.code, said
    for words in entry.said:
        assert words in said, said
    if code:
        assert all("To mend: " in line for line in said.splitlines()[1:]), said


def test_5_no_permission(tiny_study: Path, desk: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "post.csv":
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    code, said = call("check", tiny_study)
    assert (code, PLACE in said) == (STORAGE, True)


def test_28_the_file_changes_while_it_is_read(
    tiny_study: Path, desk: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.read_bytes

    def read_and_add(path: Path) -> bytes:
        content = whole(path)
        if path.name == "post.csv":
            with path.open("ab") as file:
                file.write(b"\n")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_and_add)
    code, said = call("check", tiny_study)
    assert code == STORAGE
    assert f"{PLACE} changed while it was read" in said


def test_15_a_header_in_decomposed_letters_is_the_same(tiny_study: Path, desk: Path, call: Call) -> None:
    label = "Età"
    form = tiny_study / "study.yaml"
    text = form.read_text(encoding="utf-8")
    form.write_text(text.replace("platform: plain", f"platform: plain, columns: {{wc1: {label}}}"), encoding="utf-8")
    cells({}, header={"wc1": unicodedata.normalize("NFD", label)})(tiny_study)
    code, said = call("check", tiny_study)
    assert code == OK, said


def test_45_a_birthday_outside_the_declared_window(tiny_study: Path, desk: Path, call: Call) -> None:
    _with_date(date(2999, 1, 1).isoformat())(tiny_study)
    form = tiny_study / "study.yaml"
    window = 'date_windows: {bday: ["1990-01-01", "2012-01-01"]}'
    text = form.read_text(encoding="utf-8")
    form.write_text(text.replace("platform: plain", f"platform: plain, {window}"), encoding="utf-8")
    code, said = call("check", tiny_study)
    assert code == BAD_INPUT
    assert f"{PLACE}, row 2, column bday: the date is outside the declared window" in said


def _rewrite(study: Path, item: str, change: Callable[[dict[str, str]], str]) -> None:
    rows = table(study)
    head = rows[0]
    for row in rows[1:]:
        row[head.index(item)] = change(dict(zip(head, row, strict=True)))
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    target(study).write_text(buffer.getvalue(), encoding="utf-8")


def test_47_an_item_that_the_survey_tool_had_reversed_already(tiny_study: Path, desk: Path, call: Call) -> None:
    agreement = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
    code, said = call("check", tiny_study)
    assert "runs against" not in said
    assert {row[table(tiny_study)[0].index("wc4")] for row in table(tiny_study)[1:]} <= set(agreement)
    _rewrite(tiny_study, "wc4", lambda row: agreement[4 - agreement.index(row["wc4"])])
    text = (tiny_study / "exports" / "post.csv").read_text(encoding="utf-8")
    (tiny_study / "exports" / "pre.csv").write_text(text, encoding="utf-8")
    code, said = call("check", tiny_study)
    assert code == OK, said
    assert "wc4: runs against the other questions of work_competences once it is reversed" in said


def test_48_the_same_answer_to_every_question(tiny_study: Path, desk: Path, call: Call) -> None:
    code, said = call("check", tiny_study)
    assert "one and the same to every question" not in said
    careless = table(tiny_study)[1][table(tiny_study)[0].index("code")]
    for item in [f"wc{k}" for k in range(1, 8)]:
        _rewrite(tiny_study, item, lambda row, item=item: "Agree" if row["code"] == careless else row[item])
    code, said = call("check", tiny_study)
    assert code == OK, said
    assert "work_competences: 1 of" in said
    assert careless not in said
