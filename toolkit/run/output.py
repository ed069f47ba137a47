"""The folder that reports are written to: where it is, and what it must not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from toolkit.core.errors import DisclosureError, StorageError
from toolkit.report.page import GENERATOR
from toolkit.run.manifest import MANIFEST, read_manifest_facts
from toolkit.run.parameters import NOTEBOOKS
from toolkit.study import Study

INDEX = "index.html"


def choose_output(study_folder: Path, output: str | Path | None) -> Path:
    """Return the folder that reports are written to.

    Parameters
    ----------
    study_folder : Path
        Folder of the study.
    output : str or Path or None
        As given. Without it: ``outputs/NAME`` in the working folder, NAME being the study folder's; beside
        the study folder when the working folder lies inside it.

    Raises
    ------
    StorageError
        It is a file, or holds notebooks that a run would overwrite.
    """
    inside = Path.cwd().resolve().is_relative_to(study_folder)
    base = study_folder.parent if inside else Path.cwd()
    folder = (Path(output) if output is not None else base / "outputs" / study_folder.name).resolve()
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"the output {folder.name} is a file. To mend: name a folder with --output")
    sources = [spec.name for spec in NOTEBOOKS if (folder / "notebooks" / f"{spec.name}.ipynb").exists()]
    if sources and not (folder / MANIFEST).exists() and not any((folder / f"{name}.html").exists() for name in sources):
        raise StorageError(
            f"the output folder {folder.name} holds notebooks that no run has made, and they would be overwritten. "
            "To mend: name another folder with --output"
        )
    return folder


def check_output(folder: Path, study: Study) -> None:
    """Refuse a folder where reports could be taken for data, or be mixed with something else.

    Parameters
    ----------
    folder : Path
        Where reports are to be written.
    study : Study
        The study they are of.

    Raises
    ------
    StorageError
        The folder lies in, or holds, the study, its exports or its forms; it holds reports of another study, or
        a page that no run has made.
    DisclosureError
        It holds reports for another audience.
    """
    for name, place in _inputs(study):
        if folder.is_relative_to(place) or place.is_relative_to(folder):
            how = "lies inside" if folder.is_relative_to(place) else "holds"
            raise StorageError(
                f"the output folder {folder.name} {how} {name}, where reports could be taken for data. "
                "To mend: name another folder with --output"
            )
    if _is_foreign(folder / INDEX) and not (folder / MANIFEST).exists():
        raise StorageError(
            f"the output folder {folder.name} holds an {INDEX} that no run has made, and it would be overwritten. "
            "To mend: name another folder with --output"
        )
    facts = read_manifest_facts(folder)
    audience = study.settings.disclosure.audience
    if facts.get("study", study.name) != study.name or facts.get("title", study.settings.title) != study.settings.title:
        raise StorageError(
            f"the output folder {folder.name} holds reports of another study. "
            "To mend: name another folder with --output, or remove the old reports"
        )
    if facts.get("audience", audience) != audience:
        raise DisclosureError(
            f"the output folder {folder.name} holds reports for other readers ({facts['audience']}) than this "
            f"study's ({audience}), and who is given the folder would see both. "
            "To mend: name another folder with --output, or remove the old reports"
        )


def _inputs(study: Study) -> Iterator[tuple[str, Path]]:
    """Yield the folders that hold what goes in; not one that holds the whole study, such as a working folder."""
    home = study.folder.resolve()
    yield "the study's folder", home
    files = [(export.path, (study.folder / export.path).resolve().parent) for export in study.settings.exports]
    forms = [(path, (study.folder / path).resolve()) for path in study.settings.instruments.values()]
    for name, place in (*files, *forms):
        if not home.is_relative_to(place):
            yield name, place


def _is_foreign(page: Path) -> bool:
    return page.is_file() and GENERATOR.encode() not in page.read_bytes()
