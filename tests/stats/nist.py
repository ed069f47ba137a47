"""NIST StRD sets that follow a published rule or come with an installed package, and their certified values.

NIST Statistical Reference Datasets, a work of the US government. PiDigits, Lottery, Lew, Mavro, Michelso, AtmWtAg,
Norris, Pontius and Filip are not among them: their data were not at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import log10

import numpy as np
import statsmodels.datasets

from toolkit.stats import oneway_anova, paired_mean
from toolkit.stats.regression import fit_linear

MOST_DIGITS = 15.0


@dataclass(frozen=True)
class Score:
    """One set: the digits of each figure that agree with the certified ones."""

    name: str
    kind: str
    digits: dict[str, float]

    @property
    def fewest(self) -> float:
        return min(self.digits.values())


def log_relative_error(found: float, certified: float) -> float:
    """Digits that agree, at most 15; of a certified zero, those before the first that differs from it."""
    gap = abs(found - certified) / (abs(certified) or 1.0)
    return MOST_DIGITS if gap == 0 else min(MOST_DIGITS, max(0.0, -log10(gap)))


def alternating(offset: str) -> np.ndarray:
    """NumAcc2 to 4: one value at the centre, then 500 pairs a tenth below and above."""
    centre = Decimal(offset) + Decimal("0.2")
    low, high = centre - Decimal("0.1"), centre + Decimal("0.1")
    return np.array([float(centre)] + [float(low), float(high)] * 500)


UNIVARIATE = {
    "NumAcc1": (lambda: np.array([10000001.0, 10000003.0, 10000002.0]), 10000002.0, 1.0),
    "NumAcc2": (lambda: alternating("1"), 1.2, 0.1),
    "NumAcc3": (lambda: alternating("1000000"), 1000000.2, 0.1),
    "NumAcc4": (lambda: alternating("10000000"), 10000000.2, 0.1),
}

# Centres of the nine treatments of Simon and Lesage; F is the number of replicates by construction.
CENTRES = ("0.4", "0.3", "0.5", "0.3", "0.5", "0.3", "0.5", "0.3", "0.5")


def simon_lesage(number: int) -> tuple[np.ndarray, np.ndarray, int]:
    """SmLs01 to 09: values, treatments, replicates; each treatment is its centre and pairs a tenth below and above."""
    replicates = (21, 201, 2001)[(number - 1) % 3]
    offset = Decimal(("1", "1000000", "1000000000000")[(number - 1) // 3])
    values = []
    for centre in CENTRES:
        middle, step = offset + Decimal(centre), Decimal("0.1")
        values += [float(middle)] + [float(middle - step), float(middle + step)] * (replicates // 2)
    return np.array(values), np.repeat(np.arange(9), replicates), replicates


# Resistivity of silicon by five instruments, five days each (SiRstv).
SILICON = np.array(
    [
        [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
        [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
        [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
        [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
        [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
    ]
)

WAMPLER_NOISE = np.array([-2048.0, 2048.0] * 11)[1:]
WAMPLER_NOISE[[0, 4, 8, 12, 16, 20]] = [759, 2523, 1838, 1838, 2523, 759]
WAMPLER_ERRORS = np.array(
    [2152.32624678170, 2363.55173469681, 779.343524331583, 101.475507550350, 5.64566512170752, 0.112324854679312]
)


def wampler(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and polynomial design of Wampler1 to 5."""
    x = np.arange(21.0)
    design = x[:, None] ** np.arange(6)
    if number == 2:
        return design @ 0.1 ** np.arange(6), design
    return design.sum(axis=1) + {1: 0, 3: 1, 4: 100, 5: 10000}[number] * WAMPLER_NOISE, design


def score_univariate() -> list[Score]:
    scores = []
    for name, (make, mean, sd) in UNIVARIATE.items():
        result = paired_mean(np.zeros_like(values := make()), values)
        scores.append(
            Score(
                name,
                "univariate",
                {"mean": log_relative_error(result.estimate, mean), "SD": log_relative_error(result.sd_change, sd)},
            )
        )
    return scores


def score_anova() -> list[Score]:
    result = oneway_anova(SILICON.ravel(), np.repeat(np.arange(5), 5))
    scores = [Score("SiRstv", "ANOVA", {"F": log_relative_error(result.statistic, 1.18046237440255)})]
    for number in range(1, 10):
        values, groups, replicates = simon_lesage(number)
        found = oneway_anova(values, groups).statistic
        scores.append(Score(f"SmLs0{number}", "ANOVA", {"F": log_relative_error(found, replicates)}))
    return scores


def score_regression() -> list[Score]:
    scores = []
    for number in (1, 2, 3, 4, 5):
        outcome, design = wampler(number)
        fit = fit_linear(outcome, design)
        certified = 0.1 ** np.arange(6) if number == 2 else np.ones(6)
        digits = {"coefficients": _fewest(fit.coefficients, certified)}
        if number > 2:
            factor = {3: 1, 4: 100, 5: 10000}[number]
            digits["errors"] = _fewest(fit.std_errors, WAMPLER_ERRORS * factor)
        scores.append(Score(f"Wampler{number}", "regression", digits))
    origin = fit_linear(np.arange(130.0, 141), np.arange(60.0, 71)[:, None])
    scores.append(_score_slope("NoInt1", origin, 2.07438016528926, 0.0165289256198347))
    scores.append(
        _score_slope("NoInt2", fit_linear([3.0, 4, 4], [[4.0], [5], [6]]), 0.727272727272727, 0.0420827318078432)
    )
    longley = statsmodels.datasets.longley.load_pandas()
    design = np.column_stack([np.ones(16), longley.exog.to_numpy(dtype=float)])
    fit = fit_linear(longley.endog.to_numpy(dtype=float), design)
    scores.append(
        Score(
            "Longley",
            "regression",
            {"coefficients": _fewest(fit.coefficients, LONGLEY), "errors": _fewest(fit.std_errors, LONGLEY_ERRORS)},
        )
    )
    return scores


LONGLEY = np.array(
    [
        -3482258.63459582,
        15.0618722713733,
        -0.0358191792925910,
        -2.02022980381683,
        -1.03322686717359,
        -0.0511041056535807,
        1829.15146461355,
    ]
)
LONGLEY_ERRORS = np.array(
    [
        890420.383607373,
        84.9149257747669,
        0.0334910077722432,
        0.488399681651699,
        0.214274163161675,
        0.226073200069370,
        455.478499142212,
    ]
)


def _fewest(found: np.ndarray, certified: np.ndarray) -> float:
    return min(log_relative_error(float(one), float(other)) for one, other in zip(found, certified, strict=True))


def _score_slope(name: str, fit, slope: float, error: float) -> Score:
    return Score(
        name,
        "regression",
        {
            "coefficients": log_relative_error(float(fit.coefficients[0]), slope),
            "errors": log_relative_error(float(fit.std_errors[0]), error),
        },
    )


def all_scores() -> list[Score]:
    """Every set that is at hand."""
    return [*score_univariate(), *score_anova(), *score_regression()]
