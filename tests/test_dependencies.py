"""The rules that keep the parts apart: who imports whom, what an import costs, and where chance and time come from.

`docs/architecture.md` tells why.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_pare"

# From the bottom up. A part imports from its own group and from layers further down, from nothing above or beside it.
LAYERS: tuple[tuple[set[str], ...], ...] = (
    ({"base"}, {"compat"}, {"fork"}),
    ({"are"},),
    ({"__init__"},),
    ({"results"},),
    ({"scenarios"},),
    ({"apps"},),
    ({"agents"},),
    ({"engines"},),
    ({"simulation"}, {"settings"}),
    ({"plugin"},),
)

ABOVE_PYTEST = "plugin"

# Where a clock or chance is read outside of `are/world.py`, and why that changes nothing in a simulation.
ALLOWED = {
    ("engines/recorder.py", "time.perf_counter"): "generation time that is recorded, and replayed as it was",
    ("engines/live.py", "threading.Thread"): "a request of a model, which nobody waits for when its time is over",
    ("engines/live.py", "time.perf_counter"): "generation time that is measured, if a suite asks for that",
    ("engines/live.py", "time.time"): "a Retry-After that is a date",
    ("engines/rate_limit.py", "time.monotonic"): "how fast an endpoint is asked",
    ("engines/retry.py", "time.monotonic"): "how fast an endpoint is asked",
    ("engines/retry.py", "time.sleep"): "a model that is asked again",
    ("plugin/process_end.py", "threading.Thread"): "ends a process that a thread of an agent keeps alive",
    ("plugin/process_end.py", "time.sleep"): "how long code may take to let go of SIGTERM",
    ("results/files.py", "datetime.datetime.now"): "when a report was made",
    ("results/multi_result.py", "datetime.datetime.now"): "when a report was made",
    ("simulation/limits.py", "time.monotonic"): "timeout_seconds, a limit in real time",
    ("simulation/timed_engine.py", "time.perf_counter"): "generation time that is measured, if a suite asks for that",
    ("simulation/loop.py", "time.perf_counter"): "generation time that is measured, if a suite asks for that",
    ("simulation/multi_runner.py", "threading.Thread"): "runs beside each other, each in a world of its own",
    ("simulation/multi_runner.py", "time.perf_counter"): "the duration of all runs, which no trace holds",
    ("simulation/processes.py", "threading.Thread"): "ends a process that has lost its parent",
    ("simulation/processes.py", "time.perf_counter"): "timeout_seconds, a limit in real time",
    ("simulation/runner.py", "time.perf_counter"): "a result's duration, which no trace holds",
    ("plugin/result_collector.py", "time.perf_counter"): "the duration of the session",
}

NOT_REPRODUCIBLE = (
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
    "hash", "os.urandom", "secrets", "threading.Thread", "threading.Timer",
    "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time",
    "time.sleep", "time.time", "time.time_ns", "uuid.uuid1", "uuid.uuid4",
)  # fmt: skip

# Of `random`, only a generator that is given its seed.
SEEDED = "random.Random"


def sources(*parts: str) -> list[Path]:
    found = [
        path
        for part in parts
        for path in ([PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).rglob("*.py"))
    ]
    assert found
    return sorted(found)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of what is imported anywhere in a module, but for type checkers."""
    nodes: list[ast.AST] = [parsed(path)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: import by the full name"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        nodes += ast.iter_child_nodes(node)


def part_of(module: str) -> str:
    """Return the part of the package that a dotted name leads to; of `pytest_pare.plugin.items.SuiteFile`, `suite`."""
    _, _, rest = module.partition(".")
    return rest.partition(".")[0] or "__init__"


def fresh_python(code: str) -> list[str]:
    """Run code in a new process, and return what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: list[str] = json.loads(done.stdout)
    return result


# -- who imports whom


def test_every_part_has_a_layer() -> None:
    known = {part for layer in LAYERS for group in layer for part in group}
    assert {part_of(name_of(path)) for path in sources(".")} == known


def test_imports_point_down() -> None:
    place = {
        part: (number, index)
        for number, layer in enumerate(LAYERS)
        for index, group in enumerate(layer)
        for part in group
    }
    wrong = []
    for path in sources("."):
        own = place[part_of(name_of(path))]
        for line, target in imports(path):
            if target.split(".")[0] != "pytest_pare":
                continue
            other = place[part_of(target)]
            if other != own and other[0] >= own[0]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {target}")
    assert wrong == []


def test_nothing_below_the_plugin_modules_imports_pytest() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for path in sources(".")
        if part_of(name_of(path)) != ABOVE_PYTEST
        for line, target in imports(path)
        if target.split(".")[0] in ("pytest", "_pytest", "xdist")
    ]
    assert wrong == []


def test_no_private_module_of_pytest_is_used() -> None:
    assert [path for path in sources(".") for _, target in imports(path) if target.split(".")[0] == "_pytest"] == []


# -- what an import costs


def test_what_runs_on_the_controller_imports_neither_are_nor_polars() -> None:
    modules = [
        *(name_of(path) for path in sources("settings")),
        *(
            name_of(path)
            for path in sources("plugin")
            if path.stem not in ("failure_report", "pare_fixture", "report_files", "run_reports", "warmup")
        ),
        "pytest_pare.engines.check",
        "pytest_pare.results.columns",
        "pytest_pare.results.details",
        "pytest_pare.results.gate",
        "pytest_pare.results.multi_result",
        "pytest_pare.results.robustness",
        "pytest_pare.results.suite_report",
        "pytest_pare.scenarios.config",
        "pytest_pare.scenarios.library",
        "pytest_pare.scenarios.registration",
        "pytest_pare.results.validation_result",
    ]
    assert heavy_after(modules) == []


def test_what_reads_results_imports_no_are() -> None:
    assert heavy_after([name_of(path) for path in sources("results")]) == ["polars"]


def heavy_after(modules: list[str]) -> list[str]:
    heavy = ("are", "litellm", "numpy", "pandas", "polars")
    return fresh_python(
        f"import importlib, json, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    )


def test_the_plugin_alone_imports_pytest_and_the_standard_library() -> None:
    loaded = fresh_python(
        "import json, sys, pytest\nbefore = set(sys.modules)\nimport pytest_pare.plugin\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(new - sys.stdlib_module_names)))"
    )
    assert loaded == ["pytest_pare"]


# -- where chance and time come from


def test_nothing_outside_the_world_reads_a_clock_or_draws_by_chance() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), name): line
        for path in sources(".")
        if path != PACKAGE / "are" / "world.py"
        for line, name in not_reproducible(path)
    }
    assert [f"{path}:{line} uses {name}" for (path, name), line in found.items() if (path, name) not in ALLOWED] == []
    assert [allowance for allowance in ALLOWED if allowance not in found] == [], "no longer needed"


def test_no_bundled_scenario_reads_a_clock_or_draws_by_chance() -> None:
    library = sorted((ROOT / "scenarios").rglob("*.py"))
    assert library
    assert [f"{path}:{line} uses {name}" for path in library for line, name in not_reproducible(path)] == []


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.sleep(1)",
        "import time as t\nt.time()",
        "from time import time\ntime()",
        "from time import time as now",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now()",
        "from uuid import uuid4",
        "import uuid\nfield = uuid.uuid4",
        "hash('text')",
        "import random\nrandom.choice([1])",
        "from random import shuffle",
        "from random import Random\nRandom()",
        "import random\nrandom.SystemRandom()",
        "import secrets\nsecrets.token_hex()",
        "from threading import Thread",
    ],
)
def test_the_search_finds_what_cannot_be_repeated(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code)
    assert list(not_reproducible(tmp_path / "module.py"))


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import UTC, datetime\ndatetime(2025, 1, 6, tzinfo=UTC).timestamp()",
        "from random import Random\nRandom(3).random()",
        "import random\nrandom.Random('seed')",
        "import threading\nthreading.local()",
        "import time\ntime.strftime('%H', time.gmtime(0))",
        "class A:\n    def __hash__(self): return 1",
    ],
)
def test_the_search_lets_pass_what_can(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code)
    assert list(not_reproducible(tmp_path / "module.py")) == []


def not_reproducible(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of each use of what differs from run to run."""
    tree = parsed(path)
    full_names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full_names |= {
                alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0]
                for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom):
            full_names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            yield from (
                (node.lineno, f"{node.module}.{a.name}") for a in node.names if is_forbidden(f"{node.module}.{a.name}")
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, dot, rest = ast.unparse(node).partition(".")
            name = full_names.get(first, first) + dot + rest
            if is_forbidden(name):
                yield node.lineno, name
        if isinstance(node, ast.Call) and not (node.args or node.keywords):
            first, dot, rest = ast.unparse(node.func).partition(".")
            if full_names.get(first, first) + dot + rest == SEEDED:
                yield node.lineno, f"{SEEDED} without a seed"


def is_forbidden(name: str) -> bool:
    if name.startswith("random."):
        return name != SEEDED and not name.startswith(f"{SEEDED}.")
    return any(name == source or name.startswith(f"{source}.") for source in NOT_REPRODUCIBLE)
