from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.evaluate import PROGRAMME, count_populations, name_population, split_population

groups = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
values = st.one_of(st.text(min_size=1, max_size=8), st.text("&= ab", min_size=1, max_size=8))


@given(parts=st.dictionaries(groups, values, max_size=3))
def test_a_name_says_who_belongs(parts: dict[str, str]) -> None:
    name = name_population(parts)
    assert split_population(name) == parts
    assert name_population(dict(reversed(parts.items()))) == name


@given(one=st.dictionaries(groups, values, max_size=3), other=st.dictionaries(groups, values, max_size=3))
def test_two_populations_have_two_names(one: dict[str, str], other: dict[str, str]) -> None:
    assert (name_population(one) == name_population(other)) == (one == other)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({}, PROGRAMME),
        ({"host": "h03", "country": "it"}, "country=it & host=h03"),
        ({"host": "Smith & Sons"}, "host=Smith && Sons"),
        ({"host": "a=b"}, "host=a=b"),
        ({"host": PROGRAMME}, "host=programme"),
    ],
)
def test_names_by_hand(parts: dict[str, str], name: str) -> None:
    assert name_population(parts) == name
    assert split_population(name) == parts


@pytest.mark.parametrize(
    "name", ["", "it", "country=", "=it", "country=it & ", "country=it & se", "country=it & country=se"]
)
def test_what_is_no_population_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no population"):
        split_population(name)


def test_counts_of_groups_and_crossings() -> None:
    people = pd.DataFrame(
        {"country": ["it", "it", "se", None], "host": ["a & b", "c", None, "c"], "arm": ["x"] * 4}, dtype="str"
    )
    assert count_populations(people, ["country", "host"]) == {
        "programme": 4,
        "country=it": 2,
        "country=se": 1,
        "host=a && b": 1,
        "host=c": 2,
        "country=it & host=a && b": 1,
        "country=it & host=c": 1,
    }
    assert count_populations(people, []) == {"programme": 4}
    assert count_populations(people[:0], ["country", "host"]) == {"programme": 0}
