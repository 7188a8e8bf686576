"""`PAREScenario`, the base class of every scenario."""

from __future__ import annotations

import copy
import json
from dataclasses import field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from are.simulation.scenarios.scenario import Scenario
from are.simulation.types import AbstractEvent, CompletedEvent
from are.simulation.utils import EnumEncoder

from pytest_pare.are.copies import own_content
from pytest_pare.are.tool_overrides import ignored_overrides
from pytest_pare.are.world import DEFAULT_START_TIME, World
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.event_capture import captured
from pytest_pare.scenarios.events import is_answer
from pytest_pare.scenarios.expander import PAREEnvEventsExpander
from pytest_pare.scenarios.noise.data import NoiseData, NoPlaceForNoise, load_noise_data
from pytest_pare.scenarios.noise.event_faults import add_event_faults, has_event_faults
from pytest_pare.scenarios.noise.tool_names import rename_tools
from pytest_pare.scenarios.noise_config import NoiseConfig
from pytest_pare.scenarios.source_location import place_of

if TYPE_CHECKING:
    from pytest_pare.scenarios.config import ScenarioRunnerConfig


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
        noise_config: What noise is made of, and the faults of events.
        world: The clock and the ids of this scenario; made by `initialize`.
    """

    user_goal: ClassVar[str | None] = None

    start_time: float | None = DEFAULT_START_TIME
    _initialized: bool = False
    # Without annotation: no field of ARE's.
    noise_config = NoiseConfig()

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

    def configure_noise(self, config: ScenarioRunnerConfig) -> None:
        """Take over the noise that `config` asks for; where it asks for none, the scenario's own is left.

        Raises:
            ScenarioDefect: If it asks for noise, and the world is built.
        """
        given = {
            "env_events_config": config.env_events_config,
            "tool_augmentation_config": config.tool_augmentation_config,
            # A rate of 0 is something said: a level of a sweep, for example.
            "noise_config": config.noise if config.noise.model_fields_set else None,
        }
        asked = given["env_events_config"] or given["tool_augmentation_config"] or has_event_faults(config.noise)
        if asked and self._initialized:
            raise ScenarioDefect(
                f"{self.scenario_id}: this instance was initialized without the noise that the configuration asks for; "
                "make a new one"
            )
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Build the world: apps with their content, then the flow of events. A second call changes nothing.

        The order is a part of the contract: `init_and_populate_apps(*args, **kwargs)`, a seed for each app, the
        augmentation configs, a snapshot of all apps, `build_events_flow`, noise in the world. Where there is no app in
        which noise can come, there is none.

        Raises:
            ScenarioDefect: If two apps have one name, what overrides a tool cannot be one, or `events` is no list of
                events.
            NoiseError: If noise is asked for that cannot be made.
        """
        if self._initialized:
            return
        start_time = DEFAULT_START_TIME if self.start_time is None else self.start_time
        self.world = World(f"{self.scenario_id}/{self.seed}", start_time)
        # By the id of an event, the fault that it has.
        self._faults: dict[str, str] = {}
        # Why there is no noise although there should be.
        self._no_noise: str | None = None
        with self.world.active(), captured() as self._script:
            before = set(vars(self))
            self.init_and_populate_apps(*args, **kwargs)
            self._check_app_names()
            self._check_overridden_tools()
            # What a module or a class holds, and hands to the apps of each instance, is not theirs to change.
            own_content(self.apps or [], self, vars(self).keys() - before, [self, self.world, self.world.clock])
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
            self._check_events()
        with self.world.active():
            # An answer is the user's to give, also where its author has left out `oracle()`.
            self._script.events = [event.oracle() if is_answer(event) else event for event in self.events]
            untyped: Any = self
            untyped.events = list(self._script.events)
            add_event_faults(self)
            self._add_noise()
        self._initialized = True

    def apply_augmentation_configs(self) -> None:
        """Give the agent's tools other names and descriptions, where `tool_augmentation_config` asks for it.

        They are those of the noise data; what `augmentation_data` has stands in for it. The system app and the agent's
        own line to the user keep theirs, whatever they are called. Failures of tools are no matter of the apps: they
        happen where the agent's calls are carried out.

        Raises:
            NoiseError: If the data cannot be had, or would give two tools one name.
        """
        config = self.tool_augmentation_config
        if config is None or not (config.apply_tool_name_augmentation or config.apply_tool_description_augmentation):
            return
        data = self._noise_data()
        rename_tools(
            self.apps or [],
            data.tool_names_mapping if config.apply_tool_name_augmentation else {},
            data.tool_descriptions_mapping if config.apply_tool_description_augmentation else {},
        )

    def _add_noise(self) -> None:
        if self.env_events_config is None:
            return
        schedule, own = self.noise_config.schedule, len(self.events)
        expander = PAREEnvEventsExpander(self.env_events_config, schedule)
        try:
            expander.add_env_events_to_scenario(self, self._noise_data())
        except NoPlaceForNoise as error:
            self._no_noise = str(error).removeprefix(f"{self.scenario_id}: ")
        else:
            if self.env_events_config.num_env_events_per_minute and len(self.events) == own:
                mails = ", which has mails alone, for apps that are named as their content"
                self._no_noise = f"not one event of noise is due by the schedule {schedule}" + mails * (
                    schedule == "pare"
                )

    def _noise_data(self) -> NoiseData:
        path = self.noise_config.data
        data = load_noise_data(None if path is None else Path(path))
        return data.updated(self.augmentation_data) if self.augmentation_data else data

    def _check_events(self) -> None:
        where = f"{self.scenario_id}: {place_of(type(self).build_events_flow)}: build_events_flow()"
        if not isinstance(self.events, list):
            raise ScenarioDefect(f"{where} must set self.events to a list of events, not {type(self.events).__name__}")
        for number, event in enumerate(self.events):
            if not isinstance(event, AbstractEvent) or isinstance(event, CompletedEvent):
                raise ScenarioDefect(
                    f"{where} must set self.events to a list of events; item {number} is {type(event).__name__}; call "
                    "the app's method within EventRegisterer.capture_mode()"
                )

    def _check_app_names(self) -> None:
        seen: set[str] = set()
        for app in self.apps or []:
            if app.name in seen:
                raise ScenarioDefect(
                    f"{self.scenario_id}: two apps are named {app.name!r}; give each a name of its own"
                )
            seen.add(app.name)

    def _check_overridden_tools(self) -> None:
        for app in self.apps or []:
            for problem in ignored_overrides(app):
                raise ScenarioDefect(f"{self.scenario_id}: {problem}")


def _fresh_copy(value: Any) -> Any:
    """Return a dataclass field whose default is a new copy of `value` for each instance."""
    return field(default_factory=lambda: copy.deepcopy(value))


class _StateEncoder(EnumEncoder):
    """ARE's encoder, for attachments too, which the apps keep as base64 in bytes."""

    def default(self, o: Any) -> Any:
        return o.decode("latin-1") if isinstance(o, bytes) else super().default(o)
