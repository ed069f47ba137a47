"""Host costs of a study: read, restated, in scope, and wrong in every way with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit.cli import main
from toolkit.core.errors import InputError
from toolkit.core.shipped import shipped_path
from toolkit.roi import estimate_returns
from toolkit.study import Study, open_study

RATE_GBP_2023 = 0.869787  # Mean of the European Central Bank's reference rates, as the table holds it.


@pytest.fixture(scope="module")
def programme() -> Study:
    return open_study(shipped_path("surveys", "example"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    shutil.copytree(shipped_path("surveys", "example"), tmp_path / "example")
    shutil.copytree(shipped_path("surveys", "instruments"), tmp_path / "instruments")
    return tmp_path / "example"


def change(own: Path, name: str, old: str, new: str) -> None:
    path = own / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def change_cell(own: Path, row: int, column: str, text: str) -> None:
    path = own / "exports" / "host_costs.csv"
    lines = [line.replace('"', "").split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    lines[row - 1][lines[0].index(column)] = text
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in line) for line in lines) + "\n", encoding="utf-8")


def test_the_programme_has_all_hosts_and_joins_small_countries(programme: Study) -> None:
    assert programme.hosting is not None
    assert programme.hosting.n_hosts == 16
    assert set(programme.hosting_parts) == {"country=uk", "country=it", "country=other"}
    assert any("GBP per EUR, mean of 2023" in words for words in programme.origin.money)
    assert "exports/host_costs.csv" in programme.origin.provenance.inputs


def test_a_country_and_a_host_see_their_own(programme: Study) -> None:
    country = open_study(shipped_path("surveys", "example"), scope="country=IT")
    host = open_study(shipped_path("surveys", "example"), scope="host=it2")
    assert country.hosting is not None and host.hosting is not None and programme.hosting is not None
    assert set(country.hosting.countries) == {"it"}
    assert host.hosting.hosts == ("it2",)
    assert country.hosting_parts == host.hosting_parts == ()
    alone = estimate_returns(host.hosting, population=host.population, seed=1, n_draws=500)
    assert set(alone.contributions["host"]) == {"it2"}


def test_amounts_are_converted_at_the_mean_rate(own: Path, programme: Study) -> None:
    for column in ("allowl", "allowm", "allowh"):
        change_cell(own, 2, column, "100")
    model = open_study(own).hosting
    assert model is not None and model.hosts[0] == "uk1"
    assert model.mode[0, model.drivers.index("pay")] == pytest.approx(100 / RATE_GBP_2023, rel=1e-4)


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("allowm", "1.234,56", "row 3, column allowm"),
        ("allowm", "1.234", "row 3, column allowm: the amount has a third decimal"),
        ("allowl", "-5", "row 3, column allowl"),
        ("suphrh", "1", "row 3, column suphrh: the three figures are not in order"),
        ("shsimh", "140", "row 3, column shsimh"),
        ("currency", "dollars", "row 3, column currency"),
        ("currency", "", "row 3, column currency"),
        ("priceyear", "2025", "row 3, column priceyear: there is no price index CPI of GB for 2025"),
        ("host", "uk1", "row 3, column host: the costs of this host stand already in exports/host_costs.csv, row 2"),
    ],
)
def test_what_is_wrong_is_named_and_ends_with_three(
    own: Path, capsys: pytest.CaptureFixture[str], column: str, text: str, words: str
) -> None:
    change_cell(own, 3, column, text)
    assert main(["check", str(own)]) == 3
    printed = capsys.readouterr()
    assert words in printed.out + printed.err


def test_a_study_may_add_rows_of_its_own(own: Path) -> None:
    change_cell(own, 3, "priceyear", "2025")
    (own / "prices.csv").write_text(
        "country,year,measure,index,base,vintage,status,source,licence,note\n"
        "GB,2025,CPI,158.0,2010=100,ONS 2026-01,as_published,ONS,OGL,\n",
        encoding="utf-8",
    )
    change(own, "study.yaml", "price_year: 2023}", "price_year: 2023, tables: {prices: prices.csv}}")
    hosting = open_study(own).hosting
    assert hosting is not None
    assert any("CPI GB 2025 to 2023" in words and "ONS 2026-01" in words for words in hosting.basis)


def test_purchasing_power_needs_the_country_of_a_shared_currency(own: Path) -> None:
    change(own, "study.yaml", "price_year: 2023}", "price_year: 2023, conversion: ppp}")
    with pytest.raises(InputError, match="need their country"):
        open_study(own)
    change(own, "study.yaml", "conversion: ppp}", "conversion: ppp, country: IT}")
    hosting = open_study(own).hosting
    assert hosting is not None
    assert any("PPP RO 2023" in words for words in hosting.basis)


def test_without_costs_a_study_opens_as_before(own: Path) -> None:
    change(own, "study.yaml", "roi: {form: host_costs, currency: EUR, price_year: 2023}", "")
    change(
        own, "study.yaml", "  - {instrument: host_costs, wave: round, path: exports/host_costs.csv, platform: auto}", ""
    )
    assert open_study(own).hosting is None
