"""The number and the times of the events of noise in each app."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_pare.scenarios.errors import NoiseError
from pytest_pare.scenarios.noise.content import MailContent, MessagingContent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.scenarios.noise.content import Mail
    from pytest_pare.scenarios.noise.data import NoiseData

Key = TypeVar("Key")

HORIZON = 360
"""Duration of noise in seconds for a scenario without a duration."""


def number_of_events(per_minute: float, duration: float) -> int:
    """Return the number of events in `duration` seconds, rounded down.

    Raises:
        NoiseError: If the duration is negative or infinite.
    """
    if not 0 <= duration < math.inf:
        raise NoiseError(f"noise: the duration must be a number of seconds, 0 or more, got {duration!r}")
    return int(per_minute * duration / 60)


def apportion(total: int, weights: Mapping[Key, float | Fraction]) -> dict[Key, int]:
    """Divide `total` by weight into whole numbers that add up to it.

    Each key gets its exact share, rounded down. The rest goes, one each, to the keys with the largest remainders, of
    equal remainders to the first.
    """
    exact = {key: Fraction(weight) for key, weight in weights.items()}
    everything = sum(exact.values())
    if not everything:
        return dict.fromkeys(weights, 0)
    shares = {key: weight * total / everything for key, weight in exact.items()}
    parts = {key: math.floor(share) for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: parts[key] - shares[key])
    for key in by_remainder[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


def quotas(total: int, class_of: Mapping[str, str], weights: Mapping[str, float]) -> dict[str, int]:
    """Divide `total` among apps: by weight among their classes, then evenly among the apps of each.

    Args:
        total: Number of events.
        class_of: Names of classes by name of the app.
        weights: Weights by name of the class. Default: 0.
    """
    of_classes = apportion(total, {name: weights.get(name, 0) for name in class_of.values()})
    parts = {
        name: apportion(n, {app: 1 for app in class_of if class_of[app] == name}) for name, n in of_classes.items()
    }
    return {app: parts[name][app] for app, name in class_of.items()}


def arrival_times(rng: Random, number: int, duration: float) -> list[float]:
    """Return the times of `number` events in `duration` seconds: independent uniform draws, in order.

    This is a Poisson process with a given number of events.
    """
    return sorted(rng.random() * duration for _ in range(number))


class DueMail(NamedTuple):
    """A mail of PARE's schedule.

    Attributes:
        app: Name of the app that gets it.
        time: Seconds after the start.
        mail: The mail.
    """

    app: str
    time: float
    mail: Mail


def pare_quotas(total: int, class_of: Mapping[str, str | None], weights: Mapping[str, float]) -> dict[str, int]:
    """Return PARE's shares of the content of a file: rounded down, by name in the file."""
    of_names = {name: weights.get(app_class or "", 0.0) for name, app_class in class_of.items()}
    everything = sum(of_names.values())
    return {name: int(weight / everything * total) if everything else 0 for name, weight in of_names.items()}


def pare_mails(
    data: NoiseData, shares: Mapping[str, int], apps: Iterable[str], seed: int, duration: float, most_messages: int
) -> list[DueMail]:
    """Return the mails of PARE's schedule, in its order.

    Its waiting times are exponential, so a mail may come after the end of the scenario.

    Args:
        data: The noise data. PARE uses the content whose name is the name of an app.
        shares: Number of events by name in the data.
        apps: Names of the scenario's apps.
        seed: Seed of the two generators that all content shares, in the order of the data.
        duration: Duration of noise in seconds.
        most_messages: Most messages of a conversation. Conversations draw from the generators as well.
    """
    import numpy as np

    gaps, order = np.random.default_rng(seed), Random(seed)  # noqa: S311 - reproducible on purpose
    names = frozenset(apps)
    due: list[DueMail] = []

    def arrivals(number: int, begin: float = 0.0) -> list[float]:
        times: list[float] = np.cumsum(gaps.exponential(scale=(duration - begin) / number, size=number)).tolist()
        return times

    for content in data.apps:
        number = len(content.records)
        if content.name not in names or content.name not in shares or not number:
            continue
        if isinstance(content, MessagingContent):
            conversations = order.sample(content.records, number)
            for tick, conversation in zip(arrivals(number), conversations, strict=True):
                if tick > duration:
                    break
                if written := min(len(conversation.messages), most_messages):
                    arrivals(written, tick)
        elif isinstance(content, MailContent):
            mails = list(content.records)
            order.shuffle(mails)
            if number := min(number, shares[content.name]):
                ticks = zip(arrivals(number), mails[:number], strict=True)
                due += (DueMail(content.name, tick, mail) for tick, mail in ticks)
    return due
