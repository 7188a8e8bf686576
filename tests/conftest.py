"""What all tests share: a registry that is clean, and modules that are imported once."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import hypothesis
import pytest

# All that a scenario needs is imported here: a session inside a test drops what it is the first to import, and the next
# one imports it again.
import pytest_pare.scenarios.checks
import pytest_pare.simulation.runner  # noqa: F401 - see above
from pytest_pare.scenarios.registry import registry

pytest_plugins = ["pytester"]

# A busy machine is no fault of an example's.
hypothesis.settings.register_profile("pare", deadline=None)
hypothesis.settings.load_profile("pare")


@pytest.fixture(autouse=True)
def _clean_registry() -> Iterator[None]:
    """Give each test an empty registry of scenarios, and then the one before back."""
    saved = {name: copy.copy(value) for name, value in vars(registry).items()}
    registry.reset()
    yield
    registry.__dict__.update(saved)
