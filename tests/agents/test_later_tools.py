"""Tests of turns whose tools are made when they are first used."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytest_pare.agents.protocols import ProactiveAgentMode, Turn
from pytest_pare.agents.tools import Tool, Toolbox


def turn_with(tools: Toolbox) -> Turn:
    return Turn(1, datetime(2025, 1, 6, tzinfo=UTC), ProactiveAgentMode.OBSERVE, None, (), tools, "x")


def test_tools_are_made_once_and_only_when_they_are_used() -> None:
    made = []

    def make() -> Toolbox:
        made.append(Toolbox([Tool.apart("wait", "Wait.", [], lambda _arguments: "done")], lambda _name: None))
        return made[-1]

    turn = turn_with(Toolbox([], lambda _name: None))
    given = copy(turn.with_tools_made_by(make))
    assert given.number == 1
    assert not made

    assert given.call("wait") == "done"
    assert given.tools is made[0]
    assert len(made) == 1
    with pytest.raises(AttributeError, match="'Turn' object has no attribute 'tool'"):
        _ = given.tool


def boxed(result: str) -> Toolbox:
    return Toolbox([Tool.apart("wait", "Wait.", [], lambda _arguments: result)], lambda _name: None)


def test_the_tools_of_the_run_are_those_of_a_turn_whose_own_nobody_has_used() -> None:
    of_run = boxed("run")
    first = turn_with(boxed("given"))
    assert first.tools_of_run is first.tools

    second = turn_with(boxed("given")).with_tools_made_by(lambda: boxed("turn"), lambda: of_run)
    assert second.tools_of_run is of_run
    # Whoever has used the tools of the turn may have changed them.
    second.tools["wait"] = second.tools["wait"].carried_out_by(lambda _arguments: "changed")
    assert second.tools_of_run is second.tools
    assert second.tools_of_run["wait"]() == "changed"

    third = replace(second, tools=boxed("x"))
    assert third.tools_of_run["wait"]() == "x"
