"""Reference tables and a small host form."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit.core.shipped import shipped_path
from toolkit.roi.host_form import FORM_DRIVERS
from toolkit.roi.reference import ReferenceTables, TableName, build_reference_tables

REFERENCE = Path(__file__).resolve().parent.parent / "reference" / "roi"


@pytest.fixture(scope="session")
def published() -> Callable[[str], Any]:
    return lambda name: json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def read_table(name: TableName) -> tuple[TableName, str, pd.DataFrame]:
    path = shipped_path("surveys", "reference", f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return name, f"{name}.csv", pd.DataFrame(rows)


@pytest.fixture(scope="session")
def tables() -> ReferenceTables:
    return build_reference_tables([read_table("prices"), read_table("exchange_rates"), read_table("ppp")])


@pytest.fixture
def form() -> Callable[..., dict[str, Any]]:
    """One row of the host cost form: every figure zero and exact but those given as stem=(low, mode, high)."""

    def row(**given: Any) -> dict[str, Any]:
        record: dict[str, Any] = {
            **{"file": "costs.csv", "row": 2, "host": "h1", "country": "it", "currency": "eur"},
            **{"priceyear": 2023.0, "nplace": 2.0},
        }
        for driver in FORM_DRIVERS:
            values = given.pop(driver.stem, 0.0)
            low, mode, high = values if isinstance(values, tuple) else (values, values, values)
            record |= {f"{driver.stem}l": low, f"{driver.stem}m": mode, f"{driver.stem}h": high}
            record[f"{driver.stem}s"] = "pay"
        return record | given

    return row
