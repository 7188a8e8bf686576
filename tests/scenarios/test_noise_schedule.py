"""The schedules of noise: numbers and times of events."""

from __future__ import annotations

import copy
import random
from collections import Counter
from fractions import Fraction
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import StatefulMessagingApp
from pytest_pare.scenarios.expander import ENV_EVENT_DEFAULT_HORIZON, PAREEnvEventsExpander
from pytest_pare.scenarios.noise.schedule import apportion, quotas
from tests.noise.stages import (
    CLASSES,
    DATA,
    EMAILS,
    RAW,
    args,
    arrivals,
    config,
    count,
    facts,
    noise,
    stage,
    with_noise,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Without type information.
stats: Any = import_module("scipy.stats")

# So small that a correct distribution does not fail by chance; an incorrect one is far off.
ALPHA = 1e-4


# -- how many


@given(
    total=st.integers(0, 10_000),
    weights=st.dictionaries(st.text(max_size=3), st.floats(0, 1e6), max_size=8),
)
def test_parts_add_up_and_are_as_near_as_can_be(total: int, weights: dict[str, float]) -> None:
    parts = apportion(total, weights)
    everything = sum(map(Fraction, weights.values()))
    assert list(parts) == list(weights)
    if not everything:
        assert set(parts.values()) <= {0}
        return
    assert sum(parts.values()) == total
    assert all(abs(parts[key] - Fraction(weight) * total / everything) < 1 for key, weight in weights.items())
    assert not any(parts[key] for key, weight in weights.items() if not weight)


@given(total=st.integers(0, 1000), number=st.integers(1, 9))
def test_equal_weights_get_equal_parts_the_first_one_more(total: int, number: int) -> None:
    parts = list(apportion(total, dict.fromkeys(range(number), 0.1)).values())
    assert parts == sorted(parts, reverse=True)
    assert max(parts) - min(parts) <= 1


def test_the_largest_remainders_are_rounded_up() -> None:
    assert apportion(10, {"a": 1, "b": 2, "c": 4}) == {"a": 1, "b": 3, "c": 6}
    assert apportion(1, {"a": 1, "b": 2}) == {"a": 0, "b": 1}


@given(
    total=st.integers(0, 5000),
    class_of=st.dictionaries(st.text(max_size=5), st.sampled_from(CLASSES), min_size=1, max_size=7),
    weights=st.fixed_dictionaries({name: st.floats(0.01, 100) for name in CLASSES}),
)
def test_classes_share_by_weight_and_their_apps_evenly(
    total: int, class_of: dict[str, str], weights: dict[str, float]
) -> None:
    parts = quotas(total, class_of, weights)
    assert parts.keys() == class_of.keys()
    assert sum(parts.values()) == total
    everything = sum(Fraction(weights[name]) for name in set(class_of.values()))
    for name in set(class_of.values()):
        of_class = [parts[app] for app in parts if class_of[app] == name]
        assert abs(sum(of_class) - Fraction(weights[name]) * total / everything) < 1
        assert max(of_class) - min(of_class) <= 1


def test_each_app_has_exactly_its_share_for_a_thousand_seeds() -> None:
    scenario = stage()
    for seed in range(1000):
        scenario.events = []
        expander = PAREEnvEventsExpander(config(10, seed))
        expander.add_env_events_to_scenario(scenario, DATA)
        assert count(scenario) == {"Emails": 20, "Messages": 20, "Shopping": 20}
        assert expander.get_num_env_events_per_app(60) == count(scenario)
        assert expander.class_of == dict(zip(("Emails", "Messages", "Shopping"), CLASSES, strict=True))


@pytest.mark.parametrize(
    ("duration", "rate", "total"),
    [
        (None, 10, 60),
        (None, 1, 6),
        (90, 1, 1),
        (600, 7, 70),
        (10, 5, 0),
        (10, 6, 1),
        (0.5, 10, 0),
        (0.5, 600, 5),
        (0, 10, 0),
    ],
)
@pytest.mark.parametrize("schedule", ["default", "pare"])
def test_the_total_is_rate_times_duration_rounded_down(
    duration: float | None, rate: int, total: int, schedule: str
) -> None:
    scenario = with_noise(stage(duration=duration), schedule, rate=rate)
    if schedule == "default":
        assert sum(count(scenario).values()) == total
        assert all(0 <= e.event_relative_time <= (360 if duration is None else duration) for e in noise(scenario))
    elif duration != 0:
        # Messages and Chats have a share each, so that mails have a quarter.
        assert count(scenario)["Emails"] == sum(count(scenario).values()) == total // 4


@given(
    rate=st.integers(0, 300),
    duration=st.floats(0, 900),
    weights=st.fixed_dictionaries({name: st.sampled_from([0.0, 0.5, 1.0, 3.0]) for name in CLASSES}),
    seed=st.integers(0, 99),
)
def test_whatever_is_asked_for_comes_within_the_duration(
    rate: int, duration: float, weights: dict[str, float], seed: int
) -> None:
    if not any(weights.values()):
        weights["StatefulEmailApp"] = 1.0
    scenario = with_noise(stage(duration=duration), rate=rate, seed=seed, weight_per_app_class=weights)
    total = int(rate * duration / 60)
    assert sum(count(scenario).values()) == total
    assert all(0 <= event.event_relative_time <= duration for event in noise(scenario))
    assert not any(weights[type(event.action.app).__name__] == 0 for event in noise(scenario))
    ids = [event.event_id for event in scenario.events]
    assert len(set(ids)) == len(ids)


def test_an_app_without_data_has_no_share() -> None:
    data = [content for content in RAW["apps"] if content["name"] != "Emails"]
    assert count(with_noise(data=data)) == {"Messages": 30, "Shopping": 30}
    assert count(with_noise(rate=10, n_message_events_per_conversation=0)) == {"Emails": 30, "Shopping": 30}


# -- when


def times_of(app: str, seeds: int, **settings: Any) -> list[list[float]]:
    scenario, found = stage(), []
    for seed in range(seeds):
        scenario.events = []
        with_noise(scenario, seed=seed, **settings)
        found.append([e.event_relative_time for e in arrivals(scenario) if e.action.app_name == app])
    return found


@pytest.mark.parametrize("app", ["Emails", "Messages", "Shopping"])
def test_times_follow_the_law_of_a_poisson_process_of_which_the_number_is_known(app: str) -> None:
    found = times_of(app, 400)
    assert all(times == sorted(times) for times in found)
    number = {len(times) for times in found}
    assert number == {20}
    pooled = np.array(found).ravel() / ENV_EVENT_DEFAULT_HORIZON
    assert stats.kstest(pooled, "uniform").pvalue > ALPHA
    for rank in (1, 7, 14, 20):
        ranked = [times[rank - 1] / ENV_EVENT_DEFAULT_HORIZON for times in found]
        assert stats.kstest(ranked, stats.beta(rank, 21 - rank).cdf).pvalue > ALPHA
    early = Counter(sum(time < 180 for time in times) for times in found)
    expected = stats.binom(20, 0.5).pmf(range(21)) * len(found)
    common = [k for k in range(21) if expected[k] >= 5]
    observed = [early[k] for k in common] + [len(found) - sum(early[k] for k in common)]
    wanted = [*expected[common], len(found) - sum(expected[common])]
    assert stats.chisquare(observed, wanted).pvalue > ALPHA


def test_the_apps_of_a_scenario_are_independent() -> None:
    first = [[times[0] for times in times_of(app, 300)] for app in ("Emails", "Messages", "Shopping")]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert stats.spearmanr(first[one], first[other]).pvalue > ALPHA


def test_the_law_is_told_from_another() -> None:
    gaps = np.random.default_rng(0).exponential(18, size=(400, 20)).cumsum(axis=1)
    assert stats.kstest(gaps.ravel() / 360, "uniform").pvalue < ALPHA


def test_events_are_in_the_order_of_time() -> None:
    events = noise(with_noise(rate=30))
    assert all(one.event_relative_time <= other.event_relative_time for one, other in pairwise(events))


# -- the schedule of PARE


def schedule_of_pare(names: dict[str, str], seed: int, rate: int, duration: float | None) -> list[tuple[str, float]]:
    """Return the mails' ids and times, worked out anew from the description of the algorithm.

    Args:
        names: Name of each of the scenario's apps to its class.
    """
    length = duration or 360
    alias = {"Messages": "StatefulMessagingApp", "Chats": "StatefulMessagingApp", "Emails": "StatefulEmailApp"}
    alias |= {"Shopping": "StatefulShoppingApp", "RentAFlat": "StatefulApartmentListingApp"}
    kept = [content for content in RAW["apps"] if alias[content["name"]] in names.values()]
    waits, order, found = np.random.default_rng(seed), random.Random(seed), []
    for content in kept:
        state = content["app_state"]
        if content["name"] in ("Messages", "Chats") and content["name"] in names:
            chats = list(state["conversations"].values())
            chats = order.sample(chats, len(chats))
            now = 0.0
            for wait, chat in zip(waits.exponential(length / len(chats), len(chats)), chats, strict=True):
                now += wait
                if now > length:
                    break
                written = min(4, len(chat["messages"]))
                waits.exponential((length - now) / written, written)
        elif content["name"] == "Emails" and "Emails" in names:
            mails = list(state["folders"]["INBOX"]["emails"])
            order.shuffle(mails)
            number = min(len(mails), int(1 / len(kept) * int(rate * length / 60)))
            if number:
                mails = mails[:number]
                times = np.cumsum(waits.exponential(length / number, number))
                found += [(f"env_expansion_email_{m['email_id']}", float(t)) for m, t in zip(mails, times, strict=True)]
    return found


PHONES: tuple[Callable[[Any], None] | None, ...] = (
    None,
    lambda scenario: scenario.apps.append(StatefulMessagingApp(name="Chats")),
    lambda scenario: scenario.apps.remove(scenario.messaging),
    lambda scenario: setattr(scenario.messaging, "name", "Texts"),
)


@pytest.mark.parametrize("seed", range(100))
def test_the_mails_of_pare_come_as_its_algorithm_says(seed: int) -> None:
    duration, rate = (None, 90, 600, 45.5)[seed // 4 % 4], (4, 10, 60, 1, 200)[seed % 5]
    scenario = with_noise(stage(PHONES[seed % len(PHONES)], duration=duration), "pare", seed=seed, rate=rate)
    wanted = schedule_of_pare({app.name: type(app).__name__ for app in scenario.apps}, seed, rate, duration)
    assert [event_id for event_id, *_ in facts(scenario)] == [event_id for event_id, _ in wanted]
    assert [time for _, time, *_ in facts(scenario)] == pytest.approx([time for _, time in wanted], rel=1e-12)
    of_data = {f"env_expansion_email_{mail['email_id']}": mail for mail in EMAILS}
    for event_id, _, app, function, values in facts(scenario):
        assert (app, function) == ("Emails", "create_and_add_email")
        expected = {name: of_data[event_id][name] for name in ("sender", "subject", "content")}
        assert values == {**expected, "recipients": [scenario.email.user_email], "folder_name": "INBOX"}


def test_the_schedule_of_pare_has_mails_for_most_of_these_phones() -> None:
    numbers = [len(schedule_of_pare({"Emails": "StatefulEmailApp"}, seed, 10, None)) for seed in range(3)]
    assert numbers == [60, 60, 60]


def test_the_schedule_of_pare_keeps_the_recipients_of_the_data() -> None:
    data = copy.deepcopy(RAW["apps"])
    for mail in data[2]["app_state"]["folders"]["INBOX"]["emails"]:
        mail["recipients"] = ["someone@else.example"]
    scenario = with_noise(None, "pare", data)
    assert {tuple(args(event)["recipients"]) for event in noise(scenario)} == {("someone@else.example",)}


def test_the_schedule_of_pare_knows_mail_apps_by_their_name() -> None:
    def renamed(scenario: Any) -> None:
        scenario.email.name = "Email"

    assert noise(with_noise(stage(renamed), "pare")) == []


def test_conversations_without_messages_draw_nothing_in_the_schedule_of_pare() -> None:
    silent = copy.deepcopy(RAW["apps"])
    for chat in silent[0]["app_state"]["conversations"].values():
        chat["messages"] = []
    made = facts(with_noise(None, "pare", silent))
    assert made == facts(with_noise(None, "pare", n_message_events_per_conversation=0))
    assert made != facts(with_noise(None, "pare"))
