"""``python -m toolkit.simulate [FOLDER]``: write the exports of surveys/example (or FOLDER) anew."""

from __future__ import annotations

import sys
from pathlib import Path

from toolkit.core.shipped import shipped_path
from toolkit.instruments import load_instrument
from toolkit.simulate.example import write_example

if __name__ == "__main__":
    write_example(
        Path(sys.argv[1]) if len(sys.argv) > 1 else shipped_path("surveys", "example"),
        load_instrument(shipped_path("surveys", "instruments", "participant")),
    )
