"""Columns and transforms named in a formula, worked out without running any code of the formula."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import nearest_name

FloatArray = NDArray[np.float64]

FUNCTIONS: Mapping[str, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {
        "log": np.log,
        "log2": np.log2,
        "log10": np.log10,
        "log1p": np.log1p,
        "exp": np.exp,
        "sqrt": np.sqrt,
        "abs": np.abs,
        "I": lambda values: values,
        "center": lambda values: values - np.nanmean(values),
        "scale": lambda values: (values - np.nanmean(values)) / np.nanstd(values, ddof=1),
    }
)
OPERATORS: Mapping[type[ast.operator], Callable[[FloatArray, FloatArray], FloatArray]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.Pow: operator.pow,
        # R writes a power as ^.
        ast.BitXor: operator.pow,
    }
)


def evaluate_expression(expression: str, frame: pd.DataFrame) -> dict[str, FloatArray]:
    """Work out a numeric expression over the columns of a frame.

    Parameters
    ----------
    expression : str
        A column's name, or arithmetic and the functions log, log2, log10, log1p, exp, sqrt, abs, I, center, scale
        and ``poly(x, degree)``.
    frame : pandas.DataFrame
        Holds the columns.

    Returns
    -------
    dict of str to numpy.ndarray
        Suffix to column; one entry with the suffix "" but for `poly`, which has one per degree.

    Raises
    ------
    UsageError
        An unknown column or function, a column that is not numeric.

    Examples
    --------
    >>> evaluate_expression("I(x^2)", pd.DataFrame({"x": [1.0, 3.0]}))[""].tolist()
    [1.0, 9.0]
    """
    if expression in frame.columns:
        return {"": _numeric(expression, frame)}
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise _unknown(expression, frame) from error
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "poly":
        return _polynomial(tree, expression, frame)
    with np.errstate(all="ignore"):
        values = np.asarray(_walk(tree, expression, frame), dtype=np.float64)
    return {"": np.broadcast_to(values, (len(frame),)).copy() if values.ndim == 0 else values}


def _walk(node: ast.expr, expression: str, frame: pd.DataFrame) -> FloatArray:
    if isinstance(node, ast.Name):
        return _numeric(node.id, frame)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return np.asarray(node.value, dtype=np.float64)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = (_walk(side, expression, frame) for side in (node.left, node.right))
        return OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return np.negative(_walk(node.operand, expression, frame))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FUNCTIONS
        and len(node.args) == 1
        and not node.keywords
    ):
        return FUNCTIONS[node.func.id](_walk(node.args[0], expression, frame))
    raise UsageError(
        Problem(
            what=f"holds an expression that is not known: {expression}",
            column="formula",
            allowed=f"columns, + - * / ^, {', '.join(FUNCTIONS)}, poly(x, degree), C(x) for a factor",
        )
    )


def _polynomial(tree: ast.Call, expression: str, frame: pd.DataFrame) -> dict[str, FloatArray]:
    """Orthogonal polynomials as R's poly: each of length 1, orthogonal to the ones before."""
    degree = tree.args[1].value if len(tree.args) == 2 and isinstance(tree.args[1], ast.Constant) else None
    if not isinstance(degree, int) or not 1 <= degree <= 9 or tree.keywords:
        raise UsageError(
            Problem(what=f"holds {expression}", column="formula", allowed="poly(x, degree) with a degree of 1 to 9")
        )
    values = _walk(tree.args[0], expression, frame)
    known = np.isfinite(values)
    centred = values[known] - values[known].mean()
    basis, _ = np.linalg.qr(np.vander(centred, degree + 1, increasing=True))
    found = {}
    for power in range(1, degree + 1):
        column = basis[:, power]
        full = np.full(values.size, np.nan)
        # The sign is that of the highest power, as R has it.
        full[known] = column * np.sign(column @ centred**power)
        found[str(power)] = full
    return found


def _numeric(name: str, frame: pd.DataFrame) -> FloatArray:
    if name not in frame.columns:
        raise _unknown(name, frame)
    column = frame[name]
    if not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)):
        raise UsageError(
            Problem(
                what=f"is text, and is used as a number in the formula ({column.dtype})",
                column=name,
                allowed=f"numbers, or C({name}) for a factor",
            )
        )
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _unknown(name: str, frame: pd.DataFrame) -> UsageError:
    near = nearest_name(name, [str(column) for column in frame.columns])
    return UsageError(
        Problem(
            what=f"names no column: {name}",
            column="formula",
            allowed="a column of the data",
            mend=f"did you mean {near}?" if near else "",
        )
    )


def look_up(name: str, frame: pd.DataFrame) -> pd.Series:
    """Return a column, or refuse its name with the nearest one.

    Examples
    --------
    >>> look_up("hots", pd.DataFrame({"host": [1]}))
    Traceback (most recent call last):
    toolkit.core.errors.UsageError: column formula: names no column: hots. Allowed: a column of the data. To mend: \
did you mean host?
    """
    if name not in frame.columns:
        raise _unknown(name, frame)
    return frame[name]
