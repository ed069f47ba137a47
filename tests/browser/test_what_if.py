"""The what-if page in a real browser says what Python says, by keyboard too."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.report.what_if import MOST_BYTES, render_what_if
from toolkit.roi.what_if import LEVERS, WhatIf, compute_what_if

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
N_INPUTS = 1000
SLOWEST_MS = 50  # The page's promise for a change of figures, and here of five at once; it takes about one.
CLOSE = 1e-9  # The same formulas in the same order; the page's fields hold 17 digits.
BASE = {
    "wage": 17.25, "hours": 3520.0, "productivity": 0.55, "supervision": 480.0, "hires": 2.0, "simple": 0.33,
    "skilled": 0.31, "guidance_rate": 26.5, "other_costs": 15200.0, "per_hire": 940.0,
}  # fmt: skip


def _draw_levers() -> list[dict[str, float]]:
    rng = np.random.default_rng(20260101)
    most = {"wage": 60, "hours": 9000, "productivity": 1, "supervision": 3000, "hires": 20}
    drawn = [{name: float(rng.uniform(0, most[name])) for name in LEVERS} for _ in range(N_INPUTS - 2)]
    return [*drawn, dict.fromkeys(LEVERS, 0.0), {name: float(most[name]) for name in LEVERS}]


@pytest.mark.parametrize("other_costs", [15200.0, 0.0])
def test_the_page_agrees_with_python_on_random_inputs(
    check_pages: Callable[..., Any], tmp_path: Path, other_costs: float
) -> None:
    base = BASE | {"other_costs": other_costs}
    page, inputs = tmp_path / "what-if.html", tmp_path / "inputs.json"
    text = render_what_if({"base": base, "unit": "EUR 2023", "language": "en"}, title="What if?")
    page.write_text(text, encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    sets = _draw_levers()
    inputs.write_text(json.dumps(sets), encoding="utf-8")
    done = subprocess.run(
        ["node", str(HERE / "drive_what_if.mjs"), str(page), str(inputs)],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["errors"] == []
    assert (found["reached"], found["moved"]) == ("lever-wage", True)
    undefined = 0
    for levers, result in zip(sets, found["results"], strict=True):
        right = compute_what_if(WhatIf(**base), levers)
        expected: dict[str, Any] = {name: getattr(right, name) for name in ("cost", "benefit", "net_cost", "bcr")}
        # A field shows its figure times 100 where it asks for per cent, and may lose the last digit by it.
        for name, wanted in expected.items():
            got = result["values"][name]
            assert got == (None if wanted is None else pytest.approx(wanted, rel=CLOSE, abs=1e-6)), (name, levers)
        for name in LEVERS:
            wanted, got = right.break_even[name], result["break_even"][name]
            assert got == (None if wanted is None else pytest.approx(wanted, rel=1e-7, abs=1e-6)), (name, levers)
            undefined += wanted is None
    assert undefined > 0
    assert found["slowest"] < SLOWEST_MS


def test_the_page_is_quiet_accessible_and_fits(
    check_pages: Callable[[Sequence[Path]], list[dict[str, Any]]], tmp_path: Path
) -> None:
    page = tmp_path / "what-if.html"
    text = render_what_if({"base": BASE, "unit": "SEK 2023", "language": "en"}, title="What if?")
    page.write_text(text, encoding="utf-8")
    (result,) = check_pages([page])
    assert result["requests"] == []
    assert result["console_errors"] == []
    for seen in result["widths"]:
        assert seen["violations"] == []
        assert seen["scroll_width"] <= seen["client_width"]
