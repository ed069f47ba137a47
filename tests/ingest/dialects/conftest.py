from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit.ingest import ExportDeclaration, Responses, read_export, tidy
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.instruments import Choice, Instrument, Item

EXPORTS = Path(__file__).parents[2] / "exports"


@pytest.fixture(scope="session")
def exports() -> Path:
    return EXPORTS


@pytest.fixture(scope="session")
def tasks() -> Item:
    """A question with several answers; one label starts with another, one holds a comma."""
    labels = {"bread": "Bread", "butter": "Bread, and butter", "till": "Till work", "none": "Nothing (of these)"}
    return Item(
        name="tasks",
        type="select_multiple",
        labels={"en": "What did you do?", "sv": "Vad gjorde du?"},
        waves=("pre", "post"),
        choices=tuple(Choice(name=name, labels={"en": label}) for name, label in labels.items()),
    )


@pytest.fixture(scope="session")
def form(small_form: Instrument, tasks: Item) -> Instrument:
    """The small form without its free context, with a question of several answers."""
    kept = [item for item in small_form.items if item.name in ("code", "country", "started", "m1", "m2", "h1", "pay")]
    return replace(small_form, items=(*(replace(item, waves=("pre", "post")) for item in kept), tasks), scales=())


@pytest.fixture(scope="session")
def form_of(small_form: Instrument) -> Callable[..., Instrument]:
    """Return a function that makes a form of some items of the small one, and of further ones."""

    def make(*items: str | Item) -> Instrument:
        chosen = tuple(small_form.item(item) if isinstance(item, str) else item for item in items)
        return replace(small_form, items=chosen, scales=())

    return make


@pytest.fixture
def declared(tmp_path: Path, form: Instrument) -> Callable[..., ExportDeclaration]:
    """Return a function that writes a file and declares it."""

    def write(content: str | bytes, **more: Any) -> ExportDeclaration:
        path = tmp_path / more.get("name", "answers.csv")
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        known: dict[str, Any] = {"name": path.name, "path": path, "instrument": form, "waves": {"pre": ""}}
        return ExportDeclaration(**{**known, **more})

    return write


@pytest.fixture
def tidied(declared: Callable[..., ExportDeclaration]) -> Callable[..., Responses]:
    """Return a function that writes a file, reads it and types its answers."""

    def run(content: str | bytes, **more: Any) -> Responses:
        declaration = declared(content, **more)
        return tidy(read_export(declaration), declaration.instrument)

    return run


ROUND = {
    "code": ["007", "A2", "A3"],
    "country": ["it", "se", "ro"],
    "started": ["2026-02-03", "", "2026-12-11"],
    "m1": ["a4", "a1", "pns"],
    "m2": ["a2", "", "a5"],
    "h1": ["3", "0", ""],
    "pay": ["7.5", "", "12"],
    "tasks": ["bread till", "butter", "none"],
}


@pytest.fixture
def check_round_trip(declared: Callable[..., ExportDeclaration], form: Instrument) -> Callable[..., Responses]:
    """Return a function that writes answers as a tool would and reads them back without a word being declared."""

    def check(dialect: Dialect, name: str) -> Responses:
        assert dialect.write is not None
        answers = Answers(instrument=form, wave="pre", language="en", frame=pd.DataFrame(ROUND, dtype="str"))
        raw = read_export(declared(dialect.write(answers), name=name))
        assert raw.platform == dialect.name
        responses = tidy(raw, form)
        frame = responses.frame
        assert frame["code"].tolist() == ["007", "A2", "A3"]
        assert frame["country"].tolist() == ["it", "se", "ro"]
        assert frame["m1"].tolist()[:2] == [4.0, 1.0]
        assert responses.reasons["m1"].tolist() == ["", "", "declined"]
        assert frame["m2"].tolist()[::2] == [2.0, 5.0]
        assert frame["h1"].tolist()[:2] == [3.0, 0.0]
        assert frame["pay"].tolist()[::2] == [7.5, 12.0]
        assert frame["started"].tolist()[::2] == ["2026-02-03", "2026-12-11"]
        assert frame["tasks"].tolist() == ["bread till", "butter", "none"]
        assert responses.reasons.loc[1, ["started", "m2", "pay"]].tolist() == ["blank"] * 3
        return responses

    return check
