"""Plays the control agents on scenarios, whose results say how much the validators are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_pare.results.known_agents import KnownAgent, KnownAgents, Share
from pytest_pare.simulation.reference_run import reference_config
from pytest_pare.simulation.runner import run_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.run import Run

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

    def play(scenario_id: str, **changes: object) -> Run:
        scenario = classes[scenario_id](scenario_id=scenario_id)
        return run_scenario(scenario, plain.model_copy(update=changes), "warn")

    def shares(ids: Iterable[str], **changes: object) -> Share:
        verdicts = {scenario_id: play(scenario_id, **changes).success for scenario_id in ids}
        return Share(*(tuple(one for one, verdict in verdicts.items() if verdict is found) for found in (True, False)))

    solutions = {scenario_id: play(scenario_id) for scenario_id in sorted(classes)}
    playable = {scenario_id: run for scenario_id, run in solutions.items() if run.success}
    silent = [scenario_id for scenario_id, run in playable.items() if is_silent(run)]
    others = [scenario_id for scenario_id in playable if scenario_id not in silent]
    rows = [KnownAgent(agent, shares(silent, agent_type=agent), shares(others, agent_type=agent)) for agent in agents]
    if "replay" in agents:
        redrawn = {scenario_id: play(scenario_id, agent_type="replay", variation=True) for scenario_id in others}
        drawn = {scenario_id: run.success for scenario_id, run in redrawn.items() if run.trace.draws}
        found = Share(
            tuple(scenario_id for scenario_id, verdict in drawn.items() if verdict),
            tuple(scenario_id for scenario_id, verdict in drawn.items() if not verdict),
        )
        rows.append(KnownAgent("replay, redrawn", Share((), ()), found))
    return KnownAgents(tuple(rows), tuple(scenario_id for scenario_id in solutions if scenario_id not in playable))


def is_silent(run: Run) -> bool:
    """Return whether the agent of a run has neither proposed nor tried to write."""
    return not run.trace.proposals() and not run.trace.actions("AGENT", operation="write")
