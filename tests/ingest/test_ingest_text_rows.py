"""Large files take a faster way to the same cells, or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.core.errors import InputError, ProblemLog
from toolkit.ingest import ExportDeclaration, RawExport, book, read_export, text_rows
from toolkit.ingest.text_rows import Shape, TextRows, is_utf8, scan_records

Declare = Callable[..., ExportDeclaration]

cells = st.text(st.sampled_from('a1 ,;"\té\n\r𝄞'), max_size=5)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every boundary between pieces falls somewhere awkward."""
    monkeypatch.setattr(text_rows, "PIECE", 7)
    monkeypatch.setattr(text_rows, "HEAD_ROWS", 4)
    monkeypatch.setattr(text_rows, "MAX_RECORD", 200)
    yield


def table(rows: list[list[str]], *, mark: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=mark, lineterminator=end, quoting=quoting).writerows(rows)
    return buffer.getvalue().encode()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(2, 5),
    data=st.data(),
    mark=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_regular_text_is_told_record_by_record(
    width: int, data: st.DataObject, mark: str, end: str, quoting: int
) -> None:
    rows = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8))
    content = b"\xef\xbb\xbf" + table(rows, mark=mark, end=end, quoting=quoting)
    text = io.StringIO(content[3:].decode(), newline="")
    read = list(csv.reader(text, delimiter=mark, strict=True))
    shape = scan_records(content, start=3, delimiter=mark, width=width)
    if shape is None:
        # The standard writer leaves a carriage return bare; the patient reader has to look.
        assert b"\r" in content.replace(b"\r\n", b"")
        return
    assert (shape.records, shape.width) == (len(rows), width)
    told = TextRows(content, start=3, delimiter=mark, shape=shape)
    assert len(told) == len(rows)
    assert list(told) == read
    assert told[:2] == read[:2]
    assert told[len(rows) - 1] == read[-1]
    for skip in range(min(len(rows), 4)):
        columns = told.columns(skip=skip)
        assert columns is not None
        assert columns.to_numpy().tolist() == read[skip:]


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1\n",
        b"a,b\n1,2,3\n",
        b'a,b\n1,"2\n',
        b'a,b\n1,x"y"\n',
        b'a,b\n1,"x"y\n',
        b"a,b\r1,2\r",
        b"a,b\n\n1,2\n",
        b"a,b\n1," + b"x" * 300 + b"\n",
        b"a,b\n1," + b"x" * 300,
        b"\n\n",
        b'a,b\n"1,2\n3,4\n',
    ],
)
def test_an_irregular_text_is_left_to_the_patient_reader(content: bytes) -> None:
    assert scan_records(content, start=0, delimiter=",", width=2) is None


def test_line_ends_at_the_end_are_no_records() -> None:
    for end in (b"", b"\n", b"\r\n", b"\r\n\r\n"):
        shape = scan_records(b"a,b\n1,2" + end, start=0, delimiter=",", width=2)
        assert shape == Shape(records=2, width=2, ends=(4, 7))


def test_utf8() -> None:
    assert is_utf8("aé𝄞".encode() * 5)
    assert not is_utf8("é".encode("cp1252"))
    assert not is_utf8("aaaaaa𝄞".encode()[:-1])


def read(declaration: ExportDeclaration) -> RawExport | str:
    try:
        return read_export(declaration)
    except InputError as error:
        return str(error)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(cells, min_size=3, max_size=4), max_size=8),
    header=st.sampled_from([["code", "m1", "h1"], ["code", "m1", ""], ["code", "m1", "m1"], ["x", "", "m1"]]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2]),
)
def test_both_ways_read_the_same(declare: Declare, rows: list[list[str]], header: list[str], mark: bytes) -> None:
    content = mark + table([header, *rows], quoting=csv.QUOTE_ALL)
    slow = read(declare(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "LARGE", 0)
        fast = read(declare(content))
    if isinstance(slow, str) or isinstance(fast, str):
        assert fast == slow
        return
    assert fast.frame.equals(slow.frame)
    assert list(fast.frame) == list(slow.frame)
    assert fast.rows.tolist() == slow.rows.tolist()
    assert fast.table.notes == slow.table.notes


def test_which_files_take_the_faster_way(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    regular = table([["code", "m1"], ["a", "Agree, or not"]])
    ways = []
    for size in (len(regular) + 1, len(regular)):
        monkeypatch.setattr(book, "LARGE", size)
        opened = book.open_book(regular, declare(regular), log=ProblemLog())
        assert opened is not None
        ways.append(isinstance(opened.first, TextRows))
    assert ways == [False, True]
    for content, declared in ((regular + b"x\n", {}), (regular, {"encoding": "cp1252"}), (regular + b"\xff,1\n", {})):
        opened = book.open_book(content, declare(content, **declared), log=ProblemLog())
        assert opened is None or not isinstance(opened.first, TextRows)
