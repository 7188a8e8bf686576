"""An agent in JavaScript, written from the page about the protocol alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.clients.fake_host import Failed, FakeHost, Refused, tool

AGENT = Path(__file__).parents[1] / "data" / "programs" / "agent.mjs"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="there is no `node`; `.ci/run` installs it")
pytestmark = needs_node


@pytest.fixture
def program() -> Any:
    with FakeHost(AGENT, (str(NODE),)) as started:
        yield started


def test_it_is_as_short_as_the_manual_says() -> None:
    assert len(AGENT.read_text(encoding="utf-8").splitlines()) <= 60


def test_it_proposes_and_carries_out(program: FakeHost) -> None:
    card = {"contact_id": "elena-rossi", "phone": "+39 1"}

    def answer(method: str, params: dict[str, Any]) -> Any:
        return {"result": [card] if params.get("name") == "Contacts__search_contacts" else None}

    text = "Message from Elena Rossi: my number\u2028 is +39 2"
    news = {"time": "2025-01-08T09:00:00+00:00", "kind": "user_message", "text": text}
    proposal = {"text": "A new number from Elena Rossi: +39 2, not +39 1. Shall I change it?", "turn": 0}
    for _ in range(2):
        program.start()
        program.send({"method": "a/notification"})
        program.seen.clear()
        program.turn(answer, tools=[tool("Contacts__search_contacts")], notifications=[news])
        program.turn(answer, number=1)
        program.turn(answer, number=2, mode="execute", proposal={**proposal, "status": "accepted", "reply": None})
        program.request("run/end", {"reason": "done"})
        found = {"name": "Contacts__search_contacts", "arguments": {"query": "Elena Rossi"}}
        edit = {"contact_id": "elena-rossi", "updates": {"phone": "+39 2"}}
        assert program.seen == [
            ("tools/call", found),
            ("propose", {"text": proposal["text"]}),
            ("tools/call", found),
            ("tools/call", {"name": "Contacts__edit_contact", "arguments": edit}),
            ("report", {"text": "Elena Rossi has the new number now."}),
        ]
    assert program.request("shutdown", {}) == {}
    assert program.close() == 0
    assert program.stderr == ""


@pytest.mark.parametrize(("code", "is_failure"), [(-32001, True), (-32006, False)])
def test_it_fails_with_a_tool_and_ends_with_a_turn(program: FakeHost, code: int, is_failure: bool) -> None:
    def refuse(_method: str, _params: dict[str, Any]) -> None:
        raise Refused(code, "no contacts", "ValueError")

    news = {"time": "2025-01-08T09:00:00+00:00", "kind": "user_message", "text": "from Elena Rossi: +39 2"}
    program.start()
    if is_failure:
        with pytest.raises(Failed, match=f"^{re.escape('ValueError: no contacts')}$"):
            program.turn(refuse, tools=[], notifications=[news])
    else:
        assert program.turn(refuse, tools=[], notifications=[news]) == {}
