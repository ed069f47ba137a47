from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from toolkit.ingest import ExportDeclaration
from toolkit.instruments import Instrument, load_instrument

CELLS: Mapping[str, str] = {
    "consent": "Yes",
    "code": "A1",
    "country": "Italy",
    "host": "Bakery",
    "prior": "No",
    "started": "2026-02-03",
    "m1": "Agree",
    "m2": "Disagree",
    "m3": "Agree",
    "h1": "3",
    "h2": "4",
    "ls": "8",
}
PLATFORM = ("StartDate", "Status", "Finished", "ResponseId", "UserLanguage")

Row = Mapping[str, str]


@pytest.fixture(scope="session")
def small_form() -> Instrument:
    return load_instrument(Path(__file__).parents[1] / "forms" / "small")


@pytest.fixture(scope="session")
def plain() -> Callable[..., str]:
    """Return a function that writes a plain CSV of sound answers, each row with what it changes."""

    def text(*rows: Row, headers: Sequence[str] = tuple(CELLS), mark: str = ",") -> str:
        lines = [{**CELLS, **row} for row in rows]
        return "\n".join([mark.join(headers), *(mark.join(line.get(name, "") for name in headers) for line in lines)])

    return text


@pytest.fixture(scope="session")
def qualtrics() -> Callable[..., str]:
    """Return a function that writes a Qualtrics CSV: three header rows, a line break inside the second."""

    def text(*rows: Row, word: str = "Start date") -> str:
        headers = [*PLATFORM, *CELLS]
        ids = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in headers)
        second = ",".join([word, *(f'"{name}\nquestion, {name}"' for name in headers[1:])])
        sound = {**CELLS, "Status": "IP Address", "Finished": "True", "StartDate": "2026-02-01 10:00:00"}
        lines = [",".join({**sound, **row}.get(name, "") for name in headers) for row in rows]
        return "\n".join([",".join(headers), second, ids, *lines])

    return text


@pytest.fixture(scope="session")
def declare(small_form: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ExportDeclaration]:
    """Return a function that writes a file and declares it; a further file replaces it."""
    path = tmp_path_factory.mktemp("exports") / "answers.csv"

    def write(content: str | bytes, **declared: Any) -> ExportDeclaration:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        known: dict[str, Any] = {"name": path.name, "path": path, "instrument": small_form, "waves": {"pre": ""}}
        return ExportDeclaration(**{**known, **declared})

    return write
