"""Values of known methods that are not offered, each with its reason: the one list."""

from __future__ import annotations

import re
from typing import NamedTuple


class LeftOut(NamedTuple):
    """Values of a method whose names match; `free` ones are R's own conventions or optimiser noise."""

    method: str
    names: str
    reason: str
    free: bool


NOT_OFFERED = (
    LeftOut(
        "signed_rank",
        r"r_wilcoxtest_asymp_cc\.(p|hl|ci\.\d+)",
        "R finds the median and its limits by uniroot to about 1e-4, and corrects for continuity; the toolkit gives "
        "the exact p and the exact median of pair averages",
        True,
    ),
    LeftOut(
        "signed_rank",
        r"effectsize_rank_biserial_paired\.CI_(low|high)",
        "everybody moved the same way: an interval without width is said to be undefined",
        True,
    ),
    LeftOut("bca", r"boot_package_.*", "Monte Carlo, and R boot's acceleration by regression, not the jackknife", True),
    LeftOut(
        "reliability",
        r"(omega_|cfa_|ordinal_|polychoric).*",
        "measurement models come with a later version of the toolkit",
        True,
    ),
)


def find_reason(method: str, name: str) -> LeftOut | None:
    """The entry that says why a value is not offered, or None."""
    for entry in NOT_OFFERED:
        if entry.method == method and re.fullmatch(entry.names, name):
            return entry
    return None
