"""Whatever a file holds, reading it ends in a ToolkitError or in rows that are all accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from toolkit.core.errors import ToolkitError
from toolkit.ingest import ExportDeclaration, RawExport, read_export, tidy

MAX_EXAMPLES = 150
CANARY = "zqxcanary"
Declare = Callable[..., ExportDeclaration]

HEADERS = ("consent", "code", "country", "host", "m1", "m2", "m3", "h1", "h2", "ls", "Status", "ResponseId", "Finished")
pieces = st.sampled_from(
    [*'",;\t\r\n\0\ufeff{}', "code", "m1", "time", "1", "Agree", "è", '{"ImportId":"a"}', "[", "Status"]
)
encodings = st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-7", "hex", "no-such"])
layouts = st.sampled_from(
    [
        {},
        {"platform": "plain"},
        {"platform": "qualtrics"},
        {"layout": "wide", "waves": {"pre": "{item}", "post": "{item}_2"}},
        {"layout": "long", "waves": {"pre": "1", "post": "2"}, "wave_column": "time"},
    ]
)


def account(declaration: ExportDeclaration) -> RawExport | None:
    """Read and tidy the file; check the count of rows on the way."""
    try:
        raw = read_export(declaration)
    except ToolkitError as error:
        assert error.problems
        return None
    assert len(raw.frame) == len(raw.rows)
    assert raw.ledger.lines[-1].n_out == len(raw.frame)
    assert raw.frame.columns[raw.frame.columns != ""].is_unique
    try:
        responses = tidy(raw, declaration.instrument)
    except ToolkitError:
        return raw
    if declaration.layout != "wide":
        assert len(responses.frame) == responses.ledger.lines[-1].n_out
    assert responses.reasons.index.equals(responses.frame.index)
    return raw


@settings(max_examples=MAX_EXAMPLES, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=200), st.lists(pieces, max_size=40).map(lambda parts: "".join(parts).encode())
    ),
    layout=layouts,
    encoding=encodings,
)
def test_any_bytes(declare: Declare, content: bytes, layout: dict[str, object], encoding: str) -> None:
    account(declare(content, encoding=encoding, **layout))


answers = st.one_of(
    st.sampled_from(["", "Yes", "Agree", "3", "5", "11", "NA", "Survey Preview", " ", "1", '{"ImportId":"x"}']),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)


@settings(max_examples=MAX_EXAMPLES, deadline=None)
@given(
    headers=st.lists(st.sampled_from(HEADERS), min_size=2, unique=True),
    data=st.data(),
    mark=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    layout=layouts,
)
def test_any_table(
    declare: Declare, headers: list[str], data: st.DataObject, mark: str, ending: str, layout: dict[str, object]
) -> None:
    rows = data.draw(st.lists(st.lists(answers, min_size=len(headers), max_size=len(headers)), max_size=6))
    buffer = io.StringIO(newline="")
    # The standard writer leaves a line feed bare where lines end in a carriage return alone.
    quoting = csv.QUOTE_ALL if ending == "\r" else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=mark, lineterminator=ending, quoting=quoting).writerows([headers, *rows])
    raw = account(declare(buffer.getvalue(), **layout))
    if raw is not None and raw.platform == "plain":
        filled = [number for number, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)]
        assert raw.rows.tolist() == filled
        assert raw.frame.to_numpy().tolist() == [rows[number - 2] for number in filled]


@settings(max_examples=MAX_EXAMPLES, deadline=None)
@given(
    place=st.sampled_from(HEADERS),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    quoted=st.booleans(),
    ragged=st.booleans(),
)
@example(place="m1", text='"', quoted=False, ragged=False)
def test_no_message_repeats_a_cell(declare: Declare, place: str, text: str, quoted: bool, ragged: bool) -> None:
    cell = f"{CANARY}{text}{CANARY}"
    cell = '"' + cell.replace('"', '""') + '"' if quoted else cell
    line = ",".join(cell if name == place else "" for name in HEADERS)
    declaration = declare("\n".join([",".join(HEADERS), line, line + "," * ragged]))
    try:
        responses = tidy(read_export(declaration), declaration.instrument)
    except ToolkitError as error:
        assert CANARY not in "\n".join(map(str, error.problems))
    else:
        assert place in ("code", "country", "host", "Status", "ResponseId", "Finished")
        assert CANARY not in "".join(responses.notes)
