"""The linking key of a study: kept in the user's own data folder, never in the study or its outputs."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
from pathlib import Path

from toolkit.core.errors import StorageError
from toolkit.measure import KEY_BYTES, LinkKey

DATA_FOLDER_VARIABLE = "SIVSEN_DATA"
KEY_FILE = "link.key"


def private_folder(study_folder: Path) -> Path:
    """Return where the secrets of a study are kept: one folder per study in the user's data folder.

    Parameters
    ----------
    study_folder : Path
        Folder of the study. A study that is moved gets a new folder, and with it a new key.
    """
    given = os.environ.get(DATA_FOLDER_VARIABLE)
    if given:
        base = Path(given)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "sivsen"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support" / "sivsen"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sivsen"
    resolved = study_folder.resolve()
    return base / "studies" / hashlib.sha256(str(resolved).encode()).hexdigest()[:24]


def open_link_key(study_folder: Path) -> LinkKey:
    """Return the study's linking key; it is made when it is first needed.

    Parameters
    ----------
    study_folder : Path
        Folder of the study.

    Returns
    -------
    LinkKey
        32 random bytes, the same each time.

    Raises
    ------
    StorageError
        The key can be read by others, is damaged, lies inside the study, or cannot be written.
    """
    folder = private_folder(study_folder)
    if folder.resolve().is_relative_to(study_folder.resolve()):
        raise StorageError(
            f"the linking key would lie inside the study; set {DATA_FOLDER_VARIABLE} to a folder outside it"
        )
    path = folder / KEY_FILE
    try:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return _make_key(path)
        mode = path.stat().st_mode
    except OSError as error:
        raise StorageError(f"the linking key cannot be read or made: {error.strerror}") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StorageError(
            "the linking key can be read by other users of this machine. To mend: let only yourself read the file "
            f"{KEY_FILE} in your data folder (chmod 600)"
        )
    if len(content) != KEY_BYTES:
        raise StorageError(
            f"the linking key is damaged. To mend: delete {KEY_FILE} in your data folder; a new one is made"
        )
    return LinkKey(content)


def _make_key(path: Path) -> LinkKey:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = secrets.token_bytes(KEY_BYTES)
    try:
        # Created with its rights and never overwritten: a second run at the same moment takes the first one's key.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return LinkKey(path.read_bytes())
    with os.fdopen(number, "wb") as file:
        file.write(content)
    return LinkKey(content)
