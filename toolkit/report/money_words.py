"""Words and numbers of money: lines, drivers and figures by their labels, amounts by the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from babel.numbers import format_currency, format_decimal, get_currency_symbol

from toolkit.report.wording import Wording

VIEW_LABELS: Mapping[str, str] = {
    "host_cash": "Host, cash",
    "host_economic": "Host, economic",
    "social": "All parties",
}
FIGURE_LABELS: Mapping[str, str] = {
    "gross_cost": "Gross cost",
    "cost": "Cost",
    "benefit": "Benefit",
    "net_benefit": "Net benefit",
    "bcr": "Benefit-cost ratio (BCR)",
    "roi_percent": "Return on investment (ROI)",
    "probability": "Chance that benefits exceed costs",
    "npv": "Net present value",
    "payback": "Payback",
    "cost_per_participant": "Cost per participant",
    "net_cost_per_participant": "Net cost per participant",
    "cost_per_hour": "Cost per hour present",
    "cost_line": "Cost",
    "benefit_line": "Benefit",
    "driver": "Figure",
    "scenario": "Setting",
    "density": "Net benefit",
}
PART_LABELS: Mapping[str, str] = {
    "choosing": "Finding and choosing",
    "paperwork": "Contracts and paperwork",
    "induction": "Introduction and training",
    "guidance": "Daily guidance",
    "reviews": "Review talks and reports",
    "pay": "Pay and allowances",
    "travel": "Travel, meals, lodging",
    "insurance": "Insurance",
    "checks": "Checks",
    "equipment": "Equipment",
    "materials": "Materials",
    "space": "Space and energy",
    "errors": "Errors and waste",
    "subsidies": "Public subsidies",
    "grants": "Grants",
    "simple_work": "Simple work done",
    "skilled_work": "Skilled work done",
    "recruitment_saved": "Recruitment saved",
    "newcomer_saved": "Newcomer's start saved",
    "hours_present": "Hours present",
    "share_simple": "Share of simple tasks",
    "share_skilled": "Share of skilled tasks",
    "wage_simple": "Wage for simple tasks",
    "wage_skilled": "Wage for skilled tasks",
    "productivity": "Productivity in skilled tasks",
    "hires": "Participants employed",
    "chance_external": "Chance of hiring from outside",
    "cost_per_hire": "Cost of a hire",
    "cost_newcomer": "Cost of a newcomer's start",
    "cautious": "Cautious: each figure at its less favourable tenth",
    "most_likely": "Every figure as most likely",
    "expected": "Every figure at its mean",
    "favourable": "Favourable: each figure at its more favourable tenth",
}


def part_label(name: str, wording: Wording) -> str:
    """Return a line, driver or scenario in words."""
    for ending, words in (("_hours", "{part}: hours"), ("_rate", "{part}: cost of an hour")):
        stem = name.removesuffix(ending)
        if stem != name and stem in PART_LABELS:
            return wording.text(words).format(part=wording.text(PART_LABELS[stem]))
    return wording.text(PART_LABELS.get(name, name))


def money_text(amount: float, currency: str, *, language: str, digits: int = 0) -> str:
    r"""Return an amount as readers of a language write it.

    Parameters
    ----------
    amount : float
        Units of the currency.
    currency : str
        ISO code.
    language : str
        Language tag, such as ``en`` or ``en-GB``.
    digits : int
        Decimals.

    Examples
    --------
    >>> money_text(-1234.5, "EUR", language="en"), money_text(15287, "SEK", language="en")
    ('−€1,234', 'SEK\xa015,287')
    >>> money_text(1371.9, "EUR", language="it", digits=2)
    '1.371,90\xa0€'
    """
    value = round(amount, digits) + 0.0
    locale = language.replace("-", "_")
    number = "#,##0" + ("." + "0" * digits if digits else "")
    if language.split("-")[0] == "en":
        # A code such as SEK would run into the figure; a sign such as the euro's stands close to it.
        gap = "\xa0" if get_currency_symbol(currency, locale=locale)[-1].isalpha() else ""
        pattern = f"¤{gap}{number}"
    else:
        pattern = f"{number}\xa0¤"
    text = format_currency(abs(value), currency, format=pattern, locale=locale, currency_digits=False)
    return ("−" if value < 0 else "") + text


def number_text(value: float, *, language: str, digits: int = 2) -> str:
    """Return a number as readers of a language write it.

    Examples
    --------
    >>> number_text(-0.764, language="sv"), number_text(12345.6, language="en", digits=0)
    ('−0,76', '12,346')
    """
    rounded = round(value, digits) + 0.0
    text = format_decimal(
        abs(rounded), format="#,##0" + ("." + "0" * digits if digits else ""), locale=language.replace("-", "_")
    )
    return ("−" if rounded < 0 else "") + text


def figure_text(value: float, unit: str, *, language: str) -> str:
    """Return a figure with its unit: money whole, ratios to two digits, returns to whole per cent.

    Headlines rest on estimates, so that more digits would claim what nobody knows.

    Examples
    --------
    >>> figure_text(0.7648, "ratio", language="en"), figure_text(-23.52, "per cent", language="en")
    ('0.76', '−24%')
    >>> figure_text(0.953, "share", language="en"), figure_text(2.5, "years", language="en")
    ('95%', '2.5 years')
    """
    if unit == "ratio":
        return number_text(value, language=language)
    if unit == "per cent":
        return number_text(value, language=language, digits=0) + "%"
    if unit == "share":
        return number_text(100 * value, language=language, digits=0) + "%"
    if unit == "years":
        return number_text(value, language=language, digits=1) + " years"
    currency = unit.split(" ")[0]
    return money_text(value, currency, language=language, digits=2 if abs(value) < 100 else 0)
