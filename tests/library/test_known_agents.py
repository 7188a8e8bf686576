"""The bundled library tells the control agents apart: each has the result that it must have."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_pare.results.known_agents import KnownAgent, KnownAgents, Share
from pytest_pare.scenarios.library import bundled_library_dir, bundled_split
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.known_agents import play_known_agents

LIBRARY = bundled_library_dir()
FAILURES = load_library(registry, LIBRARY)
# The smallest split: all scenarios would take half a minute; `pytest --pare-known-agents` plays them.
IDS = bundled_split("smoke").read_text(encoding="utf-8").split("\n")[1:-1]
CLASSES: dict[str, Any] = {one: registry.registered()[one] for one in IDS}


@pytest.fixture(scope="module")
def known() -> dict[str, KnownAgent]:
    table = play_known_agents(CLASSES, RunnerSettings())
    assert table.unplayable == ()
    assert all(len(line) <= 80 for line in table.lines())
    return {one.name: one for one in table.agents}


def test_only_doing_nothing_is_right_where_nothing_is_to_be_done(known: dict[str, KnownAgent]) -> None:
    assert known["null"].silent.failed == known["replay"].silent.failed == ()
    assert known["eager"].silent.succeeded == known["spam"].silent.succeeded == known["reckless"].silent.succeeded == ()


@pytest.mark.parametrize("agent", ["null", "eager", "spam", "reckless", "random"])
def test_no_simple_agent_succeeds_elsewhere(known: dict[str, KnownAgent], agent: str) -> None:
    assert known[agent].others.succeeded == ()
    assert known[agent].others.total > 0


def test_a_blind_replay_succeeds_in_the_same_world_only(known: dict[str, KnownAgent]) -> None:
    same, redrawn = known["replay"].others, known["replay, redrawn"].others
    assert len(same.failed) <= same.total * 0.05, same.failed
    assert len(redrawn.succeeded) <= redrawn.total * 0.05, redrawn.succeeded


def test_a_result_that_questions_a_validator_names_its_scenarios() -> None:
    table = KnownAgents(
        (
            KnownAgent("null", Share(("calm",), ("quiet",)), Share(("dinner", "taxi"), ("mail",))),
            KnownAgent("reckless", Share(("calm",), ("quiet",)), Share((), ("dinner",))),
            KnownAgent("replay", Share((), ()), Share(("mail",), ("dinner",))),
            KnownAgent("replay, redrawn", Share((), ()), Share(("taxi",), ("mail",))),
        ),
        ("broken",),
    )
    assert table.lines() == [
        "  Known agents                     stay silent          others",
        "    null                             1/2  50 %       2/3  67 %",
        "    reckless                         1/2  50 %       0/1   0 %",
        "    replay                                   -       1/2  50 %",
        "    replay, redrawn                          -       1/2  50 %",
        "    null fails (stay silent): quiet",
        "    null succeeds (others): dinner, taxi",
        "    reckless succeeds (stay silent): calm",
        "    replay fails (others): dinner",
        "    replay, redrawn succeeds (others): taxi",
        "    left out, the solution fails: broken",
    ]
    assert table.to_dict()["agents"][0] == {
        "agent": "null",
        "stay_silent": {"scenarios": 2, "succeeded": 1, "success_percent": 50.0},
        "others": {"scenarios": 3, "succeeded": 2, "success_percent": pytest.approx(66.67, abs=0.01)},
    }
    assert table.to_dict()["findings"] == table.findings()
