"""`PAREScenario`, the base class of every scenario."""

from __future__ import annotations

import copy
from dataclasses import field, fields
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from are.simulation.scenarios.scenario import Scenario
from are.simulation.types import AbstractEvent, CapabilityTag, CompletedEvent, Event, OracleEvent

from pytest_pare.are.copies import own_content
from pytest_pare.are.state_texts import state_text
from pytest_pare.are.tool_overrides import ignored_overrides
from pytest_pare.are.world import DEFAULT_START_TIME, World
from pytest_pare.scenarios.draw import Draw
from pytest_pare.scenarios.draw.written import declares_draws, written_words
from pytest_pare.scenarios.errors import NoPlaceForNoise, ScenarioDefect
from pytest_pare.scenarios.essential_apps import add_essential_apps
from pytest_pare.scenarios.event_capture import captured
from pytest_pare.scenarios.events import as_reference_step, is_answer
from pytest_pare.scenarios.flow import Flow
from pytest_pare.scenarios.judging import judgement_of
from pytest_pare.scenarios.noise.event_faults import add_event_faults, has_event_faults
from pytest_pare.scenarios.noise_config import NoiseConfig
from pytest_pare.scenarios.scenario_class import FIELDS, ScenarioClass
from pytest_pare.scenarios.scripted_failures import ScriptedFailures
from pytest_pare.scenarios.source_location import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.judge.judgement import Judgement
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.noise.data import NoiseData


class PAREScenario(Scenario, metaclass=ScenarioClass):
    """A small simulated world, and a verdict on a run in it.

    A subclass implements three methods: `init_and_populate_apps` creates the apps and their content,
    `build_events_flow` creates the events, and `validate(env)` returns a `ScenarioValidationResult`.

    A class attribute sets a field of ARE's `Scenario` (`start_time = ...`), and a constructor argument overrides it:
    `MyScenario(seed=3)`. Each instance gets its own copy of mutable values.

    Attributes:
        start_time: Begin of the simulation in epoch seconds. Default: 2025-01-06 09:00 UTC.
        tags: Words such as `app:email`, by which suites and flags select scenarios.
        user_goal: The goal of the simulated user, a part of its prompt. Default: `additional_system_prompt`, PARE's
            name for it. Without a goal, the user acts like a careful owner of the phone.
        equivalent_mutants: The cases of an audit that do not count, by id or pattern, each with the reason.
        noise_config: The data of noise, and the faults of events.
        variation: Whether the values that the scenario declares as drawn are redrawn.
        draw: Declares drawn values. `initialize` sets it.
        world: The clock and the ids of this scenario. `initialize` sets it.
        scripted_failures: The failures of the agent's tools that are a part of the scenario.
    """

    # Without an annotation, so that it is not a field of ARE's dataclass; drawn values are set in an instance.
    user_goal = cast("str | None", None)
    equivalent_mutants: ClassVar[Mapping[str, str]] = {}

    start_time: float | None = DEFAULT_START_TIME
    tags: tuple[CapabilityTag | str, ...] = ()
    _initialized: bool = False
    # Without an annotation, so that they are no fields of ARE's dataclass. The simulation sets the judge of a run.
    _judging = None
    noise_config = NoiseConfig()
    variation = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make class attributes with the name of a field the default of that field."""
        super().__init_subclass__(**kwargs)
        known = [base for base in cls.__mro__ if FIELDS in vars(base)]
        # Without class variables, which dataclasses keep beside the fields.
        own = {f.name: f for base in reversed(known) for f in fields(base)}
        # The class, and the mixins before its first scenario base, which precede it in Python's order as well.
        bodies = list(takewhile(lambda base: base not in known, cls.__mro__))
        given = {name: value for body in reversed(bodies) for name, value in vars(body).items() if name in own}
        for name, value in given.items():
            cls.__annotations__.setdefault(name, own[name].type)
            # A value without a hash is mutable: dataclasses require a factory for it.
            setattr(cls, name, _fresh_copy(value) if type(value).__hash__ is None else value)

    def configure_noise(self, config: ScenarioRunnerConfig) -> None:
        """Set the noise of `config`. Noise that `config` does not set stays as it is.

        Raises:
            ScenarioDefect: If `config` sets noise after `initialize`.
        """
        given = {
            "env_events_config": config.env_events_config,
            "tool_augmentation_config": config.tool_augmentation_config,
            # A rate of 0 is a setting as well, such as a level of a sweep.
            "noise_config": config.noise if config.noise.model_fields_set else None,
        }
        asked = given["env_events_config"] or given["tool_augmentation_config"] or has_event_faults(config.noise)
        if asked and self._initialized:
            raise ScenarioDefect(
                f"{self.scenario_id}: this instance was initialized without the noise of the configuration; create a "
                "new one"
            )
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)

    def configure_variation(self, config: ScenarioRunnerConfig) -> None:
        """Let `initialize` redraw the world if `config` asks for variation.

        Raises:
            ScenarioDefect: If `config` asks for it after `initialize`.
        """
        if config.variation and self._initialized and not self.variation:
            raise ScenarioDefect(
                f"{self.scenario_id}: this instance was initialized without the variation of the configuration; create "
                "a new one"
            )
        self.variation = self.variation or config.variation

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Build the world: apps with their content, then the flow of events. A second call changes nothing.

        The order is guaranteed: `init_and_populate_apps(*args, **kwargs)`, a seed for each app, the augmentation
        configs, a snapshot of all apps, `build_events_flow`, noise in the world. Without an app for noise, there is
        none.

        Raises:
            ScenarioDefect: If two apps have the same name, an override of a tool cannot be a tool, or `events` is not a
                list of events.
            NoiseError: If the configured noise is impossible.
        """
        if self._initialized:
            return
        start_time = DEFAULT_START_TIME if self.start_time is None else self.start_time
        self.world = World(f"{self.scenario_id}/{self.seed}", start_time)
        self.draw = Draw(
            self.scenario_id,
            self.seed,
            self.run_number,
            start_time,
            variation=self.variation,
            words=lambda: written_words(type(self)),
        )
        if self.variation and declares_draws(type(self)):
            self.world.vary(self.draw.world)
        # The faults of events, by id of the event.
        self._faults: dict[str, str] = {}
        self.scripted_failures = ScriptedFailures()
        # The reason why configured noise is missing.
        self._no_noise: str | None = None
        with self.world.active(), captured() as self._script:
            before = set(vars(self))
            self.init_and_populate_apps(*args, **kwargs)
            self._check_app_names()
            self._check_overridden_tools()
            # The apps must not change values of a module or a class that all instances share.
            own_content(self.apps or [], self, vars(self).keys() - before, [self, self.world, self.world.clock])
            self.world.phase = "play"
            for app in self.apps or []:
                app.set_seed(self.seed)
            self.apply_augmentation_configs()
            self._initial_apps = {
                app.name: {
                    "class_name": type(app).__name__,
                    "serialized_state": state_text(app),
                }
                for app in self.apps or []
            }
            self.build_events_flow()
            self._check_events()
        with self.world.active():
            # An answer to a proposal belongs to the user, even without `oracle()`.
            self._script.events = [as_reference_step(event) if is_answer(event) else event for event in self.events]
            untyped: Any = self
            untyped.events = list(self._script.events)
            add_event_faults(self)
            self._add_noise()
        self._initialized = True

    def judge(self, claim: str, evidence: object = None) -> Judgement:
        """Ask the judge whether a claim holds, in `validate`, and return its judgement.

        It is a matcher of `verdict`, and a condition. It decides on success only if the judge is calibrated. In a
        reference check without a judge every claim holds. No simulated time passes.

        Args:
            claim: A sentence that holds or does not, such as "the proposal names the new price".
            evidence: What the judge decides by: a text, events, or values, which become JSON. Default: the agent's
                messages to the user, the user's answers, and the agent's writes.
        """
        return judgement_of(self._judging, claim, evidence)

    def add_apps(self, *apps: Any) -> None:
        """Set `self.apps` to `apps` and to the two that every scenario needs.

        These are `self.agent_ui` (`PAREAgentUserInterface`) and `self.system` (`HomeScreenSystemApp`). One of them that
        is among `apps` is taken instead of a new one. A second call adds apps.
        """
        add_essential_apps(self, apps)

    def flow(self) -> Flow:
        """Return a builder of the events, for `with self.flow() as flow` in `build_events_flow`."""
        return Flow(self)

    def apply_augmentation_configs(self) -> None:
        """Set other names and descriptions of the agent's tools, if `tool_augmentation_config` is set.

        They come from the noise data; `augmentation_data` overrides parts of it. The system app and the channel to the
        user keep their names and descriptions. Failures of tools are not set here: they happen when the agent's calls
        are carried out.

        Raises:
            NoiseError: If the data cannot be loaded, or two tools would have the same name.
        """
        config = self.tool_augmentation_config
        if config is None or not (config.apply_tool_name_augmentation or config.apply_tool_description_augmentation):
            return
        from pytest_pare.scenarios.noise.tool_names import rename_tools

        data = self._noise_data()
        rename_tools(
            self.apps or [],
            data.tool_names_mapping if config.apply_tool_name_augmentation else {},
            data.tool_descriptions_mapping if config.apply_tool_description_augmentation else {},
        )

    def _add_noise(self) -> None:
        if self.env_events_config is None:
            return
        # Only scenarios with noise need these imports.
        from pytest_pare.scenarios.expander import PAREEnvEventsExpander

        schedule, own = self.noise_config.schedule, len(self.events)
        expander = PAREEnvEventsExpander(self.env_events_config, schedule)
        try:
            expander.add_env_events_to_scenario(self, self._noise_data())
        except NoPlaceForNoise as error:
            self._no_noise = str(error).removeprefix(f"{self.scenario_id}: ")
        else:
            if self.env_events_config.num_env_events_per_minute and len(self.events) == own:
                mails = ": it has only mails, for apps with the same name as their content"
                self._no_noise = f"the schedule {schedule} has no event of noise" + mails * (schedule == "pare")

    def _noise_data(self) -> NoiseData:
        from pytest_pare.scenarios.noise.data import load_noise_data

        path = self.noise_config.data
        data = load_noise_data(None if path is None else Path(path))
        return data.updated(self.augmentation_data) if self.augmentation_data else data

    def _check_events(self) -> None:
        if not isinstance(self.events, list):
            raise self._no_events(f", not {type(self.events).__name__}")
        for number, event in enumerate(self.events):
            # Most are; a check against ARE's abstract classes takes longer.
            if type(event) in (Event, OracleEvent):
                continue
            if not isinstance(event, AbstractEvent) or isinstance(event, CompletedEvent):
                raise self._no_events(
                    f"; item {number} is {type(event).__name__}; call the app's method within "
                    "EventRegisterer.capture_mode()"
                )

    def _no_events(self, problem: str) -> ScenarioDefect:
        place = place_of(type(self).build_events_flow)
        return ScenarioDefect(
            f"{self.scenario_id}: {place}: build_events_flow() must set self.events to a list of events{problem}"
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
