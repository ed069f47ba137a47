"""plan_study_release: the suppression plan of a whole study."""

from __future__ import annotations

from toolkit.disclosure import SuppressionPlan, plan_release
from toolkit.evaluate import count_changes, count_populations
from toolkit.study.study import Study


def plan_study_release(study: Study) -> SuppressionPlan:
    """Decide what the audience of a study may see of it, before any of its reports is made.

    Parameters
    ----------
    study : Study
        The whole programme; a study opened in a narrower scope would hide less than it should.

    Returns
    -------
    SuppressionPlan
        For the declared groups and each crossing of two. A population counts the people who answered any
        wave; the change in an outcome counts those with both scores.
    """
    keys = list(study.settings.link.key)
    groups = list(study.panel.groups)
    answers = study.scores.people
    if study.matching is not None:
        keys, answers = ["_person"], answers.assign(_person=study.matching.person)
    people = answers[list(dict.fromkeys([*keys, *groups]))]
    one_each = people.assign(**{group: people[group] for group in groups}).groupby(keys, sort=False, as_index=False)
    return plan_release(
        count_populations(one_each.first(), groups),
        audience=study.settings.disclosure.audience,
        outcome_counts=count_changes(study.panel, plan=study.plan),
        internal_groups=[study.site] if study.site else [],
    )
