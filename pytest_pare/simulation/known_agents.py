"""Plays the control agents on scenarios, whose results say how much the validators are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_pare.results.known_agents import KnownAgent, KnownAgents, Share
from pytest_pare.simulation.reference_run import Solution, reference_config
from pytest_pare.simulation.runner import run_scenario, solution_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario

AGENTS: Final = ("null", "eager", "spam", "reckless", "random", "replay")
"""The agents, in the order of the table."""


def play_known_agents(
    classes: Mapping[str, type[PAREScenario]], config: ScenarioRunnerConfig, agents: Iterable[str] = AGENTS
) -> KnownAgents:
    """Play each control agent once on each scenario, with the oracle engine as the user and without noise.

    Scenarios whose solution neither proposes nor writes count as those where the right thing is to stay silent. The
    agent `replay` plays redrawn worlds as well, of the other scenarios that declare draws.

    Args:
        classes: The scenarios by id.
        config: The limits of the runs.
        agents: The agent types.
    """
    plain = reference_config(config)

    def solution(scenario_id: str) -> Solution:
        try:
            return solution_of(classes[scenario_id](scenario_id=scenario_id), plain)
        except Exception:  # noqa: BLE001 - a scenario's constructor may raise anything; its own run reports that
            return Solution(success=False, is_silent=False, calls=())

    def play(ids: Iterable[str], agent: str, *, variation: bool = False) -> dict[str, bool]:
        changed = plain.model_copy(update={"agent_type": agent, "variation": variation})
        runs = ((one, run_scenario(classes[one](scenario_id=one), changed, "warn", details="none")) for one in ids)
        return {scenario_id: run.success for scenario_id, run in runs if run.trace.draws or not variation}

    solutions = {scenario_id: solution(scenario_id) for scenario_id in sorted(classes)}
    silent = [scenario_id for scenario_id, one in solutions.items() if one.success and one.is_silent]
    others = [scenario_id for scenario_id, one in solutions.items() if one.success and not one.is_silent]
    rows = [KnownAgent(agent, _share(play(silent, agent)), _share(play(others, agent))) for agent in agents]
    if "replay" in agents:
        rows.append(KnownAgent("replay, redrawn", Share((), ()), _share(play(others, "replay", variation=True))))
    return KnownAgents(tuple(rows), tuple(scenario_id for scenario_id, one in solutions.items() if not one.success))


def _share(verdicts: Mapping[str, bool]) -> Share:
    succeeded = tuple(scenario_id for scenario_id, success in verdicts.items() if success)
    return Share(succeeded, tuple(scenario_id for scenario_id in verdicts if scenario_id not in succeeded))
