"""scaffold_study: a new study folder to edit."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from toolkit.core.errors import StorageError
from toolkit.core.shipped import shipped_path
from toolkit.study.settings import STUDY_FILE

_SCAFFOLD = Path(__file__).parent / "scaffold"


def scaffold_study(folder: Path) -> Path:
    """Make a study folder: study.yaml to edit, the participant form, and a folder for the exports.

    Parameters
    ----------
    folder : Path
        Where it goes; must not exist, or be empty.

    Returns
    -------
    Path
        The new study.yaml.

    Raises
    ------
    StorageError
        The folder holds something already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(
            f"{folder.name} exists and is not an empty folder; nothing was written. To mend: choose another name"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sivsen-", dir=folder.parent) as temporary:
            room = Path(temporary) / folder.name
            (room / "exports").mkdir(parents=True)
            shutil.copy(_SCAFFOLD / STUDY_FILE, room / STUDY_FILE)
            shutil.copytree(shipped_path("surveys", "instruments", "participant"), room / "instruments" / "participant")
            if folder.exists():
                folder.rmdir()
            room.rename(folder)
    except OSError as error:
        raise StorageError(f"the study could not be written: {error.strerror or error}") from error
    return folder / STUDY_FILE
