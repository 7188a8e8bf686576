"""The authoring API: `PAREScenario`, `register_scenario`, configurations and results.

The registry itself is `pytest_pare.scenarios.registry.registry`.

Each name is imported on first use, so that the configuration models do not import ARE.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig, ScenarioRunnerConfig
    from pytest_pare.scenarios.registry import ScenarioRegistry, register_scenario
    from pytest_pare.scenarios.scenario import PAREScenario

_MODULE_OF = {
    "MultiScenarioRunnerConfig": "pytest_pare.scenarios.config",
    "PAREMultiScenarioValidationResult": "pytest_pare.results.multi_result",
    "PAREScenario": "pytest_pare.scenarios.scenario",
    "PAREScenarioValidationResult": "pytest_pare.results.validation_result",
    "ScenarioRegistry": "pytest_pare.scenarios.registry",
    "ScenarioRunnerConfig": "pytest_pare.scenarios.config",
    "register_scenario": "pytest_pare.scenarios.registry",
}

__all__ = [
    "MultiScenarioRunnerConfig",
    "PAREMultiScenarioValidationResult",
    "PAREScenario",
    "PAREScenarioValidationResult",
    "ScenarioRegistry",
    "ScenarioRunnerConfig",
    "register_scenario",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value
