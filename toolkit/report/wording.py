"""Words for a reader: outcomes, groups and figures by their labels, numbers as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.evaluate import PROGRAMME, split_population
from toolkit.report.language import translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Labels of a study in one language.

    Parameters
    ----------
    language : str
        Language tag of the report.
    outcomes : mapping of str to str
        Scale name -> label.
    values : mapping of (str, str) to str
        (group, value) -> label; a value without one stands as it is.
    groups : mapping of str to str
        Group name -> label.
    """

    language: str
    outcomes: Mapping[str, str]
    values: Mapping[tuple[str, str], str]
    groups: Mapping[str, str]

    def outcome(self, name: str) -> str:
        """Return the label of an outcome."""
        return self.outcomes.get(name, name)

    def population(self, name: str) -> str:
        """Return whom a population is, in words."""
        if name == PROGRAMME:
            return self.text("All participants")
        return ", ".join(self.values.get((group, value), value) for group, value in split_population(name).items())

    def hosts(self, name: str) -> str:
        """Return which hosts a population of hosts is, in words."""
        if name == PROGRAMME:
            return self.text("All hosts")
        return self.text("Other countries") if name == "country=other" else self.population(name)

    def text(self, message: str) -> str:
        """Return a message in the reader's language."""
        return translator(self.language).gettext(message)

    def count_text(self, one: str, many: str, n: int) -> str:
        """Return the form of a message that fits a count."""
        return translator(self.language).ngettext(one, many, n)

    def estimator(self, name: str) -> str:
        """Return what an estimator is, in words."""
        return self.text(ESTIMATORS.get(name, name))


ESTIMATORS: Mapping[str, str] = {
    "mean_before": "Mean, earlier survey",
    "mean_after": "Mean, later survey",
    "mean_change": "Mean change",
    "d_pre": "d_pre: by the spread of the earlier scores",
    "g_pre": "g_pre: d_pre, corrected for few people",
    "d_rm": "d_rm: d_z with the correlation taken out",
    "g_rm": "g_rm: d_rm, corrected for few people",
    "d_z": "d_z: by the spread of the changes",
    "g_z": "g_z: d_z, corrected for few people",
    "d_av": "d_av: by the spread of the scores",
    "g_av": "g_av: d_av, corrected for few people",
    "pooled_change": "Change pooled over sites",
    "alpha": "Cronbach's alpha",
    "share_scored": "Answers that could be scored",
}


def format_number(value: float, *, digits: int = 2, signed: bool = False) -> str:
    """Return a number as readers see it; a minus sign is a minus sign.

    Examples
    --------
    >>> format_number(-0.456), format_number(0.456, signed=True), format_number(-0.001)
    ('−0.46', '+0.46', '0.00')
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+" if signed else "") + text


def format_limit(value: float, *, signed: bool = False) -> str:
    """Return a limit of an interval; one that is not zero never reads as zero.

    Examples
    --------
    >>> format_limit(0.0034, signed=True), format_limit(-0.456), format_limit(0.0)
    ('+0.003', '−0.46', '0.00')
    """
    digits = next((digits for digits in (2, 3, 4) if round(abs(value), digits) > 0), 2)
    return format_number(value, digits=digits, signed=signed)


def format_p(value: float) -> str:
    """Return a p-value with three digits, never as zero.

    Examples
    --------
    >>> format_p(0.0412), format_p(2e-9)
    ('0.041', '<0.001')
    """
    return "<0.001" if value < 0.001 else f"{value:.3f}"
