from __future__ import annotations

import pytest

from toolkit.core.shipped import shipped_path
from toolkit.instruments import Instrument, load_instrument


@pytest.fixture(scope="session")
def form() -> Instrument:
    return load_instrument(shipped_path("surveys", "instruments", "participant"))
