from __future__ import annotations

import pytest

from toolkit.core import errors
from toolkit.core.errors import MAX_PROBLEMS_PRINTED, InputError, Problem, ProblemLog, ToolkitError


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(what="it broke"), "it broke."),
        (Problem(what="it broke."), "it broke."),
        (Problem(what="gone", file="a.csv"), "a.csv: gone."),
        (Problem(what="gone", file="a.csv", row=1, column="wc1"), "a.csv, row 1, column wc1: gone."),
        (Problem(what="gone", row=0), "row 0: gone."),
        (Problem(what="bad", column="x", allowed="1 to 5"), "column x: bad. Allowed: 1 to 5."),
        (Problem(what="bad", mend="correct it"), "bad. To mend: correct it."),
        (Problem(what="bad", mend="did you mean x?"), "bad. To mend: did you mean x?"),
    ],
)
def test_a_problem_says_where_what_and_how_to_mend(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_log_gathers_and_raises_once() -> None:
    log = ProblemLog()
    log.raise_as(InputError)
    log.add("first", file="a.csv")
    log.extend([Problem(what="second")])
    with pytest.raises(InputError) as caught:
        log.raise_as(InputError)
    assert [problem.what for problem in caught.value.problems] == ["first", "second"]
    assert str(caught.value) == "a.csv: first.\nsecond."


@pytest.mark.parametrize(("n", "hidden"), [(1, 0), (MAX_PROBLEMS_PRINTED, 0), (MAX_PROBLEMS_PRINTED + 3, 3)])
def test_an_error_prints_the_first_fifty_and_the_total(n: int, hidden: int) -> None:
    error = ToolkitError(Problem(what=f"no. {number}") for number in range(n))
    lines = str(error).splitlines()
    assert len(error.problems) == n
    assert len(lines) == min(n, MAX_PROBLEMS_PRINTED) + (hidden > 0)
    assert (lines[-1] == f"... and {hidden} more; {n} problems in all.") == (hidden > 0)


@pytest.mark.parametrize("given", ["gone", Problem(what="gone"), [Problem(what="gone")]])
def test_an_error_takes_text_a_problem_or_several(given: str | Problem | list[Problem]) -> None:
    assert ToolkitError(given).problems == (Problem(what="gone"),)


def test_every_error_has_one_root_and_its_own_exit_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    codes = {kind.__name__: kind.exit_code for kind in kinds if issubclass(kind, ToolkitError)}
    assert len(codes) == len(kinds)
    assert codes == {
        "ToolkitError": 6,
        "ReportError": 1,
        "UsageError": 2,
        "InputError": 3,
        "DisclosureError": 4,
        "StorageError": 5,
        "LockedError": 75,
    }
