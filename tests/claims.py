"""Grade the designs of a file and compare with the levels it expects: ``python -m tests.claims FILE``.

The file is a CSV with the columns of ``tests/reference/claims.csv``; a blank cell is "not known".
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolkit.core.errors import UsageError
from toolkit.evaluate import Comparison, Design, Measure, grade_design

WAVES = {"pre": "pre", "post": "post", "follow_up": "followup"}
MEASURES: Mapping[str, Measure] = {
    "validated scale": "validated_scale",
    "own scale": "own_scale",
    "then-test": "then_test",
    "reaction items": "reaction",
    "records": "records",
}
COMPARISONS: Mapping[str, Comparison] = {
    "none": "none",
    "convenience": "convenience",
    "matched": "matched",
    "quasi-random": "quasi_random",
    "randomised": "randomised",
}
EXPECTED = ("nesta_max", "maryland_max", "causal_wording")


def read_design(row: Mapping[str, str]) -> Design:
    """Return the design that a row of the file describes.

    Raises
    ------
    UsageError
        The flags contradict each other.
    """

    def flag(name: str) -> bool:
        return row.get(name, "") == "1"

    def share(name: str) -> float | None:
        return float(row[name]) if row.get(name) else None

    if flag("randomised") and row["comparison"] == "none":
        raise UsageError("randomised, and there is no comparison group")
    return Design(
        waves=tuple(wave for column, wave in WAVES.items() if flag(column)),
        comparison="randomised" if flag("randomised") else COMPARISONS[row["comparison"]],
        adjusted=flag("adjusted"),
        balance_shown=flag("baseline_balance_shown"),
        loss_overall=share("attrition_overall_pct"),
        loss_differential=share("attrition_differential_pct"),
        replicated=flag("replicated"),
        external_evaluator=flag("external_evaluator"),
        measure=MEASURES.get(row["measure"], "own_scale"),
    )


def compare(row: Mapping[str, str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the levels of a row's design and those that the row expects."""
    level = grade_design(read_design(row))
    return (level.nesta, level.maryland, int(level.causal)), tuple(int(row[column]) for column in EXPECTED)


def main(arguments: Sequence[str]) -> int:
    """Print one line for each design and how many agree; return 1 unless all do."""
    with Path(arguments[0]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    agreed = 0
    for row in rows:
        found, expected = compare(row)
        agreed += found == expected
        print(row["id"], "agrees" if found == expected else f"differs: {found}, expected {expected}", row["design"])
    print(f"{agreed} of {len(rows)} designs agree")
    return int(agreed != len(rows))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
