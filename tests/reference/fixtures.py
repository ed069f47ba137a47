"""Reading a folder of fixtures: values/*.json and the data they name."""

from __future__ import annotations

import ast
import json
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Cell = float | str | None

MISSING = {"", "NA"}
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}


class FixtureError(Exception):
    """A fixture cannot be run: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of a data file: floats where every cell is a plain number, else text; None is missing."""

    name: str
    columns: dict[str, list[Cell]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def column(self, name: str) -> list[Cell]:
        if name not in self.columns:
            raise FixtureError(f"{self.name} has no column {name!r}; it has {', '.join(self.columns)}")
        return self.columns[name]

    def is_text(self, name: str) -> bool:
        return any(isinstance(cell, str) for cell in self.column(name))

    def numbers(self, name: str) -> Numbers:
        """A column, or an expression of columns such as "post - pre", as floats with NaN for missing."""
        if name not in self.columns:
            return self._evaluate(name)
        cells = self.column(name)
        try:
            return np.array([math.nan if cell is None else float(cell) for cell in cells])
        except ValueError as error:
            raise FixtureError(f"{self.name}, column {name!r} is text where numbers are needed") from error

    def labels(self, name: str) -> list[str | None]:
        """A column as text: 3.0 becomes "3"."""
        return [None if cell is None else write_label(cell) for cell in self.column(name)]

    def matrix(self, names: list[str] | None = None) -> Numbers:
        return np.stack([self.numbers(name) for name in (names or list(self.columns))], axis=1)

    def head(self, rows: int) -> Table:
        return Table(self.name, {name: cells[:rows] for name, cells in self.columns.items()})

    def _evaluate(self, text: str) -> Numbers:
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError:
            self.column(text)
            raise
        return np.asarray(self._value(tree, text), dtype=float)

    def _value(self, node: ast.expr, text: str) -> Any:
        if isinstance(node, ast.Name):
            self.column(node.id)
            return self.numbers(node.id)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](self._value(node.left, text), self._value(node.right, text))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._value(node.operand, text)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            return FUNCTIONS[node.func.id](self._value(node.args[0], text))
        raise FixtureError(f"{self.name} has no column {text!r}, and it is no simple expression of columns")


@dataclass(frozen=True, slots=True)
class Fixture:
    """One fixture with the folder its data lie in."""

    name: str
    method: str
    inputs: dict[str, Any]
    values: Any
    tolerance: str
    folder: Path

    def table(self, file: str | None = None) -> Table:
        name = file if file is not None else self.inputs.get("data")
        if not isinstance(name, str):
            raise FixtureError("its inputs name no data file")
        return read_table(self.folder, name)

    def input(self, name: str) -> Any:
        if name not in self.inputs:
            raise FixtureError(f"its inputs have no {name!r}; they have {', '.join(self.inputs) or 'none'}")
        return self.inputs[name]


def write_label(cell: float | str) -> str:
    return cell if isinstance(cell, str) else str(int(cell)) if float(cell).is_integer() else repr(cell)


def read_fixtures(folder: Path) -> Iterator[Fixture | tuple[str, str]]:
    """Every fixture of a folder in order of name, or its name and why it cannot be read."""
    for path in sorted((folder / "values").glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            yield Fixture(
                name=str(content.get("id", path.stem)),
                method=str(content["method"]),
                inputs=dict(content.get("inputs") or {}),
                values=content["values"],
                tolerance=str(content.get("tolerance", "")),
                folder=folder,
            )
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            yield path.stem, f"the file cannot be read: {error!r}"


def read_table(folder: Path, name: str) -> Table:
    for place in (folder / "data", folder / "data" / "gpl", folder):
        path = place / name
        if path.is_file():
            return parse_table(name, path.read_text(encoding="utf-8-sig"))
    raise FixtureError(f"there is no data file {name!r}")


def parse_table(name: str, text: str) -> Table:
    """A CSV as R writes it: a quoted number is text, since R quotes factors; an unquoted one is a number."""
    rows = list(_records(text))
    if not rows:
        raise FixtureError(f"{name} is empty")
    header = [cell for cell, _ in rows[0]]
    body = [row for row in rows[1:] if row != [("", False)]]
    for place, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise FixtureError(f"{name}, row {place} has {len(row)} cells; the header has {len(header)}")
    return Table(name, {label: _column([row[place] for row in body]) for place, label in enumerate(header)})


def _column(cells: list[tuple[str, bool]]) -> list[Cell]:
    raw = [None if not quoted and cell.strip() in MISSING else cell for cell, quoted in cells]
    if any(quoted for _, quoted in cells):
        return [None if cell == "" else cell for cell in raw]
    try:
        return [None if cell is None else float(cell) for cell in raw]
    except ValueError:
        return list(raw)


def _records(text: str) -> Iterator[list[tuple[str, bool]]]:
    """Rows of (cell, was quoted), quotes doubled inside quotes, line breaks allowed there."""
    row: list[tuple[str, bool]] = []
    cell: list[str] = []
    quoted = inside = False
    place, text = 0, text.replace("\r\n", "\n").replace("\r", "\n")
    if text and not text.endswith("\n"):
        text += "\n"
    while place < len(text):
        mark = text[place]
        if inside and mark == '"' and text[place + 1 : place + 2] == '"':
            cell.append('"')
            place += 1
        elif mark == '"':
            inside, quoted = not inside, True
        elif not inside and mark in ",\n":
            row.append(("".join(cell), quoted))
            cell, quoted = [], False
            if mark == "\n":
                yield row
                row = []
        else:
            cell.append(mark)
        place += 1
