"""The table of engines that need no model."""

from pytest_pare.engines import building
from pytest_pare.scenarios.engine_config import OFFLINE_PROVIDERS


def test_every_offline_provider_has_an_engine() -> None:
    assert set(building.ENGINE_PROVIDERS) == set(OFFLINE_PROVIDERS)
