"""The house: floors, cycles, sizes, and the one door into reports."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "toolkit"

# room -> rooms it may know, as docs of the architecture give them; core is open to all.
MAY_KNOW_DIRECTLY: dict[str, tuple[str, ...]] = {
    "core": (),
    "instruments": ("core",),
    "stats": ("core",),
    "ingest": ("instruments",),
    "measure": ("ingest",),
    "evaluate": ("measure", "stats"),
    "roi": ("measure", "stats"),
    "simulate": ("ingest", "stats"),
    "disclosure": ("evaluate", "roi"),
    "report": ("disclosure",),
    "study": ("report", "disclosure", "evaluate"),
    "run": ("study",),
    "cli": ("run",),
}
LAZY_ROOT = PACKAGE / "__init__.py"
MAX_LINES = 400
MAX_FUNCTION_P95 = 60
MAX_FUNCTION = 80
SHOWING_VERBS = {
    "tables.py": "show_table",
    "figures.py": "show_figure",
    "sentences.py": "record",
    "cover.py": "show_account",
}
# Names of evaluate that the report may use: how populations are called, and no figure.
NAMES_OPEN_TO_REPORT = {"PROGRAMME", "split_population", "name_population"}


def _allowed(room: str) -> set[str]:
    known = {"core", room}
    for other in MAY_KNOW_DIRECTLY[room]:
        known |= _allowed(other)
    return known


def _files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_shipped" not in path.parts)


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[ast.ImportFrom | ast.Import, str]]:
    """Every import in a file, those inside functions and under TYPE_CHECKING included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node, node.module or ""
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_what_it_may_know(path: Path) -> None:
    if path == LAZY_ROOT:
        return
    for node, module in _imports(path):
        assert not getattr(node, "level", 0), f"{path.name} imports relatively"
        if module == "toolkit" or module.startswith("toolkit."):
            other = module.split(".")[1]
            assert other in _allowed(_room(path)), f"{_room(path)} must not know {other} ({module})"


def test_every_room_has_a_floor() -> None:
    rooms = {_room(path) for path in _files()} - {"__init__"}
    assert rooms <= set(MAY_KNOW_DIRECTLY)


def test_imports_inside_functions_are_only_in_the_lazy_root() -> None:
    for path in _files():
        if path == LAZY_ROOT:
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path.name}: {function.name} imports"


def test_no_import_cycles_between_files() -> None:
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in _files()}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        targets = set()
        for node, module in _imports(path):
            names = [f"{module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            targets |= {target for target in (module, *names) if target in modules}
        graph[name] = targets - {name}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' -> '.join((*trail, name))}"
        if name not in done:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_files_and_functions_stay_small() -> None:
    lengths = []
    for path in _files():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= MAX_LINES, f"{path.name} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None
                length = node.end_lineno - node.lineno + 1 - _docstring_lines(node)
                assert length <= MAX_FUNCTION, f"{path.name}: {node.name} has {length} lines"
                lengths.append(length)
    assert statistics.quantiles(lengths, n=20)[-1] <= MAX_FUNCTION_P95


def _docstring_lines(node: ast.FunctionDef) -> int:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        assert first.end_lineno is not None
        return first.end_lineno - first.lineno + 1
    return 0


def test_stats_knows_neither_pandas_nor_files() -> None:
    for path in (PACKAGE / "stats").glob("*.py"):
        for _, module in _imports(path):
            assert module.split(".")[0] not in {"pandas", "pathlib", "os", "io"}, path.name


def test_public_functions_are_typed_documented_and_take_no_free_keywords() -> None:
    for path in _files():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                where = f"{path.relative_to(PACKAGE)}: {node.name}"
                assert ast.get_docstring(node), where
                assert node.returns is not None, where
                assert node.args.kwarg is None, where
                assert len(node.args.args) <= 2, f"{where} takes too many by position"


def test_no_input_is_checked_by_assert_and_nothing_is_printed() -> None:
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Assert), path.name
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                assert _room(path) == "cli" or path.name == "__main__.py", path.name
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path.name} has a bare except"


def test_release_is_the_only_door_into_reports() -> None:
    for path in (PACKAGE / "report").glob("*.py"):
        for node, module in _imports(path):
            if module.startswith(("toolkit.evaluate", "toolkit.measure", "toolkit.ingest", "toolkit.stats")):
                assert isinstance(node, ast.ImportFrom)
                assert {alias.name for alias in node.names} <= NAMES_OPEN_TO_REPORT, path.name
            assert module not in {"toolkit.core.estimates"}, path.name
    for file, verb in SHOWING_VERBS.items():
        tree = ast.parse((PACKAGE / "report" / file).read_text(encoding="utf-8"))
        (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == verb)
        assert ast.unparse(function.args.args[0].annotation or ast.Constant(None)) == "Released"


def test_only_the_door_makes_what_reports_accept() -> None:
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Released":
                assert path.relative_to(PACKAGE).as_posix() == "disclosure/release.py"
