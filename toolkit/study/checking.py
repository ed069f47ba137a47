"""Cross-checks: what study.yaml says against the instrument it names."""

from __future__ import annotations

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments import Instrument
from toolkit.study.settings import STUDY_FILE, StudySettings


def check_settings(settings: StudySettings, instrument: Instrument, log: ProblemLog) -> None:
    """Note every name in study.yaml that the instrument does not have.

    Parameters
    ----------
    settings : StudySettings
        The study.
    instrument : Instrument
        The form its exports answer.
    log : ProblemLog
        Takes what is wrong.
    """
    items = [item.name for item in instrument.items]
    scales = [scale.name for scale in instrument.scales]
    named: list[tuple[str, str, list[str]]] = []
    named += [("link.key", item, items) for item in settings.link.key]
    named += [(f"groups.{group}", item, items) for group, item in settings.groups.items()]
    named += [("outcomes.primary", scale, scales) for scale in settings.outcomes.primary]
    named += [("outcomes.secondary", scale, scales) for scale in settings.outcomes.secondary]
    named += [("scoring.min_items", scale, scales) for scale in settings.scoring.min_items]
    if isinstance(settings.scoring.sensitivity.min_items, dict):
        named += [("scoring.sensitivity", scale, scales) for scale in settings.scoring.sensitivity.min_items]
    if settings.consent_to_take_part:
        named.append(("consent_to_take_part.item", settings.consent_to_take_part.item, items))
    for export in settings.exports:
        named += [("exports.columns", item, items) for item in export.columns]
        named += [("exports.fixed", item, items) for item in export.fixed]
        waves = [export.wave] if export.wave else list(export.waves)
        named += [("exports.wave", wave, list(instrument.waves)) for wave in waves]
        if export.country:
            named.append(("exports.country", "country", items))
    for place, name, allowed in dict.fromkeys((p, n, tuple(a)) for p, n, a in named):
        if name not in allowed:
            log.add(
                f"{name} is not in the form",
                file=STUDY_FILE,
                column=place,
                allowed=", ".join(allowed),
                mend=suggest_name(name, allowed),
            )
    _check_consent(settings, instrument, log)
    _check_minimums(settings, instrument, log)


def _check_consent(settings: StudySettings, instrument: Instrument, log: ProblemLog) -> None:
    asked = [item.name for item in instrument.items_with_role("consent")]
    if settings.consent_to_take_part is None:
        if asked:
            log.add(
                "the form asks for consent to take part, and the study does not say which answers give it",
                file=STUDY_FILE,
                column="consent_to_take_part",
                mend=f"add consent_to_take_part: {{item: {asked[0]}, keep: [yes]}}",
            )
        return
    if settings.consent_to_take_part.item not in {item.name for item in instrument.items}:
        return
    choices = [choice.name for choice in instrument.item(settings.consent_to_take_part.item).choices]
    for answer in settings.consent_to_take_part.keep:
        if choices and answer not in choices:
            log.add(
                f"{answer} is no answer to the consent question",
                file=STUDY_FILE,
                column="consent_to_take_part.keep",
                allowed=", ".join(choices),
                mend=suggest_name(answer, choices),
            )


def _check_minimums(settings: StudySettings, instrument: Instrument, log: ProblemLog) -> None:
    sizes = {scale.name: len(scale.items) for scale in instrument.scales}
    for scale, least in settings.scoring.min_items.items():
        if scale in sizes and not 1 <= least <= sizes[scale]:
            log.add(
                f"the minimum of answered items is {least}",
                file=STUDY_FILE,
                column=f"scoring.min_items.{scale}",
                allowed=f"1 to {sizes[scale]}",
                mend="correct the number",
            )
    others = settings.scoring.sensitivity.min_items
    pairs = [(scale, least) for scale, many in others.items() for least in many] if isinstance(others, dict) else []
    for scale, least in pairs:
        if scale in sizes and not 1 <= least <= sizes[scale]:
            log.add(
                f"the minimum of answered items is {least}",
                file=STUDY_FILE,
                column=f"scoring.sensitivity.min_items.{scale}",
                allowed=f"1 to {sizes[scale]}",
                mend="correct the number",
            )
    if isinstance(others, list):
        widest = max((sizes.get(name, 0) for name in settings.outcomes.primary), default=0)
        for least in others:
            if not 1 <= least <= widest:
                log.add(
                    f"the minimum of answered items is {least}",
                    file=STUDY_FILE,
                    column="scoring.sensitivity.min_items",
                    allowed=f"1 to {widest}",
                    mend="correct the number",
                )
