"""The setting `agent_type`: which agent is tested."""

import json
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from pytest_pare.base.extensions import BUILT_IN, named
from pytest_pare.scenarios.fields import without_references

AGENT_TYPES = tuple(BUILT_IN["agent"])
"""The built-in agents."""


def is_own_agent(agent_type: str, agent: object) -> bool:
    """Return whether the agent under test is not a built-in one.

    Args:
        agent_type: The setting of the run.
        agent: The agent that takes precedence over it, such as that of a fixture; `None` without one.
    """
    return agent is not None or agent_type not in AGENT_TYPES


def _known_agent(agent_type: str) -> str:
    module, colon, name = agent_type.partition(":")
    if agent_type not in named("agent") and not (module and colon and name):
        raise PydanticCustomError(
            "agent_type",
            "must be {built_in}, or module:name of an agent of your own, got {given}",
            {"built_in": ", ".join(named("agent")), "given": json.dumps(agent_type)},
        )
    return agent_type


# YAML reads the name of the agent `null` as None.
AgentType = Annotated[
    str,
    BeforeValidator(lambda name: "null" if name is None else name),
    AfterValidator(without_references),
    AfterValidator(_known_agent),
]
