"""One code for two questions, and value labels that turn round between waves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toolkit.core.errors import ProblemLog
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.ingest import ExportDeclaration, RawExport, check_agreement, tidy
from toolkit.ingest.layout import build_frame
from toolkit.ingest.table import Table
from toolkit.instruments import Instrument

Labels = dict[str, str] | None
AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
SAME = {str(score): text for score, text in enumerate(AGREEMENT, start=1)}
TURNED = {str(6 - int(code)): text for code, text in SAME.items()}


@pytest.fixture
def file(small_form: Instrument) -> Callable[..., RawExport]:
    """Return a function that makes an export of two questions with the texts and labels given."""
    form = replace(small_form, items=(small_form.item("m1"), small_form.item("m2")), scales=())

    def make(
        wave: str, *, text: str = "", labels: dict[str, str] | None = None, cell: str = "1", **declared: object
    ) -> RawExport:
        name = f"{wave}.csv"
        declaration = ExportDeclaration(
            name=name,
            path=Path(name),
            instrument=form,
            waves={wave: ""},
            **declared,  # type: ignore[arg-type]
        )
        built = build_frame([["m1", "m2"], [cell, "1"]], name=name, header_rows=1, log=ProblemLog())
        assert built is not None
        table = Table(
            frame=built[0],
            rows=built[1],
            texts={"m1": text} if text else {},
            value_labels={"m1": labels} if labels else {},
        )
        return RawExport(
            table=table,
            platform="spss",
            evidence="",
            declaration=declaration,
            ledger=Ledger(),
            provenance=Provenance(inputs={}, instruments={}),
        )

    return make


def problems(*raws: RawExport) -> list[str]:
    log = ProblemLog()
    check_agreement(raws, raws[0].declaration.instrument, log=log)
    return [str(problem) for problem in log.problems]


@pytest.mark.parametrize(
    "texts",
    [
        ("I am glad.", "I am glad."),
        ("I am glad.", "Sono contento"),
        ("<b>I am glad</b>", "Mood - I am glad."),
        ("", "I worry about applying for a job"),
        ("How I am", "how  I am."),
    ],
)
def test_the_same_question(file: Callable[..., RawExport], texts: tuple[str, str]) -> None:
    assert problems(file("pre", text=texts[0]), file("post", text=texts[1])) == []


@pytest.mark.parametrize(
    "texts",
    [("I know how to apply for a job", "I worry about applying for a job"), ("I am glad.", "I am sad.")],
)
def test_another_text_under_the_same_code(file: Callable[..., RawExport], texts: tuple[str, str]) -> None:
    (said,) = problems(file("pre", text=texts[0]), file("post", text=texts[1]))
    assert all(text in said for text in texts)
    assert "column m1: the question m1 has other words" in said
    assert problems(file("pre", text=texts[0]), file("post", text=texts[1], columns={"m1": "m1"})) == []


def test_turned_labels_are_reported_and_followed(file: Callable[..., RawExport]) -> None:
    pre, post = file("pre", labels=SAME, cell="2"), file("post", labels=TURNED, cell="2")
    form = pre.declaration.instrument
    log = ProblemLog()
    notes = check_agreement([pre, post], form, log=log)
    assert not log.problems
    assert [note.split(":")[0] for note in notes] == ["post.csv"]
    assert "m1 stand for other numbers here than in other files" in notes[0]
    assert check_agreement([pre, replace(pre)], form, log=log) == ()
    assert len(check_agreement([post], form, log=log)) == 1
    np.testing.assert_array_equal([tidy(raw, form).frame["m1"].iloc[0] for raw in (pre, post)], [2.0, 4.0])
