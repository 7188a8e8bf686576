"""Draw the plot in the manual by the code that the manual shows: `python -m tests.docs.plot`."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLOT = ROOT / "docs/images/robustness.svg"


def drawn() -> str:
    """Return the plot that the code block of the manual writes."""
    page = (ROOT / "docs/plots.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        exec(compile(code, "docs/plots.md", "exec"), {})
        return Path(PLOT.name).read_text(encoding="utf-8")


if __name__ == "__main__":
    PLOT.write_text(drawn(), encoding="utf-8")
