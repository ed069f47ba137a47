from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.ingest import Responses
from toolkit.instruments import Instrument, load_instrument

NUMBERS = ("m1", "m2", "m3", "h1", "h2", "ls", "pay")

Rows = Sequence[Mapping[str, object]]


@pytest.fixture(scope="session")
def small_form() -> Instrument:
    return load_instrument(Path(__file__).parents[1] / "forms" / "small")


@pytest.fixture(scope="session")
def make_responses(small_form: Instrument) -> Callable[[Rows], Responses]:
    """Return a function that makes Responses; what a row leaves out is no answer, rows count from 2 in each wave."""

    def make(rows: Rows) -> Responses:
        items = [item.name for item in small_form.items if item.holds_answer]
        seen: dict[object, int] = {}
        records = []
        for row in rows:
            wave = row.get("wave", "pre")
            seen[wave] = seen.get(wave, 1) + 1
            source = {"wave": wave, "file": f"{wave}.csv", "row": seen[wave]}
            records.append({**dict.fromkeys(items), "consent": "yes", **source, **row})
        frame = pd.DataFrame(records, columns=["wave", "file", "row", *items])
        frame = frame.astype({name: "float64" if name in NUMBERS else "object" for name in items})
        return Responses(
            frame=frame,
            reasons=frame[items].isna().replace({True: "blank", False: ""}),
            instrument=small_form,
            notes=("pre.csv: a note",),
            ledger=Ledger(),
            provenance=Provenance(inputs={"pre.csv": "0"}),
        )

    return make
