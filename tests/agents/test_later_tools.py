"""Tests of turns whose tools are made when they are first used."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime

import pytest

from pytest_pare.agents.protocols import ProactiveAgentMode, Turn
from pytest_pare.agents.tools import Tool, Toolbox


def test_tools_are_made_once_and_only_when_they_are_used() -> None:
    made = []

    def make() -> Toolbox:
        made.append(Toolbox([Tool.apart("wait", "Wait.", [], lambda _arguments: "done")], lambda _name: None))
        return made[-1]

    turn = Turn(
        1, datetime(2025, 1, 6, tzinfo=UTC), ProactiveAgentMode.OBSERVE, None, (), Toolbox([], lambda _name: None), "x"
    )
    given = copy(turn.with_tools_made_by(make))
    assert given.number == 1
    assert not made

    assert given.call("wait") == "done"
    assert given.tools is made[0]
    assert len(made) == 1
    with pytest.raises(AttributeError, match="'Turn' object has no attribute 'tool'"):
        _ = given.tool
