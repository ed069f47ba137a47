"""Mixed models from a formula and a data frame, with tests of coefficients and of whole terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from toolkit.core.errors import Problem, UsageError
from toolkit.evaluate.designs import Design, build_design, marginal_contrasts
from toolkit.stats.mixed import MixedFit, fit_mixed
from toolkit.stats.mixed_degrees import DfMethod, prepare_inference
from toolkit.stats.mixed_inference import FixedEffect, JointTest, estimate_effects, run_joint_test
from toolkit.stats.mixed_likelihood import Method


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelFit:
    """A mixed model and the design it was fitted to.

    Attributes
    ----------
    design : Design
        Columns, groups and the rows set aside.
    fit : MixedFit
        Estimates.
    frame : pandas.DataFrame
        The data, as given.
    """

    design: Design
    fit: MixedFit
    frame: pd.DataFrame


def fit_formula(formula: str, frame: pd.DataFrame, *, method: Method = "reml") -> ModelFit:
    """Fit a mixed model written as lme4 writes it.

    Parameters
    ----------
    formula : str
        Such as ``self_efficacy ~ wave + age + (1 | host)``.
    frame : pandas.DataFrame
        One row per measurement. Rows with a missing value are set aside and counted.
    method : {"reml", "ml"}
        Restricted or full likelihood.

    Returns
    -------
    ModelFit
        Estimates with their design.

    Raises
    ------
    UsageError
        A formula that cannot be read, an unknown column, no random term, a model that the data cannot estimate.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1, 2, 4, 3, 6, 7], "wave": [0, 1] * 3, "host": list("aabbcc")})
    >>> fit_formula("y ~ wave + (1 | host)", frame).fit.coefficients.round(4).tolist()
    [3.6667, 0.3333]
    """
    design = build_design(formula, frame)
    if not design.random:
        raise UsageError(
            Problem(
                what="holds no random term",
                column="formula",
                allowed="one or more such as (1 | host)",
                mend="for a model without random terms use regression with cluster-robust errors",
            )
        )
    fit = fit_mixed(design.outcome, design.fixed, random=design.random, intercept=design.intercept, method=method)
    return ModelFit(design=design, fit=fit, frame=frame)


def tabulate_effects(
    model: ModelFit, *, df_method: DfMethod = "auto", conf_level: float = 0.95
) -> tuple[FixedEffect, ...]:
    """Return every fixed effect with its test and interval.

    Parameters
    ----------
    model : ModelFit
        From `fit_formula`.
    df_method : {"auto", "satterthwaite", "kenward_roger"}
        "auto" takes Kenward-Roger below 30 groups.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    tuple of FixedEffect
        One per coefficient.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1, 2, 4, 3, 6, 7], "wave": [0, 1] * 3, "host": list("aabbcc")})
    >>> tabulate_effects(fit_formula("y ~ wave + (1 | host)", frame))[1].name
    'wave'
    """
    return estimate_effects(prepare_inference(model.fit, df_method=df_method), conf_level=conf_level)


def run_term_tests(model: ModelFit, *, df_method: DfMethod = "auto") -> Mapping[str, JointTest]:
    """Return the marginal F test of every fixed term, as R's ``anova`` of lmerTest gives it.

    Parameters
    ----------
    model : ModelFit
        From `fit_formula`.
    df_method : {"auto", "satterthwaite", "kenward_roger"}
        "auto" takes Kenward-Roger below 30 groups.

    Returns
    -------
    mapping of str to JointTest
        By term; empty when there is only an intercept.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1, 2, 4, 3, 6, 7], "wave": [0, 1] * 3, "host": list("aabbcc")})
    >>> round(run_term_tests(fit_formula("y ~ wave + (1 | host)", frame))["wave"].statistic, 4)
    0.25
    """
    inference = prepare_inference(model.fit, df_method=df_method)
    contrasts = marginal_contrasts(model.design, model.frame)
    return {term: run_joint_test(inference, matrix) for term, matrix in contrasts.items()}
