"""Files put into place: written beside, flushed to disk, then renamed over the old ones."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock, Timeout

from toolkit.core.errors import LockedError
from toolkit.core.provenance import hash_bytes
from toolkit.run.status import Judgement

TEMPORARY_PREFIX = ".sivsen-"
_DECIDED = f"{TEMPORARY_PREFIX}decided"
_REMOVE = ".remove.json"


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder of reports for one run on this machine.

    What a killed run had begun to put into place is put there to the end; all else that it left is removed.
    The lock lies among the system's temporary files, so that the folder of reports holds nothing but reports.

    Parameters
    ----------
    folder : Path
        Folder of the reports.

    Raises
    ------
    LockedError
        Another run holds it. The operating system frees the lock when that run ends, however it ends.
    """
    name = hash_bytes(str(folder.resolve()).encode())[:16]
    try:
        with FileLock(Path(tempfile.gettempdir()) / f"sivsen-{name}.lock", timeout=0, mode=0o666):
            _finish_publishing(folder)
            for left in folder.glob(f"{TEMPORARY_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
    except Timeout as error:
        raise LockedError(
            "another run is writing to the output folder; nothing was written. "
            "To mend: wait until it has ended, or name another folder with --output"
        ) from error


def gather_files(rooms: Sequence[Path], ready: Path) -> Path:
    """Move the files of several reports into one new folder and return it.

    Parameters
    ----------
    rooms : sequence of Path
        Folders of finished files; what lies in them keeps its place.
    ready : Path
        The new folder.
    """
    ready.mkdir()
    for room in rooms:
        for path in sorted(path for path in room.rglob("*") if path.is_file()):
            target = ready / path.relative_to(room)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)
    return ready


def publish_files(ready: Path, output: Path, *, remove: Sequence[str]) -> None:
    """Put every file below `ready` into the same place below `output`, all of them or none.

    One rename of the whole folder decides. A run that is killed before it has written nothing; of one that is
    killed after it, `lock_folder` of the next run moves the rest into place.

    Parameters
    ----------
    ready : Path
        Folder of finished files, on the file system of `output`.
    output : Path
        Folder of the reports.
    remove : sequence of str
        Files of an earlier run that no longer hold.
    """
    for path in (path for path in ready.rglob("*") if path.is_file()):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    (ready / _REMOVE).write_text(json.dumps(list(remove)), encoding="utf-8")
    os.replace(ready, output / _DECIDED)
    _finish_publishing(output)


def _finish_publishing(output: Path) -> None:
    decided = output / _DECIDED
    if not decided.is_dir():
        return
    for path in sorted(path for path in decided.rglob("*") if path.is_file() and path.name != _REMOVE):
        target = output / path.relative_to(decided)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
    if (decided / _REMOVE).is_file():
        for name in json.loads((decided / _REMOVE).read_text(encoding="utf-8")):
            (output / name).unlink(missing_ok=True)
    shutil.rmtree(decided)


def write_results(judgement: Judgement, room: Path, *, name: str) -> None:
    """Write the tables and findings that a notebook returned, at full precision.

    Parameters
    ----------
    judgement : Judgement
        A success.
    room : Path
        Folder of the report's files: ``tables/NAME-TABLE.csv`` and ``findings/NAME.json`` are written below.
    name : str
        Name of the notebook.
    """
    (room / "tables").mkdir()
    for table in judgement.tables:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(table["columns"])
        writer.writerows([["" if value is None else value for value in row] for row in table["rows"]])
        (room / "tables" / f"{name}-{table['name']}.csv").write_text(buffer.getvalue(), encoding="utf-8")
    if judgement.findings:
        (room / "findings").mkdir()
        records: list[dict[str, Any]] = [
            dict(zip(table["columns"], row, strict=True)) for table in judgement.findings for row in table["rows"]
        ]
        text = json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False)
        (room / "findings" / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def strip_machine_traces(notebook: nbformat.NotebookNode, target: Path) -> None:
    """Write an executed notebook without paths, times or names of the machine it ran on.

    Parameters
    ----------
    notebook : NotebookNode
        Executed notebook; its papermill metadata is removed.
    target : Path
        File to write.
    """
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, target)
