from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from tests.reference.__main__ import last_line, main, run_fixture
from tests.reference.comparing import AnyOf, Within, compare, is_close, tolerance_of
from tests.reference.fixtures import Fixture, FixtureError, parse_table, read_fixtures
from tests.reference.methods import METHODS
from tests.reference.not_offered import NOT_OFFERED

FOLDER = Path(__file__).resolve().parent
FIXTURES = list(read_fixtures(FOLDER))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)
def test_every_value_agrees(fixture: Fixture) -> None:
    lines = run_fixture(fixture)
    assert [line for line in lines if line.verdict in ("differs", "missing")] == []
    assert any(line.verdict == "agrees" for line in lines)


def test_every_known_method_is_run() -> None:
    assert set(METHODS) == {fixture.method for fixture in FIXTURES}


def make(values: object, *, method: str = "tost_paired", tolerance: str = "rtol 1e-6") -> Fixture:
    return Fixture("made", method, {}, values, tolerance, FOLDER)


def verdicts(values: object, offered: object, *, tolerance: str = "rtol 1e-6") -> dict[str, str]:
    return {line.path: line.verdict for line in compare(make(values, tolerance=tolerance), offered)}


def test_a_wrong_value_differs_and_a_lacking_one_is_missing() -> None:
    found = verdicts({"a": 1.0, "b": [1.0, 2.0], "c": 3.0}, {"a": 1.0000001, "b": [1.0, 2.1]})
    assert found == {"a": "agrees", "b.0": "agrees", "b.1": "differs", "c": "missing"}


def test_null_text_and_truth_are_compared_as_such() -> None:
    expected = {"a": None, "b": "x", "c": True, "d": None, "e": 0}
    offered = {"a": None, "b": "y", "c": 1.0, "e": 1e-12}
    assert verdicts(expected, offered) == {"a": "agrees", "b": "differs", "c": "differs", "e": "agrees"}


def test_nan_never_agrees() -> None:
    assert not is_close(math.nan, math.nan, tolerance=(1e-6, 1.0))
    assert verdicts({"a": 1.0}, {"a": math.nan}) == {"a": "differs"}


def test_one_of_several_conventions_is_enough_and_is_named() -> None:
    (line,) = compare(make({"a": 2.0}), {"a": AnyOf({"first": 1.0, "second": 2.0})})
    assert (line.verdict, line.note) == ("agrees", "second")
    assert verdicts({"a": 3.0}, {"a": AnyOf({"first": 1.0})}) == {"a": "differs"}


def test_a_value_may_bring_its_own_tolerance() -> None:
    assert verdicts({"a": 1.0}, {"a": Within(1.04, 0.05)}) == {"a": "agrees"}
    assert verdicts({"a": 1.0}, {"a": Within(1.06, 0.05)}) == {"a": "differs"}


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("rtol 1e-9", ("a",), (1e-9, 0.0)),
        ("Monte Carlo: atol 0.05 (mean) / 0.06", ("a",), (0.0, 0.05)),
        ("rtol 1e-6 for alpha; 1e-4 omega", ("a",), (1e-6, 0.0)),
        ("rtol 1e-5 fixed effects/SE, 1e-3 profile CI", ("fixef", "x", "Estimate"), (1e-5, 0.0)),
        ("rtol 1e-5 fixed effects/SE, 1e-3 profile CI", ("fixef", "x", "df"), (1e-4, 0.0)),
        ("rtol 1e-5 fixed effects/SE, 1e-3 profile CI", ("profile_ci95", "sigma", "2.5 %"), (1e-3, 0.0)),
        ("", ("a",), (1e-6, 0.0)),
    ],
)
def test_tolerances_are_read_as_the_fixtures_mean_them(text: str, path: tuple[str, ...], expected: object) -> None:
    assert tolerance_of(make({}, tolerance=text), path) == expected


def test_quoted_numbers_are_text_and_blank_cells_are_missing() -> None:
    table = parse_table("made.csv", '"a","b","c d"\r\n"1",2,"x, ""y"""\n"",,"line\nbreak"\n')
    assert table.columns == {"a": ["1", None], "b": [2.0, None], "c d": ['x, "y"', "line\nbreak"]}
    assert table.labels("b") == ["2", None]
    assert table.numbers("b * 2 - 1")[0] == 3


def test_a_column_that_is_not_there_is_named() -> None:
    table = parse_table("made.csv", "a\n1\n")
    with pytest.raises(FixtureError, match=r"made\.csv has no column 'b'; it has a"):
        table.numbers("b - a")


def test_a_ragged_file_is_refused() -> None:
    with pytest.raises(FixtureError, match=r"row 2 has 1 cells"):
        parse_table("made.csv", "a,b\n1\n")


def test_a_broken_fixture_is_told_and_the_others_still_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values, data = tmp_path / "values", tmp_path / "data"
    values.mkdir(), data.mkdir()
    (values / "a_broken.json").write_text("{", encoding="utf-8")
    (values / "b_without_data.json").write_text(
        '{"method": "icc", "inputs": {"data": "none.csv"}, "values": {"icc": [1]}}', encoding="utf-8"
    )
    (values / "c_new.json").write_text('{"method": "séance", "values": {}}', encoding="utf-8")
    (values / "d_good.json").write_text(
        '{"method": "adjust_pvalues", "inputs": {"data": "p.csv", "p": "p"}, "values": {"holm": [0.02, 0.04]}, '
        '"tolerance": "rtol 1e-12"}',
        encoding="utf-8",
    )
    (data / "p.csv").write_text("p\n0.01\n0.04\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "there is no data file 'none.csv'" in out
    assert out.splitlines()[-1] == (
        "fixtures agreed 1 / 3, values agreed 2 / 2, values not offered 0, methods not yet known 1 (séance)"
    )


def test_a_folder_without_values_is_a_wrong_call(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2


def test_the_totals_are_one_line() -> None:
    assert "\n" not in last_line(Counter(), [])


def test_what_is_not_offered_has_a_reason_and_a_known_method() -> None:
    for entry in NOT_OFFERED:
        assert entry.method in METHODS
        assert len(entry.reason) > 20
