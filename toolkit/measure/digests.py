"""Digests: key elements as keyed hashes, so that nothing behind this point can know them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import UsageError
from toolkit.measure.folding import ElementKind, fold_element

MISSING = -1
KEY_BYTES = 32

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LinkKey:
    """Secret that key elements are hashed with. It never prints itself.

    Parameters
    ----------
    secret : bytes
        32 random bytes.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise UsageError(f"a linking key has {KEY_BYTES} bytes")

    def digest(self, text: str, *, purpose: str) -> str:
        """Return the HMAC-SHA-256 of a text under this key, for one purpose only.

        Examples
        --------
        >>> key = LinkKey(bytes(32))
        >>> key.digest("anna", purpose="name") == key.digest("anna", purpose="street")
        False
        >>> key
        LinkKey()
        """
        return hmac.new(self.secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def folded_elements(frame: pd.DataFrame, *, elements: Mapping[str, ElementKind]) -> pd.DataFrame:
    """Return the key elements of each row, folded; "" where there is none.

    Parameters
    ----------
    frame : DataFrame
        One column per element at least.
    elements : mapping of str to str
        Element -> what it holds.
    """
    folded = {}
    for name, kind in elements.items():
        codes, texts = pd.factorize(frame[name], use_na_sentinel=True)
        words = np.array([*(fold_element(element_text(text), kind=kind) for text in texts), ""], dtype=object)
        folded[name] = words[codes]
    return pd.DataFrame(folded, index=frame.index, columns=list(elements))


def digest_elements(folded: pd.DataFrame, *, key: LinkKey) -> IntArray:
    """Return every element as a number that stands for its digest: equal numbers, equal elements.

    Parameters
    ----------
    folded : DataFrame
        One row per answer, one text column per element, as `folded_elements` gives them.
    key : LinkKey
        Secret of the study.

    Returns
    -------
    ndarray
        Same rows, one column per element; `MISSING` where the element is blank. Numbers are those of the sorted
        digests, so that their order tells nothing of the elements.
    """
    columns = []
    for name in folded:
        codes, texts = pd.factorize(folded[name])
        digests = np.array([key.digest(text, purpose=str(name)) if text else "" for text in texts], dtype=object)
        ranks = np.unique(digests, return_inverse=True)[1] if len(digests) else np.empty(0, dtype=np.int64)
        ranks = np.where(digests == "", MISSING, ranks)
        columns.append(ranks[codes])
    return np.column_stack(columns).astype(np.int64) if columns else np.empty((len(folded), 0), dtype=np.int64)


def group_codes(frame: pd.DataFrame, *, names: Sequence[str]) -> IntArray:
    """Return the block of each row: the rows with the same answers to `names`, a blank being one of them.

    Examples
    --------
    >>> group_codes(pd.DataFrame({"country": ["it", "se", "it", None]}), names=["country"]).tolist()
    [0, 1, 0, 2]
    """
    if not names:
        return np.zeros(len(frame), dtype=np.int64)
    numbers = frame.groupby(list(names), sort=False, dropna=False).ngroup()
    return np.asarray(numbers, dtype=np.int64)


def element_text(value: object) -> str:
    """Return an element as text; a whole number without a decimal point.

    Examples
    --------
    >>> element_text(7.0), element_text("7.0")
    ('7', '7.0')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
