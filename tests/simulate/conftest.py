from __future__ import annotations

import pytest

from toolkit.core.shipped import shipped_path
from toolkit.instruments import Instrument, load_instrument
from toolkit.simulate import example_form


@pytest.fixture(scope="session")
def form() -> Instrument:
    return example_form(load_instrument(shipped_path("surveys", "instruments", "participant")))
