"""`PAREEnvEventsExpander`: adds noise to a scenario."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Literal

from are.simulation.scenarios.utils.scenario_expander import EnvEventsExpander
from pydantic import ValidationError

from pytest_pare.scenarios.errors import NoiseError, NoPlaceForNoise
from pytest_pare.scenarios.noise.data import NoiseData
from pytest_pare.scenarios.noise.events import Call, Known, Source, source_for
from pytest_pare.scenarios.noise.marks import TAG
from pytest_pare.scenarios.noise.schedule import (
    HORIZON,
    arrival_times,
    number_of_events,
    pare_mails,
    pare_quotas,
    quotas,
)
from pytest_pare.scenarios.noise_config import EnvEventsConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from are.simulation.types import Event

    from pytest_pare.scenarios.noise.target import NoiseTarget

__all__ = [
    "ENV_EVENT_DEFAULT_HORIZON",
    "ENV_EVENT_EXPANSION_TAG",
    "PAREEnvEventsExpander",
    "Schedule",
    "default_weight_per_app_class",
]

ENV_EVENT_DEFAULT_HORIZON = HORIZON
ENV_EVENT_EXPANSION_TAG = TAG

Schedule = Literal["default", "pare"]


def default_weight_per_app_class() -> dict[str, float]:
    """Return the classes of apps that can get noise, with equal weights."""
    return dict(EnvEventsConfig().weight_per_app_class)


class PAREEnvEventsExpander(EnvEventsExpander):
    """Adds unrelated events to a scenario: mails, messages, new products.

    The events do not depend on events of the scenario. Their ids begin with `env_expansion_`.

    The schedule `default` leaves out people, names and ids that occur in the scenario. It adds `int(r * d / 60)` events
    for a rate of `r` per minute and a duration of `d` seconds, by default 360 s. The apps that have data share the
    events: by weight between classes, evenly within a class. The shares add up to the total: the largest remainders are
    rounded up, of equal remainders the first in the order of the scenario's apps. The times of an app's events are
    independent uniform draws over the duration, in order: a Poisson process with a given number of events.

    Records are drawn without repetition until all have been used. The messages of a conversation keep their order; the
    variants of a product follow it in their order. A conversation is created right before its first message by the
    event `env_expansion_conversation_...`, which has no notification and does not count. Each app has a generator,
    seeded by `env_events_seed`, the scenario's id and seed, the number of the run and the app's name.

    The schedule `pare` adds the same mails as PARE at the same times, for the same seed, rate and data. It adds nothing
    else: PARE's messages fail, and PARE adds no products. The schedule does not depend on the scenario's seed or the
    number of the run, and leaves out no sender. A mail may arrive after the end of the scenario.

    Args:
        env_events_config: Rate, weights and seed of the events. ARE's object of this name is accepted.
        schedule: How the events are divided between apps and timed.

    Attributes:
        class_of: By name of each app with noise, the name of its class, for the last expanded scenario. In the schedule
            `pare`, the names are those in the data.

    Raises:
        NoiseError: If the configuration is invalid.
    """

    config: EnvEventsConfig

    def __init__(self, env_events_config: EnvEventsConfig, schedule: Schedule = "default") -> None:
        super().__init__(_checked(env_events_config))
        if schedule not in ("default", "pare"):
            raise NoiseError(f"the schedule of noise is default or pare, got {schedule!r}")
        self.schedule = schedule
        self.class_of: dict[str, str] = {}

    def get_num_env_events_per_app(self, num_env_events: int) -> dict[str, int]:
        """Return the number of events for each app in `class_of`, of `num_env_events` in all."""
        divide = pare_quotas if self.schedule == "pare" else quotas
        return divide(num_env_events, self.class_of, self.config.weight_per_app_class)

    def add_env_events_to_scenario(
        self, scenario: NoiseTarget, apps_augmentation_data: NoiseData | Sequence[Any]
    ) -> None:
        """Add noise to `scenario.events`, ordered by time.

        Args:
            scenario: The scenario, with populated apps, their snapshot, and its events.
            apps_augmentation_data: The noise data, or the value of their key `apps`.

        Raises:
            NoPlaceForNoise: If the scenario has no app for noise.
            NoiseError: If an id of the scenario's events is reserved for noise.
        """
        data = apps_augmentation_data
        if not isinstance(data, NoiseData):
            data = NoiseData.of_apps(data)
        if marked := [event.event_id for event in scenario.events if str(event.event_id).startswith(f"{TAG}_")]:
            raise NoiseError(
                f"{scenario.scenario_id}: the scenario has an event {marked[0]!r}, but ids with {TAG}_ are reserved "
                "for noise"
            )
        made = self._pare(scenario, data) if self.schedule == "pare" else self._default(scenario, data)
        # Stable: events with equal times keep their order.
        scenario.events += sorted(made, key=lambda event: event.event_relative_time)

    def _default(self, scenario: NoiseTarget, data: NoiseData) -> list[Event]:
        duration = HORIZON if scenario.duration is None else scenario.duration
        total = number_of_events(self.config.num_env_events_per_minute, duration)
        sources = self._sources(scenario, data)
        self.class_of = {source.app.name: app_class for source, app_class in sources}
        if total:
            self._require_apps(scenario)
        shares = self.get_num_env_events_per_app(total)
        made: list[Event] = []
        for position, (source, _) in enumerate(sources):
            app, number = source.app, shares[source.app.name]
            seed = f"noise/{self.config.env_events_seed}/{scenario.scenario_id}/{scenario.seed}/{app.name}"
            # Without the number of the run, all runs of a scenario would have the same noise.
            run = "" if scenario.run_number is None else f"/{scenario.run_number}"
            rng = Random(seed + run)  # noqa: S311 - reproducible on purpose
            times = arrival_times(rng, number, duration)
            arrivals = source.arrivals(number, rng, str(position))
            for count, (time, calls) in enumerate(zip(times, arrivals, strict=True), start=1):
                made += [call.event(app, f"{position}_{count}", time) for call in calls]
        return made

    def _sources(self, scenario: NoiseTarget, data: NoiseData) -> list[tuple[Source, str]]:
        known = Known(scenario)
        weights = self.config.weight_per_app_class
        found = []
        for app in scenario.apps or []:
            app_class = next((cls.__name__ for cls in type(app).__mro__ if weights.get(cls.__name__)), None)
            if app_class is not None:
                found.append((source_for(app, app_class, data, self.config, known), app_class))
        return [(source, app_class) for source, app_class in found if source.records]

    def _pare(self, scenario: NoiseTarget, data: NoiseData) -> list[Event]:
        duration = scenario.duration or HORIZON
        total = number_of_events(self.config.num_env_events_per_minute, duration)
        classes = {type(app).__name__ for app in scenario.apps or []}
        self.class_of = {c.name: c.app_class for c in data.apps if c.app_class is not None and c.app_class in classes}
        if total:
            self._require_apps(scenario)
        # PARE finds an app by the name of its content.
        apps = {app.name: app for app in scenario.apps or [] if self.class_of.get(app.name) == type(app).__name__}
        config, shares = self.config, self.get_num_env_events_per_app(total)
        made = []
        for name, time, mail in pare_mails(
            data, shares, apps, config.env_events_seed, duration, config.n_message_events_per_conversation
        ):
            recipients = list(mail.recipients) or [apps[name].user_email]
            args = {"sender": mail.sender, "recipients": recipients, "subject": mail.subject, "content": mail.content}
            call = Call("email", type(apps[name]).create_and_add_email, {**args, "folder_name": "INBOX"})
            made.append(call.event(apps[name], mail.email_id, time))
        return made

    def _require_apps(self, scenario: NoiseTarget) -> None:
        weights = self.config.weight_per_app_class
        if not any(weights.get(app_class) for app_class in self.class_of.values()):
            classes = " or ".join(app_class for app_class, weight in weights.items() if weight)
            raise NoPlaceForNoise(
                f"{scenario.scenario_id}: no app can get noise: the scenario has no {classes} for which there are data"
            )


def _checked(config: Any) -> EnvEventsConfig:
    try:
        return EnvEventsConfig.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, ("env_events_config", *first["loc"])))
        got = "" if isinstance(first["input"], dict) else f", got {first['input']!r}"
        raise NoiseError(f"{key}: {first['msg']}{got}") from error
