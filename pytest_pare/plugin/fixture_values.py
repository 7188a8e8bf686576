"""Checks of the values that fixtures return.

The config of a run is validated once: the suite's own when the suite is loaded, one that fixtures changed after them.
"""

from __future__ import annotations

import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.settings import Suite, SuiteSettings, Variant

_CHECKED = pytest.StashKey[object]()
"""The config of a test that was validated, with absolute paths."""

# Fields of a config that a fixture with another name sets.
_FIXTURES = {"noise": "noise_config"}


def require_agent(agent: object, *, source: str = "fixture proactive_agent: must return") -> None:
    """Fail the test if the agent under test is neither callable, nor a program, nor `None`.

    Args:
        agent: The agent.
        source: The begin of the message, which says where the agent comes from.
    """
    from pytest_pare.scenarios.agent_program import AgentProgram

    if agent is not None and not callable(agent) and not isinstance(agent, AgentProgram):
        expected = "an agent, which takes a turn, an AgentProgram, or None"
        hint = "; a name is given as agent_type" if isinstance(agent, str) else ""
        pytest.fail(f"{source} {expected}, got {agent!r:.80}{hint}", pytrace=False)


def tested_agent(
    agent: ProactiveAgent | AgentProgram | None, config: MultiScenarioRunnerConfig, suite: Suite
) -> tuple[ProactiveAgent | None, MultiScenarioRunnerConfig]:
    """Return the agent as an object, or `None` and the config with the program that it is.

    Args:
        agent: The agent, as a fixture or a test gives it. It takes precedence over `agent_type`.
        config: The config of the run, which names no other program.
        suite: The suite, whose directory the paths of a program are relative to.
    """
    from pytest_pare.scenarios.agent_program import AgentProgram

    if not isinstance(agent, AgentProgram):
        return agent, config
    return None, config if config.oracle else updated_config("", suite, without_agent(config), {"agent": agent})


def without_agent(config: MultiScenarioRunnerConfig) -> MultiScenarioRunnerConfig:
    """Return a config that names no agent."""
    names = config.model_fields_set - {"agent_type", "agent"}
    return type(config).model_validate({name: getattr(config, name) for name in names})


def config_of(
    node: pytest.Item, suite: Suite, settings: SuiteSettings, values: Mapping[str, Any] = MappingProxyType({})
) -> MultiScenarioRunnerConfig:
    """Return the config of a test: the suite's `runner` section with other values in it, valid, with absolute paths.

    Args:
        node: The test.
        suite: Its suite.
        settings: The settings of its variant.
        values: The values of fixtures, by key; without one, the value of the settings is used.

    Raises:
        pytest.fail.Exception: If one of them is wrong.
    """
    runner = settings.runner
    changed = {
        name: value
        for name, value in {"judge": settings.judge, "noise": settings.noise, **values}.items()
        # A rate of 0 equals the default, but a fixture that sets it overrides the scenario's own rate.
        if _differs(value, getattr(runner, name)) or (name == "noise" and value.model_fields_set)
    }
    config: MultiScenarioRunnerConfig = runner
    if changed:
        config = updated_config("", suite, runner, changed)
    if changed or any(runner is variant.settings.runner for variant in suite.variants):
        node.stash[_CHECKED] = config
    return config


def _differs(value: object, other: object) -> bool:
    # Most values are the runner's own, and pydantic compares the fields of an object even with itself.
    return value is not other and value != other


def updated_config(
    fixture: str, suite: Suite, config: MultiScenarioRunnerConfig, changed: dict[str, Any]
) -> MultiScenarioRunnerConfig:
    """Return a config with other values in it, valid and with absolute paths.

    Args:
        fixture: The fixture that is named if one of them is wrong; empty if the key of the value is its name.
        suite: The suite, whose directory paths are relative to.
        config: The config.
        changed: The values, by key.

    Raises:
        pytest.fail.Exception: If one of them is wrong.
    """
    from pydantic import ValidationError

    from pytest_pare.settings.paths import absolute_paths

    # Only keys that were set: an alias that was not set follows its engine.
    settings = {name: getattr(config, name) for name in config.model_fields_set}
    plain = {name: _plain(type(config), name, value) for name, value in changed.items()}
    try:
        updated = type(config).model_validate({**settings, **plain})
    except ValidationError as error:
        refuse(fixture, error)
    return absolute_paths(updated, suite.path.parent, ("runner",))  # type: ignore[no-any-return]


def _plain(model: type[MultiScenarioRunnerConfig], name: str, value: Any) -> Any:
    """Return a value as pydantic validates it: it takes an object of the field's own class as it is."""
    field = model.model_fields.get(name)
    own = () if field is None else (field.annotation, *get_args(field.annotation))
    return value.model_dump(exclude_unset=True) if type(value) in own and hasattr(value, "model_dump") else value


def checked_config(node: pytest.Item, config: MultiScenarioRunnerConfig, suite: Suite) -> MultiScenarioRunnerConfig:
    """Return the config that `pare_runner_config` returned, valid and with absolute paths.

    Args:
        node: The test.
        config: The config.
        suite: Its suite.

    Raises:
        pytest.fail.Exception: If it is wrong.
    """
    from pydantic import ValidationError

    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig, ScenarioRunnerConfig
    from pytest_pare.settings.paths import absolute_paths

    if not isinstance(config, ScenarioRunnerConfig):
        wrong = f"fixture pare_runner_config: must return a ScenarioRunnerConfig, got {config!r:.80}"
        pytest.fail(wrong, pytrace=False)
    if config is node.stash.get(_CHECKED, None):
        return config
    try:
        MultiScenarioRunnerConfig.model_validate(
            config.model_dump(mode="json", include=set(MultiScenarioRunnerConfig.model_fields))
        )
    except ValidationError as error:
        refuse("pare_runner_config", error)
    return absolute_paths(config, suite.path.parent, ("runner",))  # type: ignore[no-any-return]


def refuse(name: str, error: ValidationError) -> NoReturn:
    """Fail the test, with a line for each wrong value that fixtures returned.

    Args:
        name: The fixture; empty if the key of the value is its name.
        error: The errors of the values.

    Raises:
        pytest.fail.Exception: Always.
    """
    from pytest_pare.settings.errors import location_of, unknown_run_key

    details = error.errors(include_url=False)
    keys = [[str(part) for part in location_of(one)] for one in details]
    if not name:
        keys = [[_FIXTURES.get(field, field), *inner] for field, *inner in keys]
    places = [".".join(filter(None, [name, *inner])) for inner in keys]
    messages = [
        unknown_run_key(location_of(one)) if one["type"] == "extra_forbidden" else one["msg"] for one in details
    ]
    lines = [": ".join(filter(None, [place, message])) for place, message in zip(places, messages, strict=True)]
    # Not `pytest.fail`: pytest would print pydantic's own message, too.
    raise pytest.fail.Exception("\n".join(f"fixture {line}" for line in lines), pytrace=False) from None


def refuse_two_agents(
    config: MultiScenarioRunnerConfig,
    agent: ProactiveAgent | AgentProgram | None,
    variant: Variant,
    suite: Suite,
) -> None:
    """Fail the test if a flag, a variant or the suite names an agent, and the fixture returns another one."""
    # A program is never replaced.
    if agent is None or config.oracle:
        return
    key, named = ("runner.agent_type", config.agent_type) if config.agent is None else ("runner.agent", config.agent)
    sources = [] if config.agent is None else [suite.path.name]
    sources += [
        override.source for override in suite.overrides if override.key in ("runner.agent_type", "runner.agent")
    ]
    if variant.settings.runner.agent_type != suite.settings.runner.agent_type:
        sources.append(f"variant {variant.name}")
    if sources:
        shown = named if isinstance(named, str) else shlex.join(named.command)
        precedence = ", which takes precedence" if config.agent is None else ""
        pytest.fail(
            f"{sources[-1]} sets {key} = {shown}, and the fixture proactive_agent returns another agent"
            f"{precedence}; leave one out (--noconftest leaves out each conftest.py)",
            pytrace=False,
        )


def refuse_another_level(config: MultiScenarioRunnerConfig, variant: Variant) -> None:
    """Fail the test if a fixture changed the level of the sweep, at which alone the run counts."""
    if variant.level is None:
        return
    key, level = variant.level
    value: Any = config
    for part in key.removeprefix("runner.").split("."):
        # The faults of extensions are a mapping.
        value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
    if value != level:
        pytest.fail(
            f"variant {variant.name}: {key}: expected {level:g}, got {value} from a fixture, which takes precedence; "
            "leave one out",
            pytrace=False,
        )
