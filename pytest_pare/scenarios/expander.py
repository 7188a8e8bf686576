"""`PAREEnvEventsExpander`: adds noise to a scenario."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Literal

from are.simulation.scenarios.utils.scenario_expander import EnvEventsExpander
from pydantic import ValidationError

from pytest_pare.scenarios.noise.data import NoiseData, NoiseError, NoPlaceForNoise
from pytest_pare.scenarios.noise.events import TAG, Call, Known, Source, source_for
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
    """Return the classes of the apps in which noise can come, with equal weights."""
    return dict(EnvEventsConfig().weight_per_app_class)


class PAREEnvEventsExpander(EnvEventsExpander):
    """Adds events to a scenario that have nothing to do with it: mails, messages, new products.

    They depend on nothing that happens in the scenario, and their ids begin with `env_expansion_`.

    The schedule `default` leaves alone what the scenario has: nothing arrives from people, or under names or ids, that
    occur in it. It has `int(r * d / 60)` events, for a rate of `r` per minute and a duration of `d` seconds; a
    scenario without a duration counts as 360 s. Those apps of the scenario for which there are data share them, by the
    weights of their classes, and in a class evenly. The shares add up: the largest remainders are rounded up, of equal
    ones the first in the order of the scenario's apps. Each app gets exactly its share, at times that are independent
    uniform draws over the duration, in order: the law of a Poisson process of which it is known how many events it had.

    What arrives is drawn without repetition until all was there. The messages of a conversation come one after the
    other in their own order, and so do the variants of a product after it. A conversation begins with its first
    message: the event right before that makes it, `env_expansion_conversation_...`, is announced to nobody and does not
    count. All draws come from `env_events_seed` together with the scenario's id and seed and the number of the run, for
    each app from a generator of its own.

    The schedule `pare` has the mails that PARE adds, at the same times, for the same seed, rate and data, whoever they
    are from. There is nothing else: in PARE messages fail, and nothing is made for shops. The scenario's seed and
    the number of the run have no part in it, and a mail may come after the end of the scenario.

    Args:
        env_events_config: How much noise, and where; ARE's object of this name is accepted.
        schedule: How the events are divided and timed.

    Attributes:
        class_of: Name of each app that takes part to the name of its class, for the scenario that was last expanded; in
            the schedule `pare` the names are those of the data.

    Raises:
        NoiseError: If the config asks for what cannot be.
    """

    config: EnvEventsConfig

    def __init__(self, env_events_config: EnvEventsConfig, schedule: Schedule = "default") -> None:
        super().__init__(_checked(env_events_config))
        if schedule not in ("default", "pare"):
            raise NoiseError(f"the schedule of noise is default or pare, got {schedule!r}")
        self.schedule = schedule
        self.class_of: dict[str, str] = {}

    def get_num_env_events_per_app(self, num_env_events: int) -> dict[str, int]:
        """Return how many of `num_env_events` events each app gets of those that `class_of` names."""
        divide = pare_quotas if self.schedule == "pare" else quotas
        return divide(num_env_events, self.class_of, self.config.weight_per_app_class)

    def add_env_events_to_scenario(
        self, scenario: NoiseTarget, apps_augmentation_data: NoiseData | Sequence[Any]
    ) -> None:
        """Add noise to `scenario.events`, in the order of time.

        Args:
            scenario: The scenario, with its apps populated, their snapshot taken, and its events made.
            apps_augmentation_data: What noise is made of: the loaded data, or the value of their key `apps`.

        Raises:
            NoPlaceForNoise: If no app of the scenario can get noise.
            NoiseError: If the scenario has events with ids of noise.
        """
        data = apps_augmentation_data
        if not isinstance(data, NoiseData):
            data = NoiseData.of_apps(data)
        if marked := [event.event_id for event in scenario.events if str(event.event_id).startswith(f"{TAG}_")]:
            raise NoiseError(
                f"{scenario.scenario_id}: the event {marked[0]!r} is there already, and ids with {TAG}_ are for noise"
            )
        made = self._pare(scenario, data) if self.schedule == "pare" else self._default(scenario, data)
        # Stable: what comes at one time stays in the order in which it was made.
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
            # Else all runs of a scenario would be one sample of noise.
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
        # PARE finds an app by its name, which must be that of its content.
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
                f"{scenario.scenario_id}: there is no app in which noise can come: "
                f"it has no {classes} for which there are data"
            )


def _checked(config: Any) -> EnvEventsConfig:
    try:
        return EnvEventsConfig.model_validate(config)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, ("env_events_config", *first["loc"])))
        got = "" if isinstance(first["input"], dict) else f", got {first['input']!r}"
        raise NoiseError(f"{key}: {first['msg']}{got}") from error
