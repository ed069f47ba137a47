"""Reads the external reference values and their data."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

REFERENCE = Path(__file__).resolve().parent.parent / "reference"


def load_fixture(name: str) -> dict[str, Any]:
    """The whole fixture; its expected output is under "values"."""
    text = (REFERENCE / "values" / f"{name}.json").read_text(encoding="utf-8")
    fixture: dict[str, Any] = json.loads(text)
    return fixture


def load_columns(file: str, *columns: str) -> NDArray[np.float64]:
    """One array row per file row; a blank cell is NaN; all columns when none is named."""
    folders = (REFERENCE / "data", REFERENCE / "data" / "gpl")
    path = next(folder / file for folder in folders if (folder / file).exists())
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        names = columns or tuple(reader.fieldnames or ())
        rows = [[float(row[name]) if row[name] else np.nan for name in names] for row in reader]
    return np.array(rows)
