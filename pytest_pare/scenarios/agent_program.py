"""The setting `agent`: a program as the agent under test."""

import json
from pathlib import PurePath
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_pare.base.redaction import add_secret, names_secret
from pytest_pare.scenarios.fields import FilePath, Name, Value

_Wait = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AgentProgram(Value):
    """A program that is the agent under test, in an environment, container or language of its own.

    It speaks the protocol of `docs/agent-protocol.md` on its standard input and output.
    """

    command: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        description="The program and its arguments, as a list. A program with a slash is relative to `cwd`."
    )
    cwd: FilePath = Field(default=".", description="The directory that it runs in, relative to the suite file.")
    env: dict[Name, str] = Field(default={}, description="Environment variables that are set for it.")
    pass_env: tuple[Name, ...] = Field(
        default=(),
        description="Environment variables that it gets although their names look like those of secrets.",
    )
    name: Name | None = Field(default=None, description="Its name in reports; null is the name of its file.")
    start_timeout: _Wait = Field(default=60.0, description="Longest start in seconds of real time.")
    turn_timeout: _Wait = Field(
        default=600.0,
        description="Longest turn in seconds of real time, without that of its model at the run's endpoint; a program "
        "that takes longer has failed, and is ended.",
    )

    @field_validator("command", "pass_env", mode="before")
    @classmethod
    def _read_list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _redact_secrets(self) -> Self:
        for name, value in self.env.items():
            if names_secret(name):
                add_secret(value)
        return self

    @property
    def label(self) -> str:
        """Its name in reports: `name`, or that of the first argument that names a file, or of the program."""
        files = [one for one in self.command[1:] if PurePath(one).suffix and not one.startswith("-")]
        return self.name or PurePath((files or [self.command[0]])[0]).name


def type_of_program(program: AgentProgram, agent_type: str | None) -> str:
    """Return the `agent_type` of a run with a program.

    Args:
        program: The program.
        agent_type: The `agent_type` that is set beside it; `None` for none.

    Raises:
        PydanticCustomError: If that is another agent.
    """
    own = f"program:{program.label}"
    if agent_type not in (None, own):
        raise PydanticCustomError(
            "two_agents",
            "the agent is a program (agent) and {agent_type} (agent_type); leave one out",
            {"agent_type": json.dumps(agent_type), "keys": ("agent",)},
        )
    return own
