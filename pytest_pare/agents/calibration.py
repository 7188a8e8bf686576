"""Agents whose result is known beforehand: they tell whether scenarios and their verdicts are any good.

No scenario that asks for something may succeed with any of them.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

from pytest_pare.agents.protocols import ProactiveAgentMode

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.agents.tools import Tool
    from pytest_pare.engines.reference import Reference

_WORDS = ("today", "tomorrow", "dinner", "2025-01-06 10:00:00", "john@pare.com", "1")


def null(turn: Turn) -> None:
    """Do nothing, ever."""
    turn.wait()


def eager(turn: Turn) -> None:
    """Propose in every turn, whatever happens; and do nothing about it."""
    turn.propose("Is there anything that I can do for you?")


class Reckless:
    """Does what the scenario's solution does after it was accepted, as soon as it can be done, and never asks.

    Args:
        reference: The scenario's solution.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        while (step := self._reference.next_unasked()) is not None:
            arguments = self._reference.play(step)
            # What a reckless agent is told does not stop it.
            with suppress(Exception):
                turn.tools.of(step.app_name, step.function)(**arguments)


class RandomAgent:
    """Waits, proposes and calls tools by chance; what writes, only with the user's consent.

    The chance is a generator that the scenario, its seed and the run's number seed.
    """

    def __init__(self) -> None:
        self._random: Random | None = None

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        chance = self._random = self._random or Random(f"random/{turn.scenario_seed}")  # noqa: S311 - reproducible on purpose
        match chance.randrange(4):
            case 0:
                turn.wait()
            case 1:
                turn.propose(f"Shall I see to it {chance.choice(_WORDS)}?")
            case _:
                may_write = turn.mode is ProactiveAgentMode.EXECUTE
                tools = [tool for tool in turn.tools.values() if tool.app and not tool.is_interface]
                _try(chance.choice([tool for tool in tools if may_write or tool.operation == "read"]), chance)


def _try(tool: Tool, chance: Random) -> None:
    parameters = tool.parameters
    arguments = {name: _drawn(parameters["properties"][name], chance) for name in parameters["required"]}
    # Most of what is drawn makes no sense.
    with suppress(Exception):
        tool(**arguments)


def _drawn(schema: dict[str, Any], chance: Random) -> Any:
    match schema.get("type"):
        case "integer":
            return chance.randrange(10)
        case "number":
            return float(chance.randrange(100))
        case "boolean":
            return chance.random() < 0.5
        case "array":
            return [chance.choice(_WORDS)]
        case "object":
            return {}
    return chance.choice(_WORDS)
