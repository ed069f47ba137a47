"""The glossary, the ledger and Estimates."""

from __future__ import annotations

import pandas as pd
import pytest

from toolkit.core.errors import ToolkitError
from toolkit.core.estimates import ESTIMATE_COLUMNS, Estimates
from toolkit.core.glossary import GLOSSARY, conform_frame
from toolkit.core.ledger import LEDGER_COLUMNS, Ledger, LedgerLine
from toolkit.core.provenance import Provenance
from toolkit.evaluate import FINDING_COLUMNS

DTYPES = {"text": "str", "integer": "Int64", "number": "float64", "truth": "boolean"}


def line(count: int, *, n_in: int, reason: str = "why") -> LedgerLine:
    return LedgerLine(step="linked", reason=reason, count=count, n_in=n_in, n_out=n_in - count, source_rows=("a:2",))


@pytest.mark.parametrize("columns", [ESTIMATE_COLUMNS, LEDGER_COLUMNS, FINDING_COLUMNS])
def test_every_column_given_out_is_in_the_glossary_once(columns: tuple[str, ...]) -> None:
    assert set(columns) <= set(GLOSSARY)
    assert len(set(columns)) == len(columns)


def test_every_glossary_entry_has_a_meaning_a_label_and_a_type() -> None:
    for name, column in GLOSSARY.items():
        assert column.name == name
        assert column.label
        assert column.meaning.endswith(".")
        assert column.dtype == DTYPES[column.kind]


@pytest.mark.parametrize(
    ("names", "columns", "message"),
    [
        (["n", "odd"], ["n", "odd"], "column odd: the column is not in the glossary"),
        (["n", "odd"], ["n"], "column odd: the column is not in the glossary"),
        (["n"], ["n", "outcome"], "column outcome: the column is missing"),
        (["n", "outcome"], ["n"], "column outcome: the column is not declared for this table"),
    ],
)
def test_a_frame_with_other_columns_is_refused(names: list[str], columns: list[str], message: str) -> None:
    with pytest.raises(ToolkitError, match=message):
        conform_frame(pd.DataFrame([[1] * len(names)], columns=names), columns)


@pytest.mark.parametrize("rows", [0, 2])
def test_a_frame_gets_the_order_and_types_of_the_glossary(rows: int) -> None:
    frame = pd.DataFrame({"shown": [True] * rows, "estimate": [1] * rows, "n": [None] * rows, "outcome": ["m"] * rows})
    conformed = conform_frame(frame, ["outcome", "n", "estimate", "shown"])
    assert conformed.dtypes.astype(str).to_dict() == {
        "outcome": "str",
        "n": "Int64",
        "estimate": "float64",
        "shown": "boolean",
    }
    assert list(frame) == ["shown", "estimate", "n", "outcome"]


@pytest.mark.parametrize(("count", "n_in", "n_out"), [(1, 4, 4), (-1, 4, 5), (0, 4, 3), (5, 4, 0)])
def test_a_ledger_line_that_does_not_add_up_is_refused(count: int, n_in: int, n_out: int) -> None:
    with pytest.raises(ToolkitError, match="does not reconcile at step linked"):
        LedgerLine(step="linked", reason="", count=count, n_in=n_in, n_out=n_out)


def test_a_ledger_grows_by_copy() -> None:
    ledger = Ledger((line(1, n_in=4),))
    longer = ledger.add(line(0, n_in=3), line(3, n_in=3))
    assert [len(ledger.lines), len(longer.lines)] == [1, 3]
    assert longer.frame()["n_out"].tolist() == [3, 3, 0]
    assert longer.frame()["source_rows"].tolist() == ["a:2"] * 3
    assert list(Ledger().frame()) == list(LEDGER_COLUMNS)


def estimates(*records: dict[str, object], ledger: Ledger, provenance: Provenance | None = None) -> Estimates:
    return Estimates.from_records(records, ledger=ledger, provenance=provenance or Provenance())


def test_what_a_record_leaves_out_is_empty() -> None:
    frame = estimates({"outcome": "mood", "n": 3}, ledger=Ledger()).frame
    row = frame.iloc[0]
    assert row["outcome"] == "mood"
    assert row["notes"] == ""
    assert pd.isna(row["estimate"])
    assert frame.dtypes.astype(str).to_dict() == {name: GLOSSARY[name].dtype for name in ESTIMATE_COLUMNS}
    with pytest.raises(KeyError, match="conf_lvel"):
        estimates({"conf_lvel": 0.9}, ledger=Ledger())


def test_joined_estimates_keep_every_ledger_line_and_hash() -> None:
    shared, own, other = line(1, n_in=9), line(2, n_in=8), line(3, n_in=8, reason="other")
    first = estimates(
        {"estimator": "a"}, ledger=Ledger((shared, own)), provenance=Provenance(inputs={"a.csv": "1"}, seed=7)
    )
    second = estimates(
        {"estimator": "b"},
        {"estimator": "c"},
        ledger=Ledger((shared, other)),
        provenance=Provenance(inputs={"b.csv": "2"}),
    )
    joined = first.join(second)
    assert joined.frame["estimator"].tolist() == ["a", "b", "c"]
    assert joined.ledger.lines == (shared, own, other)
    assert joined.provenance == Provenance(inputs={"a.csv": "1", "b.csv": "2"}, seed=7)
    assert joined.select(["c", "a"]).frame["estimator"].tolist() == ["a", "c"]
    assert len(first.frame) == 1
