"""Notes beside a figure, as sentences."""

from __future__ import annotations


def join_notes(*notes: str) -> str:
    """Return notes as sentences, in order; empty ones are passed over.

    Examples
    --------
    >>> join_notes("fewer than 10 pairs: look at each", "", "One site only.")
    'Fewer than 10 pairs: look at each. One site only.'
    """
    return " ".join(f"{note[0].upper()}{note[1:].rstrip('.')}." for note in notes if note)
