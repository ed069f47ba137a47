"""The nearest allowed name to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(name: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name most like `name`, or None when nothing is close.

    Parameters
    ----------
    name : str
        The name as it was typed.
    allowed : iterable of str
        Every name that would have been accepted.

    Examples
    --------
    >>> nearest_name("confidnce", ["study", "scope", "confidence"])
    'confidence'
    >>> nearest_name("zzz", ["study", "scope"]) is None
    True
    """
    matches = get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    return matches[0] if matches else None


def suggest_name(name: str, allowed: Iterable[str]) -> str:
    """Return how to mend a mistyped name, in words.

    Examples
    --------
    >>> suggest_name("confidnce", ["study", "confidence"])
    'did you mean confidence?'
    >>> suggest_name("zzz", ["study"])
    'remove it, or use one of the allowed names'
    """
    match = nearest_name(name, allowed)
    return f"did you mean {match}?" if match else "remove it, or use one of the allowed names"
