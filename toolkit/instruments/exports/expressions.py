"""XLSForm conditions read, and written as LimeSurvey's expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from toolkit.core.errors import InputError, Problem

_REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_TOKEN = re.compile(
    r"""\s*(?:(?P<reference>\$\{\s*[^{}]*?\s*\})|(?P<text>'[^']*'|"[^"]*")|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>[A-Za-z][A-Za-z-]*)|(?P<sign>!=|<=|>=|[=<>(),.+*-]))"""
)
_COMPARISONS = {"=": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
ALLOWED = "${item}, ., numbers, 'texts', = != < > <= >=, + -, and, or, not(), selected(), count-selected()"


def find_references(expression: str) -> tuple[str, ...]:
    """Return the names of the items that an XLSForm expression or text refers to, each once, in order.

    Examples
    --------
    >>> find_references("${consent} = 'yes' and ${ age } > 17")
    ('consent', 'age')
    """
    return tuple(dict.fromkeys(_REFERENCE.findall(expression)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What items are called in LimeSurvey.

    Parameters
    ----------
    names : mapping of str to str
        Item -> variable, such as `wc1` -> `stem_wc1` where wc1 is a row of a grid.
    multiple : mapping of str to tuple of str
        Item of which several answers can be chosen -> codes of its answers.
    """

    names: Mapping[str, str]
    multiple: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def write_limesurvey_expression(expression: str, *, variables: Variables, own: str = "") -> str:
    """Return an XLSForm condition as LimeSurvey writes it.

    Parameters
    ----------
    expression : str
        A condition made of comparisons, sums, `and`, `or`, `not()`, `selected()`, `count-selected()` and
        brackets; `.` is the answer to the question itself.
    variables : Variables
        Every item that may be referred to.
    own : str
        The question whose answer `.` is, or "".

    Returns
    -------
    str
        An ExpressionScript condition. An item that was not shown counts as empty, as it does in XLSForm.

    Raises
    ------
    InputError
        Where the condition is broken or uses more than is listed above.

    References
    ----------
    XLSForm reference, section "Relevant", https://xlsform.org/en/; LimeSurvey manual, "ExpressionScript".

    Examples
    --------
    >>> known = Variables(names={"consent": "consent", "why": "why"}, multiple={"why": ("pay", "fun")})
    >>> write_limesurvey_expression("${consent} = 'yes' and not(selected(${why}, 'pay'))", variables=known)
    'consent.NAOK == "yes" and !(why_pay.NAOK == "Y")'
    """
    reader = _Reader(expression=expression, variables=variables, own=own)
    written = reader.read_either()
    if reader.position < len(reader.tokens):
        raise reader.refuse(f"{reader.tokens[reader.position][1]} is not expected there")
    return written


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads a condition from left to right: or-parts, and-parts, comparisons, values."""

    expression: str
    variables: Variables
    own: str = ""
    position: int = 0
    tokens: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = []
        end = 0
        text = self.expression.rstrip()
        while end < len(text):
            found = _TOKEN.match(text, end)
            if found is None or found.lastgroup is None:
                raise self.refuse(f"{text[end:].strip()[:20]} cannot be read")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            end = found.end()

    def refuse(self, what: str) -> InputError:
        return InputError(
            Problem(
                what=f"the condition {self.expression} cannot be carried over: {what}",
                allowed=ALLOWED,
                mend="write it more simply",
            )
        )

    def take(self, *texts: str) -> str:
        """Return the next token if it is one of `texts`, and step over it; else ""."""
        if self.position < len(self.tokens) and self.tokens[self.position][1] in texts:
            self.position += 1
            return self.tokens[self.position - 1][1]
        return ""

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.refuse(f"{text} is missing")

    def read_either(self) -> str:
        parts = [self.read_all()]
        while self.take("or"):
            parts.append(self.read_all())
        return " or ".join(parts)

    def read_all(self) -> str:
        parts = [self.read_comparison()]
        while self.take("and"):
            parts.append(self.read_comparison())
        return " and ".join(parts)

    def read_comparison(self) -> str:
        if self.take("("):
            inner = self.read_either()
            self.need(")")
            return f"({inner})"
        if self.take("not"):
            self.need("(")
            inner = self.read_either()
            self.need(")")
            return f"!({inner})"
        if self.take("selected"):
            return self.read_selected()
        left = self.read_sum()
        sign = self.take(*_COMPARISONS)
        if not sign:
            raise self.refuse("a comparison is missing")
        return f"{left} {_COMPARISONS[sign]} {self.read_sum()}"

    def read_sum(self) -> str:
        """Read terms with + or - between them; LimeSurvey's own + puts texts one behind the other."""
        terms = [self.read_value()]
        while sign := self.take("+", "-"):
            terms.append(self.read_value() if sign == "+" else f"-{self.read_value()}")
        return f"sum({', '.join(terms)})" if len(terms) > 1 else terms[0]

    def read_selected(self) -> str:
        self.need("(")
        name = self.read_name()
        self.need(",")
        code = self.read_text()
        self.need(")")
        variable = self.variables.names[name]
        if name in self.variables.multiple:
            if code not in self.variables.multiple[name]:
                raise self.refuse(f"{code} is not an answer of {name}")
            return f'{variable}_{code}.NAOK == "Y"'
        return f'{variable}.NAOK == "{code}"'

    def read_count(self) -> str:
        self.need("(")
        name = self.read_name()
        self.need(")")
        if name not in self.variables.multiple:
            raise self.refuse(f"only one answer can be chosen in {name}: leave count-selected() out")
        variable = self.variables.names[name]
        return f"count({', '.join(f'{variable}_{code}.NAOK' for code in self.variables.multiple[name])})"

    def read_value(self) -> str:
        if self.take("count-selected"):
            return self.read_count()
        kind, text = self.tokens[self.position] if self.position < len(self.tokens) else ("", "the end")
        if kind == "reference" or (text == "." and self.own in self.variables.multiple):
            name = self.read_name()
            if name in self.variables.multiple:
                raise self.refuse(f"several answers can be chosen in {name}: use selected()")
            return f"{self.variables.names[name]}.NAOK"
        if kind == "text":
            return f'"{self.read_text()}"'
        self.position += 1
        if kind == "number":
            return text
        if text == ".":
            return "self.NAOK"
        if text == "-" and self.position < len(self.tokens) and self.tokens[self.position][0] == "number":
            self.position += 1
            return f"-{self.tokens[self.position - 1][1]}"
        raise self.refuse(f"{text} is not expected there")

    def read_name(self) -> str:
        kind, text = self.tokens[self.position] if self.position < len(self.tokens) else ("", "the end")
        found = find_references(text)
        if text == "." and self.own:
            kind, found = "reference", (self.own,)
        if kind != "reference" or not found:
            raise self.refuse(f"{text} does not name an item")
        if found[0] not in self.variables.names:
            raise self.refuse(f"{found[0]} is not asked in this form")
        self.position += 1
        return found[0]

    def read_text(self) -> str:
        kind, text = self.tokens[self.position] if self.position < len(self.tokens) else ("", "the end")
        if kind != "text" or any(mark in text[1:-1] for mark in '"\\{}'):
            raise self.refuse(f"{text} is not a plain text")
        self.position += 1
        return text[1:-1]
