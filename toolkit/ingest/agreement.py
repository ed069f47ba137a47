"""Whether several files ask the same thing: another text or turned labels under one code are no change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.core.errors import ProblemLog
from toolkit.ingest.columns import Columns
from toolkit.ingest.matching import ChoiceMatcher, match_key, strip_markup
from toolkit.ingest.raw import RawExport
from toolkit.instruments import Instrument, Item

MAX_SHOWN = 80


def check_agreement(raws: Sequence[RawExport], instrument: Instrument, *, log: ProblemLog) -> tuple[str, ...]:
    """Note questions that share a code and not a text; return what is to be known of their labels.

    A question whose column the study names under `columns` has been confirmed by the evaluator and is passed over.
    Labels that stand for other numbers than in another file, or than the form's scores, do no harm, as answers are
    read by their labels; they are reported.

    Parameters
    ----------
    raws : sequence of RawExport
        All files of one instrument.
    instrument : Instrument
        The form.
    log : ProblemLog
        Takes the conflicts.
    """
    notes: list[str] = []
    for item in instrument.items:
        if not item.holds_answer:
            continue
        texts: dict[str, str] = {}
        labels: dict[str, Mapping[str, float]] = {}
        for raw in raws:
            for wave in raw.declaration.waves:
                header = _header(raw, item, wave)
                if header is None:
                    continue
                place = raw.declaration.name if raw.declaration.layout != "wide" else f"{raw.declaration.name} ({wave})"
                text = raw.table.texts.get(header, "")
                if text and item.name not in raw.declaration.columns:
                    texts[place] = strip_markup(text).strip()
                labels[place] = _scores_by_label(raw.table.value_labels.get(header, {}), item)
        _check_texts(item, texts, log)
        notes += _turned_labels(item, labels)
    return tuple(notes)


def _header(raw: RawExport, item: Item, wave: str) -> str | None:
    if wave not in item.waves or item.name in raw.declaration.fixed:
        return None
    return Columns(raw.declaration, raw.table).find(item, wave, log=ProblemLog())


def _check_texts(item: Item, texts: Mapping[str, str], log: ProblemLog) -> None:
    """Note texts that differ, unless each is the form's own in some language."""
    own = [match_key(label) for label in item.labels.values()]
    other = {place: text for place, text in texts.items() if not any(key and key in match_key(text) for key in own)}
    if not other or len({match_key(text) for text in texts.values()}) < 2:
        return
    # One place of each text is enough, and the form's own comes first.
    named: dict[str, tuple[str, str]] = {}
    for place, text in sorted(texts.items(), key=lambda pair: pair[0] in other):
        named.setdefault(match_key(text) if place in other else "", (place, text))
    if len(named) < 2:
        return
    log.add(
        f"the question {item.name} has other words: "
        + "; ".join(f'"{_short(text)}" in {place}' for place, text in named.values()),
        file=next(iter(other)),
        column=item.name,
        allowed="the same question in every wave, in any language of the form",
        mend="give the question its own item; or confirm that it is the same under columns in study.yaml",
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 1] + "…"


def _scores_by_label(labels: Mapping[str, str], item: Item) -> dict[str, float]:
    """Return choice name -> the number that the file gives to its label."""
    if not labels:
        return {}
    matcher = ChoiceMatcher(item)
    found: dict[str, float] = {}
    for code, label in labels.items():
        choice = matcher.find_label(label)
        try:
            if choice is not None and not choice.is_missing:
                found[choice.name] = float(code)
        except ValueError:
            continue
    return found


def _turned_labels(item: Item, labels: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return how files disagree about what the numbers of a scored question mean."""
    scores = {choice.name: choice.score for choice in item.choices if choice.score is not None}
    told = {place: numbers for place, numbers in labels.items() if numbers}
    if not scores or not told:
        return []
    different = [
        place for place, numbers in told.items() if any(scores.get(name) != number for name, number in numbers.items())
    ]
    agree = len({tuple(sorted(numbers.items())) for numbers in told.values()}) == 1
    if not different or (agree and len(told) > 1):
        return []
    what = "in other files" if len(told) > 1 else "in the form"
    return [
        f"{place}: the labels of {item.name} stand for other numbers here than {what}; the labels were followed, "
        "not the numbers."
        for place in different
    ]
