"""Coverage of 95% intervals with few hosts: python benchmarks/coverage_mixed.py [--seeds 2000] [--r 200]

Every cell simulates `seeds` studies: hosts of 4, 8 and 12 people, a contrast within hosts and one between them (half of
the hosts treated, or two), host effects that make up the ICC, both true effects zero. It prints the share of intervals
that hold zero, as a Markdown table. With --r, R's lmerTest, pbkrtest and clubSandwich are run on the first studies of
every cell, and their coverage on the same data stands beside ours.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.mixed import fit_mixed
from toolkit.stats.mixed_degrees import prepare_inference
from toolkit.stats.mixed_inference import estimate_effects
from toolkit.stats.mixed_terms import RandomTerm
from toolkit.stats.wild_bootstrap import bootstrap_wild

ICCS = (0.02, 0.1, 0.3)
HOSTS = (6, 12, 40)
DESIGNS = ("balanced", "2 treated")
SIZES = (4, 8, 12)
CONTRASTS = ("within", "between")
METHODS = ("Kenward-Roger", "Satterthwaite", "CR2", "wild")
WILD_DRAWS = 999

R_SCRIPT = """
suppressMessages({library(lmerTest); library(clubSandwich)})
d <- read.csv(commandArgs(TRUE)[1])
out <- by(d, d$study, function(s) {
  m <- suppressMessages(lmer(y ~ within + between + (1 | host), s,
            control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))))
  kr <- coef(summary(m, ddf = "Kenward-Roger")); sa <- coef(summary(m))
  l <- lm(y ~ within + between, s)
  cr <- coef_test(l, vcovCR(l, cluster = s$host, type = "CR2"), test = "Satterthwaite")
  rows <- c("within", "between")
  data.frame(study = s$study[1], contrast = rows, kr = kr[rows, "Pr(>|t|)"], sa = sa[rows, "Pr(>|t|)"],
             cr = cr$p_Satt[match(rows, rownames(cr))])
})
write.csv(do.call(rbind, out), commandArgs(TRUE)[2], row.names = FALSE)
"""


def lay_out(hosts: int, design: str) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return host, within-host column and between-host column of every row."""
    sizes = [SIZES[place % len(SIZES)] for place in range(hosts)]
    host = np.repeat(np.arange(hosts), sizes)
    within = np.concatenate([np.arange(size) % 2 for size in sizes]).astype(float)
    # Treated hosts are spread over the sizes.
    treated = np.arange(hosts) % 2 == 0 if design == "balanced" else np.isin(np.arange(hosts), (0, 1))
    return host, within, treated[host].astype(float)


def covers(seed: int, *, icc: float, hosts: int, design: str) -> dict[tuple[str, str], bool]:
    """Simulate one study and say which intervals hold the true effects."""
    host, within, between = lay_out(hosts, design)
    outcome = simulate(seed, icc=icc, host=host, hosts=hosts)
    fixed = {"within": within, "between": between}
    term = RandomTerm(group="host", codes=host, levels=hosts)
    fit = fit_mixed(outcome, fixed, random=[term])
    robust = fit_clustered(outcome, fixed, cluster=host)
    found = {
        "Kenward-Roger": estimate_effects(prepare_inference(fit, df_method="kenward_roger"))[1:],
        "Satterthwaite": estimate_effects(prepare_inference(fit, df_method="satterthwaite"))[1:],
        "CR2": estimate_robust(robust)[1:],
    }
    held = {
        (method, contrast): effect.p_value is not None and effect.p_value > 0.05
        for method, effects in found.items()
        for contrast, effect in zip(CONTRASTS, effects, strict=True)
    }
    for contrast in CONTRASTS:
        test = bootstrap_wild(robust, contrast, interval=False, draws=WILD_DRAWS, seed=seed)
        held["wild", contrast] = test.p_value is None or test.p_value > 0.05
    return held


def simulate(seed: int, *, icc: float, host: NDArray[np.intp], hosts: int) -> NDArray[np.float64]:
    """Draw outcomes with a total variance of 1."""
    rng = np.random.default_rng([seed, hosts, round(icc * 100)])
    return rng.normal(0, np.sqrt(icc), hosts)[host] + rng.normal(0, np.sqrt(1 - icc), host.size)


def cover_in_r(studies: int, *, icc: float, hosts: int, design: str) -> dict[tuple[str, str], float]:
    """Coverage of R's own intervals on the first `studies` of a cell; empty without R."""
    if studies == 0 or shutil.which("Rscript") is None:
        return {}
    host, within, between = lay_out(hosts, design)
    with tempfile.TemporaryDirectory() as folder:
        script, data, result = (Path(folder) / name for name in ("cover.R", "data.csv", "out.csv"))
        script.write_text(R_SCRIPT, encoding="utf-8")
        with data.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["study", "y", "host", "within", "between"])
            for seed in range(studies):
                outcome = simulate(seed, icc=icc, host=host, hosts=hosts)
                rows = zip(outcome.tolist(), host.tolist(), within.tolist(), between.tolist(), strict=True)
                writer.writerows([seed, *row] for row in rows)
        subprocess.run(["Rscript", str(script), str(data), str(result)], check=True, capture_output=True)
        with result.open(encoding="utf-8", newline="") as stream:
            rows_back = list(csv.DictReader(stream))
    names = {"Kenward-Roger": "kr", "Satterthwaite": "sa", "CR2": "cr"}
    return {
        (method, contrast): float(np.mean([float(r[short]) > 0.05 for r in rows_back if r["contrast"] == contrast]))
        for method, short in names.items()
        for contrast in CONTRASTS
    }


def main() -> None:
    """Print the table, one line per contrast and cell as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--r", type=int, default=0, help="studies of each cell that R is run on too")
    arguments = parser.parse_args()
    with_r = [f"{method} ours/R, {arguments.r}" for method in METHODS[:3]] if arguments.r else []
    heads = ["contrast", "design", "hosts", "ICC", *METHODS, *with_r]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for design in DESIGNS:
        for hosts in HOSTS:
            for icc in ICCS:
                kept: dict[tuple[str, str], list[bool]] = defaultdict(list)
                for seed in range(arguments.seeds):
                    for key, held in covers(seed, icc=icc, hosts=hosts, design=design).items():
                        kept[key].append(held)
                peer = cover_in_r(arguments.r, icc=icc, hosts=hosts, design=design)
                for contrast in CONTRASTS:
                    cells = [f"{100 * np.mean(kept[method, contrast]):.1f}" for method in METHODS]
                    for method in METHODS[:3] if arguments.r else ():
                        ours = 100 * np.mean(kept[method, contrast][: arguments.r])
                        theirs = peer.get((method, contrast))
                        cells.append(f"{ours:.1f}/" + ("not measured" if theirs is None else f"{100 * theirs:.1f}"))
                    print("| " + " | ".join([contrast, design, str(hosts), str(icc), *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
