"""`PAREScenario`, the base class of every scenario."""

from __future__ import annotations

import copy
import json
from dataclasses import field
from itertools import takewhile
from random import Random
from typing import Any, ClassVar

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.apps.system import SystemApp
from are.simulation.scenarios.scenario import Scenario
from are.simulation.utils import EnumEncoder

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.world import DEFAULT_START_TIME, World, stable_seed


class PAREScenario(Scenario):
    """A small simulated world and a verdict on what happened in it.

    A subclass fills it with three methods: `init_and_populate_apps` makes the apps and their content,
    `build_events_flow` says what happens when, `validate(env)` reads what happened and returns a
    `ScenarioValidationResult`.

    The fields of ARE's `Scenario` can be set as plain class attributes (`start_time = ...`), and a constructor argument
    wins over both: `MyScenario(seed=3)`. Each instance has a copy of its own of a list, a dictionary and the like.

    Attributes:
        start_time: Begin of the simulation in epoch seconds; 2025-01-06 09:00 UTC where nothing is said.
        user_goal: What the simulated user wants, in the words that it is told; without it, `additional_system_prompt`,
            which is PARE's name for it. A user who is told nothing does what a careful owner of a phone would.
        world: The clock and the ids of this scenario; made by `initialize`.
    """

    user_goal: ClassVar[str | None] = None

    start_time: float | None = DEFAULT_START_TIME
    _initialized: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Turn plain class attributes that name a field into that field's default."""
        super().__init_subclass__(**kwargs)
        fields = {name: f for base in cls.__mro__ for name, f in vars(base).get("__dataclass_fields__", {}).items()}
        # The class, and mixins that stand before its first scenario base: in Python too, one behind it has no say.
        bodies = list(takewhile(lambda base: "__dataclass_fields__" not in vars(base), cls.__mro__))
        given = {name: value for body in reversed(bodies) for name, value in vars(body).items() if name in fields}
        for name, value in given.items():
            cls.__annotations__.setdefault(name, fields[name].type)
            # What has no hash can change: dataclasses want a factory for it.
            setattr(cls, name, _fresh_copy(value) if type(value).__hash__ is None else value)

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Build the world: apps with their content, then the flow of events. A second call changes nothing.

        The order is a part of the contract: `init_and_populate_apps(*args, **kwargs)`, a seed for each app, the
        augmentation configs, a snapshot of all apps, `build_events_flow`.

        Raises:
            ScenarioDefect: If two apps have one name, `events` is no list, or noise is asked for, which this version
                cannot make.
        """
        if self._initialized:
            return
        start_time = DEFAULT_START_TIME if self.start_time is None else self.start_time
        self.world = World(f"{self.scenario_id}/{self.seed}", start_time)
        with self.world.active():
            self.init_and_populate_apps(*args, **kwargs)
            self._check_app_names()
            self.world.phase = "play"
            for app in self.apps or []:
                app.set_seed(self.seed)
            self.apply_augmentation_configs()
            self._initial_apps = {
                app.name: {
                    "class_name": type(app).__name__,
                    "serialized_state": json.dumps(app.get_state(), cls=_StateEncoder),
                }
                for app in self.apps or []
            }
            self.build_events_flow()
            if not isinstance(self.events, list):
                raise ScenarioDefect(
                    f"{self.scenario_id}: build_events_flow() must set self.events to a list of events"
                )
        if self.env_events_config is not None:
            raise ScenarioDefect(
                f"{self.scenario_id}: env_events_config has no effect in this version of pytest-pare; leave it unset"
            )
        self._initialized = True

    def apply_augmentation_configs(self) -> None:
        """Apply `tool_augmentation_config`: from here on the agent's tools fail with the given probability.

        The system app and the agent's own line to the user never fail, whatever they are called. Each tool draws from a
        generator of its own, seeded by the scenario's seed and the tool's name. Names and descriptions are replaced
        where `augmentation_data` has a mapping.
        """
        config = self.tool_augmentation_config
        if config is None:
            return
        data = self.augmentation_data or {}
        names = data.get("tool_names_mapping", {}) if config.apply_tool_name_augmentation else {}
        descriptions = data.get("tool_descriptions_mapping", {}) if config.apply_tool_description_augmentation else {}
        for app in self.apps or []:
            if isinstance(app, SystemApp | AgentUserInterface):
                continue
            app.set_failure_probability(config.tool_failure_probability)
            for tool in app.get_tools():
                tool.rng = Random(stable_seed(f"{self.seed}/{tool.name}"))  # noqa: S311 - reproducible on purpose
                tool._public_name = names.get(tool.name, tool.name)
                tool._public_description = descriptions.get(tool.name, tool.function_description)

    def _check_app_names(self) -> None:
        seen: set[str] = set()
        for app in self.apps or []:
            if app.name in seen:
                raise ScenarioDefect(
                    f"{self.scenario_id}: two apps are named {app.name!r}; give each a name of its own"
                )
            seen.add(app.name)


def _fresh_copy(value: Any) -> Any:
    """Return a dataclass field whose default is a new copy of `value` for each instance."""
    return field(default_factory=lambda: copy.deepcopy(value))


class _StateEncoder(EnumEncoder):
    """ARE's encoder, for attachments too, which the apps keep as base64 in bytes."""

    def default(self, o: Any) -> Any:
        return o.decode("latin-1") if isinstance(o, bytes) else super().default(o)
