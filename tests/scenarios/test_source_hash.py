"""The hash of a scenario's source changes with each module that it imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.scenarios import source_hash

if TYPE_CHECKING:
    from pathlib import Path


def fresh_hash(library: Path) -> str:
    """Return the hash of `plant.py` as a new process would."""
    source_hash.forget_files()
    return source_hash.source_hash(library / "plant.py", library)


@pytest.mark.parametrize(
    "text",
    [
        "import tools",
        "    import os, tools as t",
        "from tools import spade",
        "from garden import beds; import tools",
        "if True: import tools",
        "try: from tools import spade",
        "import os, \\\n    tools",
        "from tools \\\n    import spade",
        "tools = importlib.import_module('tools')",
        'tools = __import__("tools")',
        "from shed import (\n    rake,\n    tools,\n)",
        "from shed import (\n    rake,  # for leaves (and moss)\n    tools,\n)",
        "# import (as always\nimport tools\nspade = (tools)",
        "# import (as always\nspade = 1  # not (yet)\nfrom shed import tools\n",
        "from shed import door",
        "import shed.door",
    ],
)
def test_an_import_counts_however_it_is_written(tmp_path: Path, text: str) -> None:
    for name, content in (("plant", text), ("tools", "spade = 1"), ("shed/__init__", ""), ("shed/tools", "")):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(content + "\n")
    (tmp_path / "shed/door.py").write_text("from . import tools\n")
    before = fresh_hash(tmp_path)
    assert fresh_hash(tmp_path) == before
    (tmp_path / ("shed/tools.py" if "shed" in text else "tools.py")).write_text("spade = 2\n")
    assert fresh_hash(tmp_path) != before


def test_brackets_that_are_not_closed_take_linear_time(tmp_path: Path) -> None:
    """Where each comment had several ways to match, six of them took minutes."""
    (tmp_path / "plant.py").write_text("# import (\n" + "# a comment of a few words\n" * 2000 + "import tools\n")
    (tmp_path / "tools.py").write_text("spade = 1\n")
    before = fresh_hash(tmp_path)
    (tmp_path / "tools.py").write_text("spade = 2\n")
    assert fresh_hash(tmp_path) != before


def test_other_modules_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "plant.py").write_text("# import tools\nimports = 'tools'\n")
    (tmp_path / "tools.py").write_text("spade = 1\n")
    before = fresh_hash(tmp_path)
    (tmp_path / "tools.py").write_text("spade = 2\n")
    assert fresh_hash(tmp_path) == before
