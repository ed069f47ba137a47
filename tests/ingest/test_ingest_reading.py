"""From bytes to a RawExport: decoding, delimiters, rows that do not fit, and which program wrote the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit.core.errors import InputError, StorageError
from toolkit.core.provenance import hash_bytes
from toolkit.ingest import ExportDeclaration, RawExport, read_export

DATA = Path(__file__).parent / "data"
NAMES = {"host": "Città è bella"}

Declare = Callable[..., ExportDeclaration]
Write = Callable[..., str]


def failure(declaration: ExportDeclaration) -> str:
    with pytest.raises(InputError) as caught:
        read_export(declaration)
    assert caught.value.exit_code == 3
    assert "could not be read" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("encode", "declared"),
    [
        (lambda text: text.encode(), {}),
        (lambda text: text.encode("utf-8-sig"), {}),
        (lambda text: b"\xef\xbb\xbf" + text.encode("utf-8-sig"), {}),
        (lambda text: text.encode("utf-16"), {}),
        (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), {}),
        (lambda text: text.encode("cp1252"), {"encoding": "cp1252"}),
        (lambda text: text.replace("à", "a\u0300").encode(), {}),
        (lambda text: text.replace("\n", "\r\n").encode(), {}),
        (lambda text: text.replace("\n", "\r").encode(), {}),
        (lambda text: (text + "\n\n , , \n").encode(), {"headers": 3}),
    ],
)
def test_bytes_are_decoded(
    declare: Declare, plain: Write, encode: Callable[[str], bytes], declared: dict[str, str]
) -> None:
    headers = ("code", "host", "m1") if declared.pop("headers", None) else ("code", "host", "m1", "m2")
    content = encode(plain(NAMES, {"code": "007", "host": "No"}, headers=headers))
    raw = read_export(declare(content, **declared))
    assert raw.frame["code"].tolist() == ["A1", "007"]
    assert [host.replace("a\u0300", "à") for host in raw.frame["host"]] == ["Città è bella", "No"]
    assert raw.rows.tolist() == [2, 3]
    assert raw.frame.dtypes.astype(str).unique().tolist() == ["str"]
    assert dict(raw.provenance.inputs) == {"answers.csv": hash_bytes(content)}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters(declare: Declare, plain: Write, mark: str) -> None:
    raw = read_export(declare(plain({"host": "a|b"}, mark=mark)))
    assert len(raw.frame.columns) == 12
    assert raw.frame.at[0, "host"] == "a|b"


@pytest.mark.parametrize(
    ("content", "declared", "words"),
    [
        (b"", {}, ["answers.csv: the file is empty"]),
        (b" \r\n ", {}, ["the file is empty"]),
        ("\ufeff", {}, ["the file is empty"]),
        ("\ufeff\ufeff\n", {}, ["the file is empty"]),
        ("code,m1\n", {}, ["a header and 0 answers"]),
        ("code,m1\n,\n\n", {}, ["a header and 0 answers"]),
        (b"PK\x03\x04rest", {}, ["a workbook or ZIP archive and breaks off", "save them as CSV"]),
        ("code,m1\nA\0,1\n", {}, ["row 2", "NUL byte"]),
        ("code,m1\nA,1\n".encode("utf-16-le"), {}, ["row 1", "NUL byte"]),
        ("code,m1\nè,1\n".encode("cp1252"), {}, ["as utf-8 (byte 9)", "declare encoding: cp1252"]),
        ("code,m1\nA,1\n", {"encoding": "latin-99"}, ["as latin-99"]),
        ("code,m1\nA,1\n", {"encoding": "undefined"}, ["as undefined"]),
        ("code,m1\nA,1\n", {"encoding": "utf\0"}, ["cannot be read as"]),
        ("code,m1\nA,1,2\nB,1\nC\n", {}, ["row 2: the row has 3 cells and the header has 2", "row 4: the row has 1"]),
        ("code,m1,m1\nA,1,2\n", {}, ["row 1, column m1: the header occurs 2 times (again as column 3)"]),
        ("code,m1, m1 \nA,1,2\n", {}, ["row 1, column m1: the header occurs 2 times (again as column 3)"]),
        ('code,host\nA,x\nB,"open\nC,x\nD,x\n', {}, ["row 3: a quotation mark opens here and is never closed"]),
        ('code,host\rA,x\rB,"open\rC,x\r', {}, ["row 3: a quotation mark opens here"]),
        ('code,host\nA,"two\nlines"\nB,"open\nC,x\n', {}, ["row 3: a quotation mark opens here"]),
        ('code,host\nA,x\nB,"a" b\nC,x\n', {}, ["row 3: the row cannot be told apart from the next"]),
        ("a" * 1_000_001, {}, ["the row cannot be told apart"]),
        ("code,m1" + "x" * 200_000 + "\nA,1\n", {}, []),
        ("code\nA,B\n", {}, ["row 2: the row has 2 cells and the header has 1"]),
        ("m1,x;code,m2;h1\n1,2\n", {}, ["several delimiters fit the first row"]),
        ("\ncode,m1\nA,1\n", {}, ["not clear which program"]),
    ],
)
def test_what_cannot_be_read_is_said(
    declare: Declare, content: str | bytes, declared: dict[str, str], words: list[str]
) -> None:
    declaration = declare(content, **declared)
    if not words:
        assert len(read_export(declaration).frame) == 1
        return
    text = failure(declaration)
    for word in words:
        assert word in text


def test_everything_wrong_with_the_rows_is_said_at_once(declare: Declare) -> None:
    text = failure(declare("code,m1,m1\nA,1\nB,1,2,3\nC,1,2\n"))
    assert [line.split(":")[0] for line in text.splitlines()] == [
        "answers.csv, row 1, column m1",
        "answers.csv, row 2",
        "answers.csv, row 3",
    ]


def test_a_path_that_is_no_file(declare: Declare, plain: Write, tmp_path: Path) -> None:
    (tmp_path / "pre_it.csv").write_text("code")
    folder = declare(plain({}), path=tmp_path, name="exports")
    assert "exports: this is a folder, not a file" in failure(folder)
    missing = declare(plain({}), path=tmp_path / "pre_ti.csv", name="exports/pre_ti.csv")
    assert failure(missing).endswith("To mend: did you mean pre_it.csv?")
    nowhere = declare(plain({}), path=tmp_path / "no" / "pre.csv", name="no/pre.csv")
    assert "put the file there" in failure(nowhere)


def test_a_file_that_may_not_be_read(declare: Declare, plain: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(StorageError, match=r"answers\.csv cannot be read: Permission denied") as caught:
        read_export(declare(plain({})))
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("word", ["Start date", "Anfangsdatum", "Data di inizio"])
@pytest.mark.parametrize("platform", ["auto", "qualtrics"])
def test_qualtrics_is_told_by_its_third_row(declare: Declare, qualtrics: Write, word: str, platform: str) -> None:
    raw = read_export(
        declare(
            qualtrics({}, {"Status": "Survey Preview"}, {"code": "A3"}, {"Status": "1"}, word=word), platform=platform
        )
    )
    assert (raw.platform, raw.frame["code"].tolist()) == ("qualtrics", ["A1", "A3"])
    assert raw.rows.tolist() == [4, 6]
    assert raw.evidence.startswith("row 3 holds ImportIds")
    (line,) = raw.ledger.lines
    assert (line.step, line.count, line.n_in, line.n_out) == ("received", 2, 4, 2)
    assert line.source_rows == ("answers.csv:5", "answers.csv:7")


def test_a_german_qualtrics_file_of_others(declare: Declare) -> None:
    raw = read_export(declare((DATA / "qualtrics" / "sample_de.csv").read_bytes()))
    assert (raw.platform, raw.rows.tolist()) == ("qualtrics", [4])
    assert raw.frame.at[0, "Q2"] == "Hello World!"
    assert raw.evidence == "row 3 holds ImportIds and row 1 has 17 Qualtrics columns"


@pytest.mark.parametrize("declared", [{}, {"platform": "qualtrics"}, {"columns": {"m1": "Q1"}}])
def test_the_older_qualtrics_header_of_two_rows(declare: Declare, declared: dict[str, str]) -> None:
    raw = read_export(declare((DATA / "qualtrics" / "sample_legacy.csv").read_bytes(), **declared))
    assert (raw.platform, raw.rows.tolist(), len(raw.frame.columns)) == ("qualtrics", [3], 15)
    assert raw.frame.at[0, "Q2"] == "Hello World!"
    assert "legacy export" in raw.evidence or declared


def test_the_older_qualtrics_header_is_not_plain(declare: Declare) -> None:
    text = failure(declare((DATA / "qualtrics" / "sample_legacy.csv").read_bytes(), platform="plain"))
    assert "declared as plain, but rows 1 and 2 are the header of Qualtrics' legacy export" in text


def without_third_row(text: str) -> str:
    head, _, answers = text.rpartition('"\n')
    return head.rsplit("\n", 1)[0] + "\n" + answers


@pytest.mark.parametrize(
    ("platform", "spoil", "words"),
    [
        ("plain", lambda text: text, "declared as plain, but row 3 holds ImportIds"),
        ("auto", without_third_row, "row 3: row 3 does not hold Qualtrics ImportIds (row 1 has 5 Qualtrics columns)"),
        ("plain", without_third_row, "does not hold Qualtrics ImportIds"),
        ("qualtrics", lambda _: "code,m1\nA,1\n", "(row 1 has 0 Qualtrics columns)"),
        ("auto", lambda _: "V1,V2\nA,1\n", "row 3 holds no Qualtrics ImportIds, no other tool's marks"),
        ("auto", lambda _: "Finished,ResponseId,m1\na,b,c\n\nd,e,f\n", ""),
        ("auto", lambda _: "V1,V2\nA,1\n" + "[" * 100_000 + ",1\n", "not clear which program"),
    ],
)
def test_when_the_platform_is_unsure_the_reading_stops(
    declare: Declare, qualtrics: Write, platform: str, spoil: Callable[[str], str], words: str
) -> None:
    declaration = declare(spoil(qualtrics({}, {})), platform=platform)
    if words:
        assert words in failure(declaration)
    else:
        assert read_export(declaration).platform == "plain"


def test_plain_files_say_their_evidence(declare: Declare, plain: Write) -> None:
    raw: RawExport = read_export(declare(plain({})))
    assert (raw.platform, raw.evidence) == ("plain", "12 of 12 headers in row 1 are known")
    mapped = read_export(declare("who,E\u0300 Q1\nA,4\n", columns={"code": "who", "m1": "È Q1"}))
    assert mapped.evidence == "2 of 2 headers in row 1 are known"


def test_a_file_without_a_header_row_is_refused_without_its_answers(declare: Declare) -> None:
    words = failure(declare("canary,canary\n1,2\n", platform="plain"))
    assert "no header in row 1 is an item of the form" in words
    assert "canary" not in words
