"""What all tests share: a registry that is clean, and modules that are imported once."""

from __future__ import annotations

import copy
import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import coverage
import hypothesis
import pytest
from xdist import workermanage

import pytest_pare
from pytest_pare.scenarios.registry import registry
from tests.forks import MEASURE, Forks, fork_server

pytest_plugins = ["pytester"]

# A session inside a test drops what it is the first to import, and the next one imports it again. Here, imports are
# measured, and while pytest collects, they are not.
for module in walk_packages(pytest_pare.__path__, f"{pytest_pare.__name__}."):
    import_module(module.name)

# Measuring takes as long as the tests themselves. These play whole sessions, or many runs, and reach few lines that no
# other test reaches: files of tests, without `test_`, and directories.
UNMEASURED = frozenset(
    """
    browser clients docs e2e library packaging
    benchmarks dependencies everyday_changes
    simulation/noise_in_runs scenarios/noise_schedule
    plugin/agents plugin/early_stopping plugin/equal_failures plugin/failure_texts plugin/forks_of_runs plugin/hosts
    plugin/ledgers plugin/other_plugins plugin/planted_secrets plugin/report_command plugin/report_page plugin/reruns
    plugin/resume plugin/run_configs plugin/shown_runs plugin/suite_arguments plugin/suite_bad_input
    plugin/suite_cassettes plugin/suite_collection plugin/suite_fixtures plugin/suite_flags plugin/suite_github
    plugin/suite_live plugin/suite_logs plugin/suite_noise plugin/suite_robustness plugin/suite_secrets
    plugin/suite_shards plugin/suite_values plugin/suite_variants
    """.split()  # noqa: SIM905 - a list with one name a line is longer than this file
)

# A busy machine is no fault of an example's. PARE_EXAMPLES=1000 looks longer; each session draws examples of its own.
hypothesis.settings.register_profile("pare", deadline=None, max_examples=int(os.environ.get("PARE_EXAMPLES", "25")))
hypothesis.settings.load_profile("pare")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what has been imported, which is a lot, and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def is_measured(path: Path) -> bool:
    """Return whether the tests of a file are run with coverage. The scenarios of a suite are no tests of ours."""
    if not path.is_relative_to(Path(__file__).parent):
        return True
    name = path.relative_to(Path(__file__).parent).with_name(path.stem.removeprefix("test_"))
    return UNMEASURED.isdisjoint(one.as_posix() for one in (name, *name.parents))


@contextmanager
def unmeasured() -> Iterator[None]:
    """Stop to measure for a while, without `Coverage.start`, after which all processes of tests would be measured."""
    if coverage.Coverage.current() is None:
        yield
        return
    traces = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(traces[0])
        threading.settrace(traces[1])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    with unmeasured():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with nullcontext() if is_measured(item.path) else unmeasured():
        return (yield)


@pytest.fixture(autouse=True, scope="session")
def _unmeasured_children() -> Iterator[str | None]:
    """Measure this process alone: under coverage, imports take twice as long, and most processes do little else.

    What only another process does is measured where a test asks for `measured_children`.
    """
    measure = os.environ.pop(MEASURE, None)
    yield measure
    if measure is not None:
        os.environ[MEASURE] = measure


@pytest.fixture
def measured_children(_unmeasured_children: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure the processes that a test starts, if this one is measured."""
    if _unmeasured_children is not None:
        monkeypatch.setenv(MEASURE, _unmeasured_children)


@pytest.fixture(scope="session")
def _shim() -> Iterator[Callable[[], str]]:
    # The process ends with the tests, and not with the session that needs it first.
    with fork_server() as shim:
        yield shim


@pytest.fixture
def forks(_shim: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Forks:
    """Fork the workers of all sessions of this process from another one; to a session, they look like plain ones."""
    forks = Forks(_shim)
    monkeypatch.setattr(workermanage, "parse_tx_spec_config", forks.specs)
    return forks


@pytest.fixture
def plain_processes(forks: Forks) -> None:
    """Start the processes of a test's sessions as users do: only then is a worker's parent its controller."""
    forks.wanted = False


@pytest.fixture(autouse=True)
def _clean_registry() -> Iterator[None]:
    """Give each test an empty registry of scenarios, and then the one before back."""
    saved = {name: copy.copy(value) for name, value in vars(registry).items()}
    registry.reset()
    yield
    registry.__dict__.update(saved)
