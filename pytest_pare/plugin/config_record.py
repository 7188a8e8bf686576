"""The record of the config of a run, made once for the runs that have equal configs."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from pytest_pare.agents.naming import name_of
from pytest_pare.base.redaction import known_secrets, redacted_plain
from pytest_pare.plugin.failure_report import sendable
from pytest_pare.plugin.fixture_values import refuse
from pytest_pare.scenarios.config import AgentType, MultiScenarioRunnerConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.agents.protocols import ProactiveAgent


@dataclass(frozen=True)
class _Made:
    """A record that was made.

    Attributes:
        source: Its config.
        config: A copy of it, because a fixture may change the config itself.
        loose: The parts of the config that can be changed in place, each with a copy.
        agent: The name of the agent under test; `None` without one.
        known_secrets: The secrets that were redacted by their value.
        record: The record.
    """

    source: MultiScenarioRunnerConfig
    config: MultiScenarioRunnerConfig
    loose: list[tuple[Any, Any]]
    agent: str | None
    known_secrets: tuple[str, ...]
    record: dict[str, Any]

    def is_of(self, config: MultiScenarioRunnerConfig) -> bool:
        """Return whether a config equals that of the record. Pydantic compares all fields of an object with itself."""
        if config is self.source:
            return all(part == before for part, before in self.loose)
        return bool(config == self.config)


_MADE = pytest.StashKey[dict[tuple[str, str], _Made]]()
"""The last record of each variant of each suite, on the config of a process that plays."""

_UNCHANGEABLE = frozenset({bool, float, int, str, type(None)})
_AGENT_TYPE = TypeAdapter[str](AgentType)


def config_record(
    item: pytest.Item, variant: str, config: MultiScenarioRunnerConfig, agent: ProactiveAgent | None
) -> dict[str, Any]:
    """Return a config as builtins from which the controller makes a `MultiScenarioRunnerConfig`.

    Equal configs of a variant have one record, the same object, which must not be changed.

    Args:
        item: The item of the run.
        variant: The name of its variant.
        config: The config.
        agent: The agent under test, in place of `config.agent_type`; `None` without one.
    """
    name = None if agent is None or config.oracle else name_of(agent)
    place, known = (item.nodeid.partition("::")[0], variant), known_secrets()
    by_place = item.config.stash.setdefault(_MADE, {})
    made = by_place.get(place)
    if made is None or made.agent != name or made.known_secrets != known or not made.is_of(config):
        loose = [(part, deepcopy(part)) for part in _loose_parts(config)]
        record = _made_record(config, name)
        made = by_place[place] = _Made(config, config.model_copy(deep=True), loose, name, known, record)
    return made.record


def _loose_parts(value: Any) -> Iterator[Any]:
    """Yield the parts of a config that can be changed in place."""
    if isinstance(value, BaseModel) and value.model_config.get("frozen"):
        for part in vars(value).values():
            yield from _loose_parts(part)
    elif type(value) not in _UNCHANGEABLE:
        yield value


def _made_record(config: MultiScenarioRunnerConfig, agent: str | None) -> dict[str, Any]:
    record: dict[str, Any] = redacted_plain(
        config.model_dump(mode="json", include=set(MultiScenarioRunnerConfig.model_fields))
    )
    if config.judge.calibration is None:
        # Most sessions have no judge, and their records no section of it.
        del record["judge"]
    if agent is not None:
        try:
            record["agent_type"] = _AGENT_TYPE.validate_python(agent)
        except ValidationError as error:
            refuse("pare_runner_config.agent_type", error)
    made: dict[str, Any] = sendable(record)
    return made
