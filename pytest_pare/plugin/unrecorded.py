"""Finds runs with a cassette that has nothing of their agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.scenarios.agent_type import is_own_agent

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.simulation.runner import Run


def nothing_recorded(
    config: MultiScenarioRunnerConfig, agent: ProactiveAgent | None, cassette: CassetteSpec | None, run: Run
) -> str | None:
    """Return why the cassette of a run holds no call of its agent's model; `None` if it does, or need not.

    The text is the same for all runs of a suite: pytest shows equal warnings once, with the tests.
    """
    if cassette is None or config.oracle or not is_own_agent(config.agent_type, agent) or not run.trace.turns:
        return None
    if config.agent_engine_config is None:
        return (
            "the suite has cassettes, and what the agent asks of its model is not in them: set "
            "runner.agent_engine_config to the model, and let the agent ask it at turn.models, or at OPENAI_BASE_URL "
            "with OPENAI_API_KEY"
        )
    if not config.agent_engine_config.is_live or any(call.role == "agent" for call in run.trace.calls):
        return None
    return (
        "nothing of the agent is recorded: it made no request to the endpoint of its model; let it ask at turn.models, "
        "or at OPENAI_BASE_URL with OPENAI_API_KEY"
    )
