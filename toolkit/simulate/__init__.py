"""Floor 5: made-up cohorts whose true change is known, written as the files a survey platform exports."""

from __future__ import annotations

from toolkit.simulate.cohort import Cohort, simulate_cohort
from toolkit.simulate.example import EXAMPLE_SEED, example_form, write_example
from toolkit.simulate.latent import ScaleModel, expected_change, model_scale
from toolkit.simulate.qualtrics import write_qualtrics

__all__ = [
    "EXAMPLE_SEED",
    "Cohort",
    "ScaleModel",
    "example_form",
    "expected_change",
    "model_scale",
    "simulate_cohort",
    "write_example",
    "write_qualtrics",
]
