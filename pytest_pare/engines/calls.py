"""Asks an engine, and returns the call as a cassette has it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_pare.engines.cassette import Call, Message, fingerprint
from pytest_pare.engines.facts import Facts

if TYPE_CHECKING:
    from pytest_pare.engines.replay_engine import AskLive
    from pytest_pare.engines.steps import Role


def ask_engine(role: Role, turn: int, messages: list[Message], ask: AskLive) -> Call:
    """Return the call of an engine, without its messages.

    Args:
        role: The role of the engine.
        turn: The turn of the run.
        messages: The request.
        ask: Asks the engine.

    Raises:
        Exception: Whatever `ask` raises.
    """
    began = time.perf_counter()
    model, answer, metadata = ask()
    measured = time.perf_counter() - began
    facts = Facts.of(metadata)
    # The engine's own figure, if there is one, leaves out time in a queue and in failed requests.
    seconds = measured if facts.completion_duration is None else facts.completion_duration
    figures = (facts.prompt_tokens, facts.completion_tokens, facts.cost, seconds, facts.finish_reason)
    return Call(role, model, turn, fingerprint(messages), 0, (), answer, *figures)
