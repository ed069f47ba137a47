"""Damaged SPSS files are refused before the reading library opens them."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, read_export
from toolkit.ingest.dialects.sav_guard import check_sav
from toolkit.instruments import Instrument

Declared = Callable[..., ExportDeclaration]

SEED = 20260201
DAMAGES = 400
FIRST_VARIABLE = 176


@pytest.fixture
def labelled(exports: Path) -> bytes:
    """One variable with a label, and value labels."""
    return (exports / "spss" / "haven_variable-label.sav").read_bytes()


def changed(content: bytes, place: int, value: int) -> bytes:
    return content[:place] + struct.pack("<i", value) + content[place + 4 :]


def test_real_files_pass(exports: Path) -> None:
    shapes = {path.name: check_sav(path.read_bytes()) for path in (exports / "spss").glob("*.sav")}
    assert len(shapes) == 10
    assert {shape.fault for shape in shapes.values()} == {""}
    assert shapes["haven_umlauts.sav"].encoding == "UTF-8"
    assert shapes["sample.sav"].encoding == "windows-1252"
    assert shapes["haven_labelled-str.sav"].values == (b"F       ", b"M       ")


@pytest.mark.parametrize(
    ("offset", "value", "fault"),
    [
        (0, 5, "no known kind"),
        (4, 32512, "no known type"),
        (4, -2, "no known type"),
        (4, -1, "not whole"),
        (4, 9, "not whole"),
        (8, 7, "no known form"),
        (12, 4, "no known form"),
        (16, 0x00010800, "no known format"),
        (20, 0x0B050800, "no known format"),
        (32, 1 << 30, "breaks off"),
        (32, -5, "breaks off"),
    ],
)
def test_a_variable_that_is_none(labelled: bytes, offset: int, value: int, fault: str) -> None:
    assert fault in check_sav(changed(labelled, FIRST_VARIABLE + offset, value)).fault


def test_headers_that_are_none(labelled: bytes) -> None:
    assert "header" in check_sav(labelled[:100]).fault
    assert "header" in check_sav(changed(labelled, 64, 77)).fault
    assert "2 GB" in check_sav(changed(labelled, 80, 2_000_000_000)).fault


def test_labelled_texts_must_stand_in_the_encoding(
    declared: Declared, form_of: Callable[..., Instrument], exports: Path
) -> None:
    content = (exports / "spss" / "haven_labelled-str.sav").read_bytes().replace(b"F       ", b"\xe9       ")
    assert not check_sav(content).decodes()
    assert check_sav(content).decodes("cp1252")
    assert not check_sav(content).decodes("no-such-encoding")
    with pytest.raises(InputError, match=r"letters of the file cannot be read.*declare encoding"):
        read_export(declared(content, name="a.sav", instrument=form_of("code")))
    raw = read_export(declared(content, name="a.sav", instrument=form_of("code"), encoding="cp1252"))
    assert raw.table.value_labels["gender"]["é"] == "Female"


def test_damage_anywhere_is_refused_or_read(
    declared: Declared, form_of: Callable[..., Instrument], exports: Path
) -> None:
    dice = random.Random(SEED)
    sources = [path.read_bytes() for path in sorted((exports / "spss").glob("*.sav"))]
    form, refused = form_of("code"), 0
    for _ in range(DAMAGES):
        content = bytearray(dice.choice(sources))
        content[dice.randrange(4, len(content))] = dice.randrange(256)
        try:
            read_export(declared(bytes(content), name="a.sav", instrument=form))
        except InputError:
            refused += 1
    assert 0 < refused < DAMAGES
