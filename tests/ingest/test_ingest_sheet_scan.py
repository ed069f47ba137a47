"""How far the cells of a worksheet reach, against a look at each of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from toolkit.ingest.dialects.workbook_bytes import column_letters
from toolkit.ingest.sheet_scan import SheetScan, exact_reach

cells = st.lists(st.tuples(st.integers(1, 1_048_576), st.integers(1, 16_384)), min_size=1, max_size=30)


def scanned(text: bytes, *, cut: int = 0) -> SheetScan:
    scan = SheetScan()
    if cut:
        scan.take(text[: cut + 20], until=cut)
    scan.take(text[cut:], until=len(text) - cut)
    return scan


@given(places=cells, cut=st.integers(0, 60))
def test_bounds_hold_every_cell_and_are_not_far_off(places: list[tuple[int, int]], cut: int) -> None:
    text = b"".join(
        b'<row r="%d"><c r="%s%d" t="s"><v>1</v></c></row>' % (row, column_letters(column).encode(), row)
        for row, column in places
    )
    scan = scanned(text, cut=min(cut, len(text) - 1))
    row, column = max(row for row, _ in places), max(column for _, column in places)
    assert scan.cells == len(places)
    assert scan.last_column == column
    assert row <= scan.last_row < 2 * row + 10
    assert exact_reach(text) == (row, column)


def test_what_is_noticed_in_passing() -> None:
    plain = scanned(b'<?xml version="1.0"?><row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c></row>')
    assert not (plain.errors or plain.formulas or plain.markup or plain.hidden)
    assert scanned(b'<c r="A1" t="e"><v>#REF!</v></c>').errors
    assert scanned(b'<c r="A1"><f>1+1</f></c>').formulas
    assert scanned(b'<!DOCTYPE x><c r="A1"/>').markup
    assert scanned(b'<row r="1" hidden="1">').hidden
    assert scanned(b'<x:c r="B7"/>').last_row == 7
    assert scanned(b"").cells == 0
