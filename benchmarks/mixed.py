"""Mixed models against their peers, from frame and formula: python benchmarks/mixed.py [--statsmodels-limit 200]

The peers are R's lme4 (Debian: apt-get install r-base-core r-cran-lme4) and statsmodels' MixedLM; without R it prints
"not measured". R's time is that of `lmer` alone, data already in memory, the best of three. MixedLM is stopped after
the limit, and the time until then is a lower bound. Ten million rows are held against numpy's sum of every column used,
as float64, in the same run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

from toolkit.evaluate.mixed_models import fit_formula, tabulate_effects

HOST = "y ~ wave + age + (1 | host)"
PERSON = "y ~ wave + age + (1 | host / person)"
ROUNDS = 5

R_SCRIPT = """
suppressMessages(library(lme4))
d <- read.csv(commandArgs(TRUE)[1], colClasses = c(host = "character", person = "character"))
for (f in c("y ~ wave + age + (1 | host)", "y ~ wave + age + (1 | host) + (1 | person)")) {
  t <- min(sapply(1:3, function(i) system.time(m <<- lmer(as.formula(f), d))[["elapsed"]]))
  cat(t, fixef(m)[["wave"]], as.data.frame(VarCorr(m))$vcov, "\\n")
}
"""


def simulate(people: int, hosts: int, *, seed: int, text: bool) -> pd.DataFrame:
    """Two waves with 15% lost at the second; hosts and people as text, or as whole numbers."""
    rng = np.random.default_rng(seed)
    host = np.sort(rng.integers(0, hosts, people))
    age = rng.integers(18, 30, people).astype(float)
    level = rng.normal(0, 0.33, hosts)[host] + rng.normal(0, 0.6, people)
    stays = rng.random(people) > 0.15
    person = np.concatenate([np.arange(people), np.flatnonzero(stays)])
    wave = np.concatenate([np.zeros(people), np.ones(int(stays.sum()))])
    outcome = 2.7 + 0.25 * wave + 0.01 * age[person] + level[person] + rng.normal(0, 0.5, person.size)
    frame = pd.DataFrame({"y": outcome, "wave": wave, "age": age[person], "host": host[person], "person": person})
    if text:
        frame["host"] = ("h" + frame["host"].astype(str)).astype("str")
        frame["person"] = ("p" + frame["person"].astype(str)).astype("str")
    return frame


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def time_lme4(frame: pd.DataFrame) -> list[list[float]] | None:
    """Seconds, slope of wave and variances of both models in R; None without R."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder) / "time.R", Path(folder) / "data.csv"
        script.write_text(R_SCRIPT, encoding="utf-8")
        frame.to_csv(data, index=False)
        done = subprocess.run(["Rscript", str(script), str(data)], capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def fit_statsmodels(frame: pd.DataFrame) -> None:
    """Fit the host model as its documentation has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        smf.mixedlm("y ~ wave + age", frame, groups="host").fit()


def time_statsmodels(frame: pd.DataFrame, limit: float) -> tuple[float, bool]:
    """Seconds of one fit, and whether it ended within the limit."""
    worker = multiprocessing.get_context("spawn").Process(target=fit_statsmodels, args=(frame,))
    start = time.perf_counter()
    worker.start()
    worker.join(limit)
    seconds, ended = time.perf_counter() - start, not worker.is_alive()
    if not ended:
        worker.terminate()
        worker.join()
    return seconds, ended


def compare_survey(limit: float) -> None:
    """185,000 rows against lme4 and MixedLM."""
    frame = simulate(100_000, 2_000, seed=5, text=True)
    print(f"rows {len(frame):,}, hosts 2,000, people 100,000, keys as text")
    ours = {formula: best(lambda f=formula: fit_formula(f, frame)) for formula in (HOST, PERSON)}
    tested = best(lambda: tabulate_effects(fit_formula(PERSON, frame), df_method="kenward_roger"), 3)
    theirs = time_lme4(frame)
    for place, formula in enumerate((HOST, PERSON)):
        fit = fit_formula(formula, frame).fit
        print(
            f"{formula:40} ours {ours[formula]:8.4f} s   wave {fit.coefficients[1]:.8f}   "
            f"variances {[round(part.variance, 7) for part in fit.variances]}"
        )
        if theirs is None:
            print("  lme4: not measured")
        else:
            seconds, wave, *variances = theirs[place]
            print(
                f"  lme4 {seconds:8.3f} s   wave {wave:.8f}   variances {variances}   "
                f"{seconds / ours[formula]:.0f} times"
            )
    print(f"{'the same with Kenward-Roger tests':40} ours {tested:8.4f} s")
    for hosts in (2_000, 300) if limit > 0 else ():
        made = simulate(100_000, hosts, seed=5, text=True)
        own = best(lambda f=made: fit_formula(HOST, f))
        seconds, ended = time_statsmodels(made, limit)
        sign = "" if ended else "more than "
        print(f"  MixedLM, {hosts:,} hosts: {sign}{seconds:.1f} s, ours {own:.4f} s, {sign}{seconds / own:.0f} times")


def compare_large(people: int) -> None:
    """Ten million rows against numpy's sum of every column used."""
    frame = simulate(people, people // 50, seed=6, text=False)
    print(f"rows {len(frame):,}, hosts {people // 50:,}, people {people:,}, keys as whole numbers")
    for formula, names in ((HOST, ["y", "wave", "age", "host"]), (PERSON, ["y", "wave", "age", "host", "person"])):
        columns = [frame[name].to_numpy(np.float64) for name in names]
        floors, times = [], []
        for _ in range(ROUNDS):
            floors.append(best(lambda c=columns: [column.sum() for column in c], 1))
            times.append(best(lambda f=formula: fit_formula(f, frame), 1))
        ratio = statistics.median(a / b for a, b in zip(times, floors, strict=True))
        print(
            f"{formula:40} ours {min(times):8.3f} s   "
            f"sums of {len(names)} columns {min(floors):.4f} s   ratio {ratio:.1f}"
        )


def main() -> None:
    """Run every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statsmodels-limit", type=float, default=200.0, help="seconds; 0 leaves MixedLM out")
    parser.add_argument("--people", type=int, default=5_405_405, help="of the large comparison")
    arguments = parser.parse_args()
    compare_survey(arguments.statsmodels_limit)
    compare_large(arguments.people)


if __name__ == "__main__":
    main()
