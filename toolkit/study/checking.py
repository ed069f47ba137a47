"""Cross-checks: what study.yaml says against the instrument it names."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments import Instrument
from toolkit.study.settings import STUDY_FILE, ExportSettings, StudySettings, place_name


def check_settings(settings: StudySettings, instrument: Instrument, *, log: ProblemLog) -> None:
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
    for position, item in enumerate(settings.link.key):
        _check_name(item, items, ("link", "key", position), settings, log)
    for position, item in enumerate(settings.link.within):
        _check_name(item, items, ("link", "within", position), settings, log)
    for group, item in settings.groups.items():
        _check_name(item, items, ("groups", group), settings, log)
    for role, outcomes in (("primary", settings.outcomes.primary), ("secondary", settings.outcomes.secondary)):
        for position, scale in enumerate(outcomes):
            _check_name(scale, scales, ("outcomes", role, position), settings, log)
    for scale in settings.scoring.min_items:
        _check_name(scale, scales, ("scoring", "min_items", scale), settings, log)
    if isinstance(settings.scoring.sensitivity.min_items, dict):
        for scale in settings.scoring.sensitivity.min_items:
            _check_name(scale, scales, ("scoring", "sensitivity", "min_items", scale), settings, log)
    if settings.consent_to_take_part:
        _check_name(settings.consent_to_take_part.item, items, ("consent_to_take_part", "item"), settings, log)
    for position, export in enumerate(settings.exports):
        if export.instrument != settings.cost_form:
            _check_export(export, position, settings, instrument, log)
    _check_consent(settings, instrument, log)
    _check_minimums(settings, instrument, log)


def _check_export(
    export: ExportSettings, position: int, settings: StudySettings, instrument: Instrument, log: ProblemLog
) -> None:
    items = [item.name for item in instrument.items]
    for part, named in (("columns", export.columns), ("fixed", export.fixed)):
        for item in named:
            _check_name(item, items, ("exports", position, part, item), settings, log)
    for number, item in enumerate(export.not_asked):
        _check_name(item, items, ("exports", position, "not_asked", number), settings, log)
    part = "wave" if export.wave else "waves"
    for wave in [export.wave] if export.wave else list(export.waves):
        _check_name(wave, list(instrument.waves), ("exports", position, part, wave), settings, log)
    if export.country:
        _check_name("country", items, ("exports", position, "country"), settings, log)


def _check_name(
    name: str, allowed: Sequence[str], place: tuple[str | int, ...], settings: StudySettings, log: ProblemLog
) -> None:
    if name in allowed:
        return
    log.add(
        f"{name} is not in the form",
        file=STUDY_FILE,
        row=settings.line(*place),
        column=place_name(place if place[-1] != name else place[:-1]),
        allowed=", ".join(allowed),
        mend=suggest_name(name, allowed),
    )


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
    item = instrument.item(settings.consent_to_take_part.item)
    used = {wave for export in settings.exports for wave in (export.waves or {export.wave: ""})}
    for wave in sorted(used & set(instrument.waves) - set(item.waves)):
        log.add(
            f"the form does not ask for consent in wave {wave}, so nobody's answers of that wave could be kept",
            file=STUDY_FILE,
            column="consent_to_take_part.item",
            mend=f"let {item.name} be asked in every wave (column wave of survey.csv)",
        )
    choices = [choice.name for choice in item.choices]
    for answer in settings.consent_to_take_part.keep:
        if choices and answer not in choices:
            log.add(
                f"{answer} is no answer to the consent question",
                file=STUDY_FILE,
                row=settings.line("consent_to_take_part", "keep"),
                column="consent_to_take_part.keep",
                allowed=", ".join(choices),
                mend=suggest_name(answer, choices),
            )


def _check_minimums(settings: StudySettings, instrument: Instrument, log: ProblemLog) -> None:
    sizes = {scale.name: len(scale.items) for scale in instrument.scales}
    for scale, least in settings.scoring.min_items.items():
        if scale in sizes:
            _check_minimum(least, sizes[scale], ("scoring", "min_items", scale), settings, log)
    others = settings.scoring.sensitivity.min_items
    where = ("scoring", "sensitivity", "min_items")
    if isinstance(others, dict):
        for scale, many in others.items():
            for least in many if scale in sizes else ():
                _check_minimum(least, sizes[scale], (*where, scale), settings, log)
    else:
        widest = max((sizes.get(name, 0) for name in settings.outcomes.primary), default=0)
        for position, least in enumerate(others):
            _check_minimum(least, widest, (*where, position), settings, log)


def _check_minimum(
    least: int, most: int, place: tuple[str | int, ...], settings: StudySettings, log: ProblemLog
) -> None:
    if not 1 <= least <= most:
        log.add(
            f"the minimum of answered items is {least}",
            file=STUDY_FILE,
            row=settings.line(*place),
            column=place_name(place),
            allowed=f"1 to {most}",
            mend="correct the number",
        )
