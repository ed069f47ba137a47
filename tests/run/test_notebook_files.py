"""The shipped notebooks are thin, and nothing of a run is stored in them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

import toolkit
from toolkit.core.shipped import shipped_path
from toolkit.run.parameters import NOTEBOOKS, NotebookSpec, parameters_cell

FORBIDDEN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.If,
    ast.With,
    ast.Try,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.BinOp,
    ast.Subscript,
)
FORBIDDEN_CALLS = {"groupby", "merge", "apply", "eval", "exec", "print", "query"}

STRUCTURAL_NUMBERS = {"1", "0.7"}
"""The upper end of Cronbach's alpha, and the customary rule of thumb for it: neither comes from data."""


def _spec_name(spec: NotebookSpec) -> str:
    return spec.name


@pytest.fixture(params=NOTEBOOKS, ids=_spec_name)
def spec(request: pytest.FixtureRequest) -> NotebookSpec:
    assert isinstance(request.param, NotebookSpec)
    return request.param


@pytest.fixture
def notebook(spec: NotebookSpec) -> nbformat.NotebookNode:
    return nbformat.read(shipped_path("notebooks", f"{spec.name}.ipynb"), as_version=4)


@pytest.fixture
def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_has_its_spec() -> None:
    names = {path.stem for path in Path(shipped_path("notebooks")).glob("*.ipynb")}
    assert names == {spec.name for spec in NOTEBOOKS}


def test_it_is_valid_and_holds_nothing_of_a_run(
    notebook: nbformat.NotebookNode, code: list[nbformat.NotebookNode]
) -> None:
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata.language_info) == {"name"}
    for cell in code:
        assert cell.outputs == []
        assert cell.execution_count is None
        assert set(cell.metadata) <= {"tags"}


def test_cell_ids_occur_once(notebook: nbformat.NotebookNode) -> None:
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_the_first_code_cell_is_the_generated_parameters_cell(code: list[nbformat.NotebookNode]) -> None:
    assert code[0].source == parameters_cell()
    assert code[0].metadata.tags == ["parameters"]
    assert not any(cell.metadata.get("tags") for cell in code[1:])
    for statement in ast.parse(code[0].source).body:
        assert isinstance(statement, ast.Assign)
        assert isinstance(statement.value, ast.Constant)
    assert all("  # " in line for line in code[0].source.splitlines())


def test_the_second_imports_from_the_toolkit_only_and_opens_the_study(code: list[nbformat.NotebookNode]) -> None:
    imports, opening = ast.parse(code[1].source).body
    assert isinstance(imports, ast.ImportFrom)
    assert imports.module == "toolkit"
    names = [alias.name for alias in imports.names]
    assert names == sorted(names)
    assert set(names) <= set(toolkit.__all__)
    assert ast.unparse(opening) == "evaluation = open_notebook(globals())"
    used = {
        node.id
        for cell in code[1:]
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert set(names) <= used


def test_each_further_cell_is_one_call(code: list[nbformat.NotebookNode]) -> None:
    known = {alias.name for node in ast.parse(code[1].source).body[:1] for alias in getattr(node, "names", ())}
    known |= {"evaluation"}
    for cell in code[2:]:
        body = ast.parse(cell.source).body
        assert len(body) == 1, cell.source
        statement = body[0]
        assert isinstance(statement, ast.Expr | ast.Assign), cell.source
        call = statement.value
        assert isinstance(call, ast.Call), cell.source
        start: ast.expr = call.func
        while isinstance(start, ast.Attribute):
            start = start.value
        assert isinstance(start, ast.Name), cell.source
        assert start.id in known, cell.source
        if isinstance(statement, ast.Assign):
            known |= {target.id for target in statement.targets if isinstance(target, ast.Name)}


def test_no_logic_of_its_own(code: list[nbformat.NotebookNode]) -> None:
    for cell in code:
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, FORBIDDEN), ast.unparse(node)
            if isinstance(node, ast.Import):
                pytest.fail(ast.unparse(node))
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                assert called not in FORBIDDEN_CALLS
            if isinstance(node, ast.Constant) and cell is not code[0]:
                assert not isinstance(node.value, int | float) or isinstance(node.value, bool)


def test_prose_holds_no_number_from_data(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert set(re.findall(r"\d+(?:\.\d+)?", cell.source)) <= STRUCTURAL_NUMBERS, cell.source


def test_it_starts_with_the_title_of_its_report(spec: NotebookSpec, notebook: nbformat.NotebookNode) -> None:
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith(f"# {spec.title}:")


def test_declared_tables_are_shown(spec: NotebookSpec, code: list[nbformat.NotebookNode]) -> None:
    shown = {
        keyword.value.value
        for cell in code[1:]
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }
    assert set(spec.tables) <= shown
    assert spec.findings == any("record(" in cell.source for cell in code)
