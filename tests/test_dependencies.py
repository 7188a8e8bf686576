"""The rules of the structure: imports, their cost, the length of modules, and the sources of chance and time.

`docs/architecture.md` gives the reasons.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import UNMEASURED, is_measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_pare"

# From the bottom up. A part imports from itself and from lower layers, and never from the same layer or a higher one.
# Imports for type checkers count, too.
LAYERS = (
    {"base", "compat", "inference"},
    {"are", "judge"},
    {"__init__"},
    {"results"},
    {"scenarios"},
    {"apps"},
    {"agents"},
    {"engines"},
    {"endpoints"},
    {"simulation", "settings"},
    {"audit"},
    {"ledger"},
    {"plots", "timeline"},
    {"page", "what_if"},
    {"plugin", "cli"},
)

ABOVE_PYTEST = "plugin"

ROOT_FILES = {"__init__.py", "compat.py", "py.typed"}
# Directories of the root that hold files for packages, and no code of the package itself.
DATA = {"bundled_scenarios", "data"}

MOST_LINES = 300
# Modules that are longer, each with the reason why it is not split.
LONG: dict[str, str] = {}

# The places outside of `are/world.py` that read a clock or draw by chance, and why no simulation depends on them.
ALLOWED = {
    ("agents/program/process.py", "time.monotonic"): "start_timeout and turn_timeout, limits in real time",
    ("cli/accept_session.py", "datetime.datetime.now"): "the date on which a session is accepted",
    ("endpoints/server.py", "secrets.token_urlsafe"): "tokens, which no trace holds",
    ("endpoints/server.py", "threading.Thread"): "serves the endpoints of the runs",
    ("engines/calls.py", "time.perf_counter"): "generation time that is recorded, and replayed as it was",
    ("engines/service.py", "threading.Thread"): "a request to a model, abandoned when its time is over",
    ("engines/service.py", "time.perf_counter"): "generation time that is measured, if a suite asks for that",
    ("engines/service.py", "time.time"): "a Retry-After that is a date",
    ("engines/rate_limit.py", "time.monotonic"): "the rate limit of an endpoint",
    ("engines/retry.py", "time.monotonic"): "the rate limit of an endpoint",
    ("engines/retry.py", "time.sleep"): "the wait before a retry",
    ("plugin/run_thread.py", "threading.Thread"): "concurrent runs, each in a world of its own",
    ("plugin/run_thread.py", "time.monotonic"): "timeout_seconds, a limit in real time",
    ("plugin/process_end.py", "threading.Thread"): "ends a process that a thread of an agent keeps alive",
    ("plugin/process_end.py", "time.sleep"): "how long code may take to unwind after SIGTERM",
    ("results/files.py", "datetime.datetime.now"): "when a report was made",
    ("results/multi_result.py", "datetime.datetime.now"): "when a report was made",
    ("plugin/session_ledger.py", "datetime.datetime.now"): "the name of a session",
    ("plugin/span_export.py", "secrets.randbits"): "ids of spans, which no trace holds",
    ("plugin/watchdog.py", "threading.Timer"): "ends a run on another machine that never ends",
    ("plugin/telemetry.py", "threading.Thread"): "exports the last spans within a limit of time",
    ("simulation/model_waits.py", "time.monotonic"): "time that is no part of turn_timeout, a limit in real time",
    ("simulation/limits.py", "time.monotonic"): "timeout_seconds, a limit in real time",
    ("simulation/timed_engine.py", "time.perf_counter"): "generation time that is measured, if a suite asks for that",
    ("simulation/loop.py", "time.perf_counter"): "generation time that is measured, if a suite asks for that",
    ("simulation/multi_runner.py", "threading.Thread"): "concurrent runs, each in a world of its own",
    ("simulation/multi_runner.py", "time.perf_counter"): "the duration of all runs, which no trace holds",
    ("simulation/processes.py", "threading.Thread"): "ends a process without a parent",
    ("simulation/processes.py", "time.perf_counter"): "timeout_seconds, a limit in real time",
    ("simulation/runner.py", "time.perf_counter"): "a result's duration, which no trace holds",
    ("simulation/executors.py", "uuid.uuid4"): "ids of requests, which no trace holds",
    ("simulation/worker.py", "os.urandom"): "ids of attempts at requests, which no trace holds",
    ("plugin/run_control.py", "time.monotonic"): "a budget in real time",
    ("plugin/session.py", "time.process_time"): "what the start of the session took, for its header",
    (
        "plugin/work_times.py",
        "time.process_time",
    ): "what the start of a process took, for the header of a later session",
    ("plugin/progress.py", "time.perf_counter"): "how far the session is, for the terminal alone",
    ("plugin/result_collector.py", "time.perf_counter"): "the duration of the session",
}

NOT_REPRODUCIBLE = (
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
    "hash", "os.urandom", "secrets", "threading.Thread", "threading.Timer",
    "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time",
    "time.sleep", "time.time", "time.time_ns", "uuid.uuid1", "uuid.uuid4",
)  # fmt: skip

# The only part of `random` that is allowed: a generator with a seed.
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
    """Yield line and dotted name of each import in a module, those for type checkers too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: import by the full name"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def modules() -> dict[str, Path]:
    """Return the modules of the package by their dotted names."""
    return {name_of(path): path for path in sources(".")}


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each module of the package that a module imports."""
    for line, target in imports(path):
        if target.partition(".")[0] == PACKAGE.name:
            # The last part may be a name in the module.
            yield line, target if target in modules() else target.rpartition(".")[0]


def part_of(module: str) -> str:
    """Return the part of the package that a module belongs to: of `pytest_pare.plugin.items`, `plugin`."""
    _, _, rest = module.partition(".")
    return rest.partition(".")[0] or "__init__"


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the circles of a graph, one for each group of nodes that lead to each other."""
    rest, found = dict(graph), []
    while True:
        try:
            TopologicalSorter(rest).prepare()
        except CycleError as error:
            *circle, _ = error.args[1]
            found.append(circle)
            rest = {node: targets for node, targets in rest.items() if node not in circle}
        else:
            return found


def fresh_python(code: str) -> list[str]:
    """Run code in a new process, and return what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: list[str] = json.loads(done.stdout)
    return result


# -- imports between modules


def test_every_part_has_a_layer() -> None:
    assert {part_of(name) for name in modules()} == set().union(*LAYERS)


def test_imports_point_down() -> None:
    layer_of = {part: number for number, layer in enumerate(LAYERS) for part in layer}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for name, path in modules().items()
        for line, target in own_imports(path)
        if part_of(target) != part_of(name) and layer_of[part_of(target)] >= layer_of[part_of(name)]
    ]
    assert wrong == []


def test_no_modules_import_each_other() -> None:
    graph = {name: {target for _, target in own_imports(path)} - {name} for name, path in modules().items()}
    assert circles(graph) == []


def test_the_search_finds_circles() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": {"f"}, "f": {"e"}, "g": {"a"}}
    assert [set(circle) for circle in circles(graph)] in ([{"a", "b", "c"}, {"e", "f"}], [{"e", "f"}, {"a", "b", "c"}])
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_the_root_holds_packages_and_what_is_public() -> None:
    found = {path.name: path for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    packages = {name for name, path in found.items() if (path / "__init__.py").is_file()}
    assert set(found) - packages - DATA == ROOT_FILES


def test_a_long_module_has_a_reason() -> None:
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules().values()
    }
    too_long = {path for path, lines in lengths.items() if lines > MOST_LINES}
    assert {path: lengths[path] for path in sorted(too_long - LONG.keys())} == {}, "split it by meaning"
    assert sorted(LONG.keys() - too_long) == [], "no longer needed"


def test_what_is_run_without_coverage_exists() -> None:
    tests = Path(__file__).parent
    files = [path for path in tests.rglob("test_*.py") if not is_measured(path)]
    names = {path.relative_to(tests).with_name(path.stem.removeprefix("test_")) for path in files}
    assert UNMEASURED - {one.as_posix() for name in names for one in (name, *name.parents)} == set()
    assert is_measured(tests / "agents/test_tools.py")
    assert not is_measured(tests / "plugin/test_agents.py")
    assert not is_measured(tests / "browser/test_pages_in_browsers.py")


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


# -- the cost of an import


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
        "pytest_pare.results.criteria",
        "pytest_pare.results.details",
        "pytest_pare.results.gate",
        "pytest_pare.results.multi_result",
        "pytest_pare.results.pairing",
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


# What only runs with agents use.
OF_AGENTS = (
    *("are.simulation.agents.default_agent.base_agent", "pytest_pare.agents.loading", "pytest_pare.agents.react"),
    *("pytest_pare.engines.cassette", "pytest_pare.engines.oracle", "pytest_pare.engines.reference"),
    *("pytest_pare.engines.scripted", "pytest_pare.judge.calibration", "pytest_pare.simulation.participants"),
    # Its announcement of an appointment has conditions. Only agents and simulated users read it.
    "jinja2",
)


@pytest.mark.parametrize(("runner", "of_mode"), [("{}", ()), ("{oracle: true}", OF_AGENTS)])
def test_a_session_of_built_in_apps_imports_nothing_that_it_does_not_use(
    tmp_path: Path, runner: str, of_mode: tuple[str, ...]
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    suite = f"scenarios: {{bundled: true, include: [double_booked]}}\nrunner: {runner}\n"
    (tmp_path / "pare.yaml").write_text(suite)
    unused = (
        *of_mode,
        *("pytest_pare.ledger.baseline", "pytest_pare.results.annotations", "pytest_pare.results.comparison"),
        *("pytest_pare.results.markdown", "pytest_pare.scenarios.expander", "pytest_pare.scenarios.noise.content"),
        *("PIL", "bs4", "datasets", "docx", "gradio", "huggingface_hub", "litellm", "lxml", "mammoth", "mcp", "numpy"),
        *("openai", "pandas", "polars", "pptx", "rapidfuzz", "requests", "scipy", "starlette", "uvicorn"),
        *("are.simulation.core.mdconvert", "are.simulation.data_handler.models", "are.simulation.scenarios.config"),
    )
    arguments = ["-p", "xdist", "-p", "pytest_pare.plugin", "--pare-config", "pare.yaml", "--rootdir", str(tmp_path)]
    loaded = fresh_python(
        "import contextlib, io, json, os, sys\nos.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\nimport pytest\n"
        f"os.chdir({str(tmp_path)!r})\nwith contextlib.redirect_stdout(io.StringIO()):\n"
        f"    assert pytest.main({arguments}) == 0\n"
        f"print(json.dumps([name for name in {unused} if name in sys.modules]\n"
        "+ [name for name in sys.modules if name.startswith('pare_library:')]\n"
        "+ [name for name, module in sys.modules.items() if name.startswith('pytest_pare.')\n"
        "   and type(module.__loader__).__name__ != 'SourceFileLoader']\n"
        "+ [name for name in os.environ if name.startswith('PYDANTIC_')]))"
    )
    # Of the bundled library, only the module of the scenario. Python loads our modules: pytest, which would rewrite
    # them, takes several times as long.
    assert [name.rpartition("/")[2] for name in loaded] == ["double_booked", "PYDANTIC_SKIP_VALIDATING_CORE_SCHEMAS"]


def test_the_plugin_alone_imports_pytest_and_the_standard_library() -> None:
    loaded = fresh_python(
        "import json, os, sys, pytest\nbefore, variables = set(sys.modules), dict(os.environ)\n"
        "import pytest_pare.plugin\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(new - sys.stdlib_module_names) + sorted(os.environ.items() - variables.items())))"
    )
    assert loaded == ["pytest_pare"]


# -- sources of chance and time


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
    """Yield line and full name of each use of a clock or of chance."""
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
        # A name that is assigned to is a field of a class, such as `hash`.
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
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
