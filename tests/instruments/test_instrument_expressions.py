from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InputError
from toolkit.instruments.exports.expressions import Variables, find_references, write_limesurvey_expression

KNOWN = Variables(names={"a": "a", "b": "grid1_b", "m": "m"}, multiple={"m": ("x", "y")})

CARRIED = [
    ("${a} = 'yes'", 'a.NAOK == "yes"'),
    ('${ a } != "no"', 'a.NAOK != "no"'),
    ("${b}>=3 and ${a} = ''", 'grid1_b.NAOK >= 3 and a.NAOK == ""'),
    ("not(${a} = 1 or ${a} = 2)", "!(a.NAOK == 1 or a.NAOK == 2)"),
    ("(${a} = 1) or (${b} < 2.5)", "(a.NAOK == 1) or (grid1_b.NAOK < 2.5)"),
    ("selected(${m}, 'x')", 'm_x.NAOK == "Y"'),
    ("selected(${a}, 'x')", 'a.NAOK == "x"'),
    (". >= -1 and . <= 10", "self.NAOK >= -1 and self.NAOK <= 10"),
    ("'x' = ${a}", '"x" == a.NAOK'),
    ("${a} + 1 = 2", "sum(a.NAOK, 1) == 2"),
    ("${a} + ${b} - . = 100", "sum(a.NAOK, grid1_b.NAOK, -self.NAOK) == 100"),
    ("count-selected(${m}) <= 2", "count(m_x.NAOK, m_y.NAOK) <= 2"),
]

REFUSED = [
    "",
    "${a}",
    "${a} =",
    "${a} = 'x",
    "${a} == 1",
    "${zz} = 1",
    "${m} = 'x'",
    "(${a} = 1",
    "${a} = 1)",
    "selected('x', ${m})",
    "selected(${m})",
    "${a} = 1 and",
    "not ${a} = 1",
    "string-length(.) > 3",
    "${a} * 2 = 2",
    "selected(${m}, 'z')",
    "selected(., 'x')",
    "count-selected(${a}) > 1",
    "${a} = '{b}'",
    "${a} = 'say \"x\"'",
    "${a} = 1; drop",
    "a = 1",
    "-",
]


@pytest.mark.parametrize(("expression", "written"), CARRIED)
def test_a_condition_is_carried(expression: str, written: str) -> None:
    assert write_limesurvey_expression(expression, variables=KNOWN) == written


def test_the_question_itself_may_have_several_answers() -> None:
    written = write_limesurvey_expression("not(selected(., 'x') and count-selected(.) > 1)", variables=KNOWN, own="m")
    assert written == '!(m_x.NAOK == "Y" and count(m_x.NAOK, m_y.NAOK) > 1)'
    with pytest.raises(InputError, match=r"use selected\(\)"):
        write_limesurvey_expression(". = 'x'", variables=KNOWN, own="m")


@pytest.mark.parametrize("expression", REFUSED)
def test_anything_else_is_refused_with_the_condition_named(expression: str) -> None:
    with pytest.raises(InputError) as caught:
        write_limesurvey_expression(expression, variables=KNOWN)
    (problem,) = caught.value.problems
    assert expression in problem.what
    assert problem.allowed
    assert problem.mend


@given(st.text(alphabet="${}ab.'\"=!<>()0 -andortselcd,", max_size=40))
def test_no_text_makes_it_stumble(expression: str) -> None:
    try:
        written = write_limesurvey_expression(expression, variables=KNOWN)
    except InputError:
        return
    assert "{" not in written
    assert "$" not in written


def test_references_are_found_once_each_in_order() -> None:
    assert find_references("${b} > ${ a } or ${b} = 1 or $a = 2") == ("b", "a")
