"""Where the notebooks, surveys and lock that come with the toolkit are."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import StorageError

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_path(*parts: str) -> Path:
    """Return the path of a file or folder that comes with the toolkit.

    An installed wheel carries them inside the package; a checkout has them beside it.

    Parameters
    ----------
    *parts : str
        Path below the top of the project, such as ``"notebooks"``.

    Raises
    ------
    StorageError
        The file did not come with this installation.

    Examples
    --------
    >>> shipped_path("surveys", "instruments").name
    'instruments'
    """
    for root in (_PACKAGE / "_shipped", _PACKAGE.parent):
        candidate = root.joinpath(*parts)
        if candidate.exists():
            return candidate
    raise StorageError(f"{'/'.join(parts)} did not come with this installation; install the toolkit again")
