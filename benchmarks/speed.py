"""Speed as ratios against peers, measured in one run: python benchmarks/speed.py

Every line times ours and a peer in turn and prints the median ratio (ours / peer; below 1 is faster).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.stats
from statsmodels.stats.meta_analysis import combine_effects

from toolkit.core.shipped import shipped_path
from toolkit.stats import adjust_holm, cronbach_alpha, paired_mean, pool_estimates, standardised_change

ROUNDS = 5
ROWS = 1_000_000


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _command(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *words], check=True, capture_output=True)


def compare(name: str, ours: Callable[[], object], peer_name: str, peer: Callable[[], object]) -> None:
    """Print medians and the median ratio of `ROUNDS` paired runs."""
    ours(), peer()
    pairs = [(_seconds(ours), _seconds(peer)) for _ in range(ROUNDS)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{name:42} {mine:9.4f} s   {peer_name:34} {other:9.4f} s   ratio {ratio:.3f}")


def main() -> None:
    """Run every comparison, then time the demo."""
    rng = np.random.default_rng(1)
    pre = rng.normal(size=ROWS)
    post = pre + rng.normal(0.2, 1, size=ROWS)
    items = rng.integers(1, 6, size=(ROWS // 10, 10)).astype(float)
    effects, variances = rng.normal(size=2000), rng.uniform(0.5, 2, size=2000)
    p_values = rng.uniform(size=ROWS)

    compare("import toolkit", _command("-c", "import toolkit"), "import pandas", _command("-c", "import pandas"))
    compare(
        "paired_mean, 1e6 pairs",
        lambda: paired_mean(pre, post),
        "scipy ttest_rel",
        lambda: scipy.stats.ttest_rel(post, pre).confidence_interval(),
    )
    compare(
        "standardised_change, 1e6 pairs",
        lambda: standardised_change(pre, post),
        "scipy ttest_rel",
        lambda: scipy.stats.ttest_rel(post, pre).confidence_interval(),
    )
    compare(
        "cronbach_alpha, 1e5 x 10",
        lambda: cronbach_alpha(items),
        "pandas covariance matrix",
        lambda: pd.DataFrame(items).cov(),
    )
    compare(
        "pool_estimates (REML, KH), 2000 sites",
        lambda: pool_estimates(effects, variances),
        "statsmodels combine_effects (PM)",
        lambda: combine_effects(effects, variances, method_re="iterated").summary_frame(),
    )
    compare(
        "adjust_holm, 1e6",
        lambda: adjust_holm(p_values),
        "scipy false_discovery_control",
        lambda: scipy.stats.false_discovery_control(p_values),
    )
    with tempfile.TemporaryDirectory() as room:
        out = Path(room) / "demo"
        note = str(shipped_path("notebooks", "01_participant_outcomes.ipynb"))
        study = str(shipped_path("surveys", "example"))
        compare(
            "sivsen demo (two reports, index)",
            _command("-m", "toolkit.cli", "demo", "--output", str(out)),
            "papermill, one of the notebooks",
            _command("-m", "papermill", note, str(Path(room) / "out.ipynb"), "-p", "study", study),
        )


if __name__ == "__main__":
    main()
