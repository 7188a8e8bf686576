"""The values of our fixtures in runs that change none of them, without what pytest does to set up each one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.plugin import fixtures
from pytest_pare.plugin.concurrency import fixture_definitions, parameters_of
from pytest_pare.plugin.fixture_values import config_of
from pytest_pare.plugin.pare_fixture import suite_for, variant_for

if TYPE_CHECKING:
    import pytest

# The fixtures with values of the `runner` section, by name.
_OF_RUNNER = (
    "user_engine_config",
    "observe_engine_config",
    "execute_engine_config",
    "agent_engine_config",
    "judge_engine_config",
    "tool_augmentation_config",
    "env_events_config",
)
_SETTINGS = ("pare_variant", "pare_config", *_OF_RUNNER, "noise_config", "pare_runner_config", "_pare_model_variables")
_AGENT, _NUMBER = "proactive_agent", "pare_run_number"

_HOOKS = ("pytest_fixture_setup", "pytest_fixture_post_finalizer")
# These plugins have the hooks for coroutines only.
_OF_COROUTINES = ("aiohttp.pytest_plugin", "anyio.pytest_plugin", "pytest_asyncio.plugin")


def plain_values(item: pytest.Function) -> dict[str, Any]:
    """Return the values of the fixtures of a run that need not be set up.

    There are none if the settings are changed by a fixture or a parameter, or if the set-up of fixtures is watched. A
    fixture that asks for one of ours gets the same value.

    Args:
        item: The item of the run.
    """
    definitions, parameters = fixture_definitions(item), parameters_of(item)

    def is_ours(name: str) -> bool:
        return name in definitions and definitions[name].func.__module__ == fixtures.__name__

    changed = parameters.keys() - {"pare_variant"}
    if not all(is_ours(name) and name not in changed for name in _SETTINGS) or _is_watched(item.config):
        return {}
    variant = variant_for(item, parameters.get("pare_variant"))
    settings, runner = variant.settings, variant.settings.runner
    if config_of(item, suite_for(item), settings) is not runner or runner.agent_engine_config is not None:
        return {}
    values: dict[str, Any] = {name: getattr(runner, name) for name in _OF_RUNNER}
    values.update(pare_variant=variant, pare_config=settings, noise_config=settings.noise)
    values.update(pare_runner_config=runner, _pare_model_variables=None, request=item._request)
    values.update({name: None for name in (_AGENT, _NUMBER) if is_ours(name) and name not in changed})
    if _NUMBER in changed and definitions[_NUMBER].func.__module__ == "_pytest.python":
        # Not a fixture, but what pytest makes of the parameter.
        values[_NUMBER] = parameters[_NUMBER]
    return values


def _is_watched(config: pytest.Config) -> bool:
    """Return whether an option or a plugin shows or changes the set-up of fixtures."""
    if config.getoption("setupshow", False):
        return True
    modules = {one.function.__module__ for name in _HOOKS for one in getattr(config.hook, name).get_hookimpls()}
    return not all(name.startswith("_pytest.") or name in _OF_COROUTINES for name in modules)
