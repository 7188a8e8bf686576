"""What all tests share: a registry that is clean, and modules that are imported once."""

from __future__ import annotations

import copy
import gc
import os
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from xdist import workermanage

# All that a scenario needs is imported here: a session inside a test drops what it is the first to import, and the next
# one imports it again.
import pytest_pare.scenarios.checks
import pytest_pare.simulation.runner  # noqa: F401 - see above
from pytest_pare.scenarios.registry import registry
from tests.forks import MEASURE, Forks, fork_server

pytest_plugins = ["pytester"]

# A busy machine is no fault of an example's. PARE_EXAMPLES=1000 looks longer; each session draws examples of its own.
hypothesis.settings.register_profile("pare", deadline=None, max_examples=int(os.environ.get("PARE_EXAMPLES", "25")))
hypothesis.settings.load_profile("pare")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what has been imported, which is a lot, and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


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
