"""A file read part by part gives what it gives as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from toolkit.core.errors import InputError, StorageError
from toolkit.ingest import ExportDeclaration, concat_responses, read_export, stream_responses, streaming, tidy

Declare = Callable[..., ExportDeclaration]
Write = Callable[..., str]


@pytest.fixture(autouse=True)
def small_first_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "FIRST_BYTES", 1200)


@pytest.mark.parametrize("part_bytes", [1, 97, 1000, 10**6])
@pytest.mark.parametrize("kind", ["qualtrics", "plain"])
def test_parts_are_the_whole(declare: Declare, qualtrics: Write, plain: Write, kind: str, part_bytes: int) -> None:
    hosts = ['"Bakery, north"', '"two\nlines"', "Garden", '"a ""b"""']
    rows = [{"code": f"c{n}", "host": hosts[n % 4], "ResponseId": f"R_{n}"} for n in range(1, 50)]
    rows[7] |= {"Status": "Survey Preview"}
    text = qualtrics(*rows) if kind == "qualtrics" else "\ufeff" + plain(*rows) + "\n\n"
    declaration = declare(text)
    whole = tidy(read_export(declaration), declaration.instrument)
    parts = list(stream_responses(declaration, part_bytes=part_bytes))
    assert len(parts) > 1 or part_bytes > 1000
    joined = concat_responses(parts)
    pd.testing.assert_frame_equal(joined.frame, whole.frame, check_dtype=False)
    pd.testing.assert_frame_equal(joined.reasons, whole.reasons, check_dtype=False)
    assert joined.provenance == whole.provenance
    assert sum(line.count for line in joined.ledger.lines) == sum(line.count for line in whole.ledger.lines)


def test_an_id_in_two_parts_is_refused(declare: Declare, qualtrics: Write) -> None:
    rows = [{"code": f"c{n}", "ResponseId": f"R_{n % 29}"} for n in range(30)]
    with pytest.raises(InputError, match="row 33, column ResponseId: the id of this submission stands in an earlier"):
        list(stream_responses(declare(qualtrics(*rows)), part_bytes=100))


def test_a_fault_in_a_later_part_is_placed(declare: Declare, plain: Write) -> None:
    rows = [{"code": f"c{n}", "m1": "Agree" if n != 20 else "Perhaps"} for n in range(25)]
    with pytest.raises(InputError, match="row 22, column m1: the answer is none of"):
        list(stream_responses(declare(plain(*rows)), part_bytes=100))


def test_other_files_come_in_one_part(declare: Declare, plain: Write) -> None:
    content = plain({"code": "é"}).encode("utf-16")
    (part,) = stream_responses(declare(content), part_bytes=10)
    assert part.frame["code"].tolist() == ["é"]


def test_a_file_that_is_not_there_or_changes(declare: Declare, plain: Write) -> None:
    declaration = declare(plain(*({"code": f"c{n}"} for n in range(9))))
    stream = stream_responses(declaration, part_bytes=100)
    next(stream)
    with declaration.path.open("ab") as file:
        file.write(b"\n")
    with pytest.raises(StorageError, match="changed while it was read"):
        list(stream)
    Path(declaration.path).unlink()
    with pytest.raises(InputError, match="does not exist"):
        next(stream_responses(declaration))
