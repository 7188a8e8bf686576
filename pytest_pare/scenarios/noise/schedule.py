"""How many events of noise each app gets, and when."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pytest_pare.scenarios.noise.content import MailContent, MessagingContent
from pytest_pare.scenarios.noise.data import NoiseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.scenarios.noise.content import Mail
    from pytest_pare.scenarios.noise.data import NoiseData

Key = TypeVar("Key")

HORIZON = 360
"""Seconds over which noise comes in a scenario that has no duration."""


def number_of_events(per_minute: float, duration: float) -> int:
    """Return how many events come in `duration` seconds, rounded down.

    Raises:
        NoiseError: If the duration is no length of time.
    """
    if not 0 <= duration < math.inf:
        raise NoiseError(f"noise needs a duration of a number of seconds, 0 or more, got {duration!r}")
    return int(per_minute * duration / 60)


def apportion(total: int, weights: Mapping[Key, float | Fraction]) -> dict[Key, int]:
    """Divide `total` by weight into whole numbers that add up to it.

    Each gets its exact share, rounded down; what is then left goes, one each, to those with the largest remainders, of
    equal remainders to those that come first.
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
        total: How many events there are.
        class_of: Name of an app to the name of its class.
        weights: Name of a class to its weight; of one that is not named it is 0.
    """
    of_classes = apportion(total, {name: weights.get(name, 0) for name in class_of.values()})
    parts = {
        name: apportion(n, {app: 1 for app in class_of if class_of[app] == name}) for name, n in of_classes.items()
    }
    return {app: parts[name][app] for app, name in class_of.items()}


def arrival_times(rng: Random, number: int, duration: float) -> list[float]:
    """Return when `number` events come in `duration` seconds: independent uniform draws, in order.

    That is the law of a Poisson process of which it is known how many events it had.
    """
    return sorted(rng.random() * duration for _ in range(number))


class DueMail(NamedTuple):
    """A mail of PARE's schedule.

    Attributes:
        app: Name of the app that it comes to.
        time: Seconds after the start.
        mail: The mail.
    """

    app: str
    time: float
    mail: Mail


def pare_quotas(total: int, class_of: Mapping[str, str | None], weights: Mapping[str, float]) -> dict[str, int]:
    """Return the shares of the content of a file as PARE has them: rounded down, for each name in the file."""
    of_names = {name: weights.get(app_class or "", 0.0) for name, app_class in class_of.items()}
    everything = sum(of_names.values())
    return {name: int(weight / everything * total) if everything else 0 for name, weight in of_names.items()}


def pare_mails(
    data: NoiseData, shares: Mapping[str, int], apps: Iterable[str], seed: int, duration: float, most_messages: int
) -> list[DueMail]:
    """Return the mails that PARE schedules, in its order.

    Its waiting times are exponential, so a mail may come after the end of the scenario.

    Args:
        data: The file, of which PARE sees the content that is for an app with the same name.
        shares: What is due for each name in the file.
        apps: Names of the scenario's apps.
        seed: Of its two generators, which all content shares, in the order of the file.
        duration: Seconds over which noise comes.
        most_messages: Of a conversation; conversations draw too.
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
