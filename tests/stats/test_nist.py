"""Numerical accuracy on NIST's reference sets: digits that agree with the certified figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .nist import Score, all_scores, simon_lesage
from .reference_values import load_columns

DOCS = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"

# What double precision of the data themselves leaves, less one digit: at an offset of 10^12 a tenth has four digits.
FEWEST_DIGITS = {
    "NumAcc3": 9,
    "NumAcc4": 8,
    **dict.fromkeys(["SmLs04", "SmLs05", "SmLs06"], 9),
    **dict.fromkeys(["SmLs07", "SmLs08", "SmLs09"], 3),
    # The residual is 10^4 to 10^7 times the coefficients.
    "Wampler3": 8.5,
    "Wampler4": 6.5,
    "Wampler5": 4.5,
    "Wampler1": 9,
    "Longley": 10,
}
USUAL = 12

SCORES = all_scores()


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)
def test_digits_that_agree(score: Score):
    assert score.fewest >= FEWEST_DIGITS.get(score.name, USUAL)


@pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)
def test_the_table_in_the_documents_promises_no_more(score: Score):
    (line,) = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {score.name} |")]
    promised = float(line.split("|")[4])
    # Another processor may round a last digit otherwise.
    assert score.fewest >= promised - 1


@pytest.mark.parametrize(("number", "file"), [(1, "nist_smls01.csv"), (4, "nist_smls04.csv"), (7, "nist_smls07.csv")])
def test_the_rule_makes_the_files(number, file):
    values, groups, _ = simon_lesage(number)
    table = load_columns(file, "treatment", "y")
    np.testing.assert_array_equal(groups + 1, table[:, 0])
    np.testing.assert_array_equal(values, table[:, 1])
