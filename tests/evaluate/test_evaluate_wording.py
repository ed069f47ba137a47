"""No text that readers see claims a cause, as long as no design below the causal level may."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.core.shipped import shipped_path

TOOLKIT = shipped_path("toolkit")
NOTEBOOKS = sorted(shipped_path("notebooks").glob("*.ipynb"))
PHRASES = Path(__file__).parents[1] / "reference" / "causal_phrases.csv"
ROOMS = ("core", "disclosure", "evaluate", "ingest", "instruments", "measure", "report", "run", "stats", "study")
SOURCES = [path for room in ROOMS for path in sorted((TOOLKIT / room).rglob("*.py"))]
TEMPLATES = sorted((TOOLKIT / "report").rglob("*.j2"))


@pytest.fixture(scope="module")
def claims() -> re.Pattern[str]:
    with PHRASES.open(encoding="utf-8", newline="") as file:
        phrases = [row["phrase"] for row in csv.DictReader(file)]
    return re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b", re.IGNORECASE)


def texts_of(tree: ast.AST) -> Iterator[str]:
    """Every string constant but docstrings; parts that Python joins are one constant."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    apart = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            yield node.value


def notebook_texts(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        yield from texts_of(ast.parse(source)) if cell["cell_type"] == "code" else [source]


def found(texts: Iterator[str], claims: re.Pattern[str]) -> list[str]:
    return [text for text in texts if claims.search(" ".join(text.split()))]


@pytest.mark.parametrize(
    "text", ["The placement caused this.", "Grazie a\nvoi", "IMPACTUL", "på grund av", "ha portato a"]
)
def test_the_net_catches(claims: re.Pattern[str], text: str) -> None:
    assert found(iter([text]), claims) == [text]
    code = f'"""{text}"""\ndef f():\n    """{text}"""\n    return {text!r}'
    assert found(texts_of(ast.parse(code)), claims) == [text]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(TOOLKIT).as_posix())
def test_no_text_of_the_toolkit_claims_a_cause(claims: re.Pattern[str], path: Path) -> None:
    assert found(texts_of(ast.parse(path.read_text(encoding="utf-8"))), claims) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_no_notebook_claims_a_cause(claims: re.Pattern[str], path: Path) -> None:
    assert list(notebook_texts(path))
    assert found(notebook_texts(path), claims) == []


def test_no_template_claims_a_cause(claims: re.Pattern[str]) -> None:
    assert TEMPLATES
    assert NOTEBOOKS
    assert found((path.read_text(encoding="utf-8") for path in TEMPLATES), claims) == []
