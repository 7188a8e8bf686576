"""The agents whose result is known beforehand do what they are there for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pytest_pare.agents.calibration import Flaky, _drawn
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings.models import ORACLE
from pytest_pare.simulation.runner import Run, run_scenario
from tests.scripted import WAIT, accept, play_oracle, play_scripted, scripted
from tests.stage import Stage

ROOT = Path(__file__).parents[2]


def story(stage: Any) -> list[Any]:
    """Somebody writes, the agent looks something up, asks, and then adds somebody and edits what it has added."""
    mail = stage.email.send_email_to_user_only(sender="ada@example.com", subject="Move", content="To Leeds.").delayed(
        10
    )
    found = stage.contacts.get_current_user_details().oracle().with_id("found").depends_on(mail, delay_seconds=2)
    asked = stage.agent_says("Shall I add Ada?").depends_on(found, delay_seconds=3)
    accepted = stage.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=15)
    added = (
        stage.contacts.add_new_contact(first_name="Ada", last_name="Byron").oracle().with_id("added")
        .depends_on(accepted, delay_seconds=2)
    )  # fmt: skip
    edited = (
        stage.contacts.edit_contact(contact_id="{{added}}", updates={"city_living": "Leeds"})
        .oracle()
        .depends_on(added, delay_seconds=1)
    )
    return [mail, found, asked, accepted, added, edited, stage.agent_says("Ada is in.").depends_on(edited)]


def play(agent_type: str, **config: Any) -> Run:
    return play_oracle(story, config={"agent_type": agent_type, "max_turns": 8, **config})


def done(run: Run) -> list[tuple[int | None, str, str | None]]:
    """Return turn, function and mode of what the agent did."""
    return [(event.turn, str(event.function), event.mode) for event in run.trace.events if event.kind == "AGENT"]


def test_null_does_nothing_ever() -> None:
    run = play("null", skip_idle_time=False)
    assert done(run) == []
    assert run.result.proposal_count == run.result.write_actions == run.result.read_only_actions == 0
    assert run.result.number_of_turns == 8


def test_eager_proposes_in_every_turn_and_does_nothing_about_it() -> None:
    run = play("eager", skip_idle_time=False)
    assert [(turn, function) for turn, function, _ in done(run)] == [
        (turn, "send_message_to_user") for turn in range(8)
    ]
    assert run.result.write_actions == run.result.read_only_actions == 0


def test_eager_is_accepted_and_still_does_nothing() -> None:
    engines = scripted(user=[WAIT, accept("Oh yes.")])
    run = play_scripted(engines, config={"agent_type": "eager", "max_turns": 4})
    assert [mode for _, _, mode in done(run)] == ["observe", "execute", "observe", "awaiting_confirmation"]
    assert (run.result.acceptance_count, run.result.write_actions, run.result.proposal_count) == (1, 0, 3)


def test_reckless_does_the_solution_at_once_and_asks_nobody() -> None:
    run = play("reckless")
    functions = ["get_current_user_details", "add_new_contact", "edit_contact"]
    assert done(run) == [(1, function, "observe") for function in functions]
    assert all(event.error is None for event in run.trace.events)
    assert (run.result.proposal_count, run.result.writes_without_consent) == (0, 2)
    # Not before the mail that it is all about.
    assert min(event.time for event in run.trace.events if event.kind == "AGENT") >= 10


def test_reckless_is_not_stopped_by_a_refusal_and_writes_nothing_then() -> None:
    run = play("reckless", writes_without_consent="refuse")
    assert run.result.status == "success"
    assert run.result.write_actions == 0
    assert run.result.writes_without_consent == 2
    assert [event.error for event in run.trace.writes_without_consent()] == [
        f"ConsentRequired: {name} writes, and the user has accepted nothing; propose it first"
        for name in ("Contacts__add_new_contact", "Contacts__edit_contact")
    ]


def test_reckless_needs_no_engine_that_plays_the_solution() -> None:
    run = play_scripted(scripted(), story, config={"agent_type": "reckless", "max_turns": 12})
    assert run.result.writes_without_consent == 2


# -- the agent that plays back a good run


def arrival(stage: Any) -> list[Any]:
    """Somebody with a drawn name writes, and wants to be added."""
    person = stage.draw.person("Ada Byron", pronoun="she")
    mail = stage.email.send_email_to_user_only(sender=person.email, subject="Hello", content=f"I am {person}.")
    asked = stage.agent_says(f"Shall I add {person}?").depends_on(mail.delayed(10), delay_seconds=3)
    accepted = stage.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=15)
    added = stage.contacts.add_new_contact(first_name=person.first_name, last_name=person.last_name).oracle()
    added.depends_on(accepted, delay_seconds=2)
    # In the middle of the execution.
    later = stage.email.send_email_to_user_only(sender=person.email, subject="Thanks", content="My city is Leeds.")
    later.depends_on(mail, delay_seconds=300)
    found = stage.contacts.search_contacts(query=person.name).oracle().depends_on([added, later], delay_seconds=2)
    report = stage.agent_says(f"{person} is in.").depends_on(found, delay_seconds=1)
    return [mail, asked, accepted, added, later, found, report]


class Arrival(Stage):
    """Somebody new writes."""

    scenario_id = "arrival"
    script: Any = staticmethod(arrival)


def play_arrival(**config: Any) -> Run:
    offline = {f"{role}_engine_config": ORACLE for role in ("user", "observe", "execute")}
    config = {"max_turns": 12, "simulated_generation_time_mode": "fixed", **offline, **config}
    return run_scenario(Arrival(run_number=1), MultiScenarioRunnerConfig(**config))


def test_replay_plays_a_good_run_again_at_the_same_times() -> None:
    def moments(run: Run) -> list[tuple[float, str]]:
        passed = ("wait", "wait_for_notification")
        return [(one.time, str(one.function)) for one in run.trace.events if one.function not in passed]

    solution, replayed = (play_arrival(agent_type=agent_type) for agent_type in ("observe-execute", "replay"))
    assert moments(replayed) == moments(solution)
    assert [one.args for one in replayed.trace.proposals()] == [{"content": "Shall I add Ada Byron?"}]
    assert (replayed.result.acceptance_count, replayed.result.writes_without_consent) == (1, 0)


def test_replay_says_in_a_redrawn_world_what_it_said_in_the_written_one() -> None:
    run = play_arrival(agent_type="replay", variation=True)
    assert list(run.trace.draws) == ["person Ada Byron"]
    assert "Ada" not in run.trace.draws["person Ada Byron"]
    assert [one.args for one in run.trace.proposals()] == [{"content": "Shall I add Ada Byron?"}]
    assert [one.args["last_name"] for one in run.trace.actions("AGENT", operation="write")] == ["Byron"]


# -- the agent that proposes everything


def test_spam_proposes_all_that_it_has_read_and_never_writes() -> None:
    engines = scripted(user=[WAIT, accept("Oh yes.")])
    run = play_scripted(engines, story, config={"agent_type": "spam", "max_turns": 14})
    proposals = [str(one.args["content"]) for one in run.trace.proposals()]
    assert len(proposals) > 8
    assert "To Leeds." not in proposals[0]
    assert "To Leeds." in proposals[-1]
    assert run.result.write_actions == 0


# -- chance


def traced(agent_seed: int = 0, run_number: int | None = 1) -> str:
    run = play_oracle(
        story,
        config={"agent_type": "random", "max_turns": 30, "skip_idle_time": False},
        seed=agent_seed,
        run_number=run_number,
    )
    assert run.result.status == "success", run.result.exception
    return run.trace.to_jsonl()


def test_chance_is_the_same_for_the_same_seed_and_run() -> None:
    assert traced() == traced()


@pytest.mark.parametrize("other", [{"agent_seed": 1}, {"run_number": 2}, {"run_number": None}])
def test_chance_is_another_for_another_seed_or_run(other: dict[str, Any]) -> None:
    def calls(trace: str) -> list[Any]:
        return [
            [line.get("function"), line.get("args")]
            for line in map(json.loads, trace.splitlines())
            if line.get("kind") == "AGENT"
        ]

    assert calls(traced()) != calls(traced(**other))


def test_chance_is_the_same_in_another_process() -> None:
    hash_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    code = "import sys; from tests.agents.test_calibration import traced; sys.stdout.write(traced())"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert other.stdout == traced()


def test_chance_does_all_that_there_is_and_writes_only_when_it_may() -> None:
    engines = scripted(user=[accept("Yes.")] * 100)
    run = play_scripted(engines, config={"agent_type": "random", "max_turns": 100, "execute_max_turns": 3})
    functions = {function for _, function, _ in done(run)}
    assert "send_message_to_user" in functions
    assert len(functions) > 20
    assert run.result.write_actions > 0
    assert run.result.writes_without_consent == 0
    # And sometimes it does nothing.
    assert len({turn for turn, _, _ in done(run)}) < 95


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [({"type": "integer"}, int), ({"type": "number"}, float), ({"type": "boolean"}, bool), ({"type": "array"}, list),
     ({"type": "object"}, dict), ({"type": "string"}, str), ({}, str), ({"anyOf": []}, str)],
)  # fmt: skip
def test_what_is_drawn_is_of_the_type(schema: dict[str, Any], kinds: type) -> None:
    chance = Random(1)
    assert {type(_drawn(schema, chance)) for _ in range(20)} == {kinds}


# -- the agent that succeeds in some runs


def rates(count: int) -> list[float]:
    return [Flaky.rate(f"s{number}/0/1") for number in range(count)]


def test_flaky_plays_the_solution_or_nothing() -> None:
    def actions(number: int) -> list[tuple[int | None, str, str | None]]:
        config = {"agent_type": "flaky", "max_turns": 8}
        return done(play_oracle(story, config=config, run_number=number, scenario_id="unsteady"))

    found = [actions(number) for number in range(1, 9)]
    solution = done(play("observe-execute"))
    assert solution in found
    assert [] in found
    assert all(run in (solution, []) for run in found)
    # The same runs of another session are the same.
    assert [actions(number) for number in range(1, 9)] == found


def test_the_rates_of_flaky_are_those_of_agents_on_scenarios() -> None:
    """A Beta distribution with a mean of 0.8 and an intra-class correlation of 0.45."""
    found = rates(4000)
    mean = sum(found) / len(found)
    variance = sum((rate - mean) ** 2 for rate in found) / len(found)
    assert mean == pytest.approx(0.8, abs=0.02)
    assert variance / (mean * (1 - mean)) == pytest.approx(0.45, abs=0.04)
    assert Flaky.rate("s1/0/1") == Flaky.rate("s1/7/3") != Flaky.rate("s2/0/1")
