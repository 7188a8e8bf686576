"""The texts of states are those that `json` makes of the whole states, also after changes of the apps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.agent_user_interface import AUIMessage, Sender
from are.simulation.apps.email_client import Email, EmailClientApp, EmailFolderName
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare import apps
from pytest_pare.are import state_texts
from pytest_pare.are.state_copies import serialized
from pytest_pare.are.state_texts import StateTexts, state_text
from pytest_pare.are.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Mail(Email):
    more: Any = None


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    with World("texts").active():
        yield


def assert_same_texts(app: Any, texts: StateTexts) -> None:
    text = texts.of(app)
    assert "".join(text.pieces) == state_text(app) == json.dumps(json.loads(state_text(app)))
    assert text.length == len(state_text(app))


def test_changes_of_an_object_change_its_text() -> None:
    app, texts = apps.StatefulEmailApp(name="Mail"), StateTexts()
    assert_same_texts(app, texts)
    first, second = (Mail(email_id=name, subject='"é"', recipients=["ann@b.c"]) for name in "ab")
    for mail in (first, second):
        app.add_email(mail)
        assert_same_texts(app, texts)
    changes: list[tuple[str, Any]] = [
        ("is_read", True), ("timestamp", 3.5), ("attachments", {"a.txt": b"\xff"}),
        ("more", EmailFolderName.SENT), ("more", "SENT"), ("more", [Mail()]), ("more", {1: [None]}), ("more", None),
        ("own", "no field"),
    ]  # fmt: skip
    for name, value in changes:
        setattr(first, name, value)
        assert_same_texts(app, texts)
    first.recipients.append("bob@b.c")
    assert_same_texts(app, texts)
    app.folders[EmailFolderName.INBOX].remove_email(second)
    assert_same_texts(app, texts)


@given(
    st.lists(
        st.tuples(st.sampled_from(["insert", "remove", "move", "repeat", "change", "replace"]), st.integers(0, 9)),
        max_size=20,
    )
)
def test_texts_follow_objects_to_other_places(steps: list[tuple[str, int]]) -> None:
    with World("texts").active():
        app, texts = apps.PAREAgentUserInterface(), StateTexts()
        messages: list[Any] = app.messages
        for number, (step, place) in enumerate(steps):
            new = AUIMessage(Sender.USER, f"Message {number}", float(number))
            at = min(place, len(messages))
            if step == "insert" or at == len(messages):
                messages.insert(at, new)
            elif step == "remove":
                del messages[at]
            elif step == "move":
                messages.append(messages.pop(at))
            elif step == "repeat":
                messages.insert(0, messages[at])
            elif step == "change":
                messages[at].content += "!"
            else:
                messages[at] = new
            assert_same_texts(app, texts)


def test_a_text_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app, texts = apps.PAREAgentUserInterface(), StateTexts()
    app.messages += [AUIMessage(Sender.USER, f"Message {number}", float(number)) for number in range(5)]
    assert_same_texts(app, texts)
    made: list[Any] = []

    def noted(value: Any) -> Any:
        made.append(value)
        return serialized(value)

    monkeypatch.setattr(state_texts, "serialized", noted)
    app.messages.append(AUIMessage(Sender.AGENT, "New", 9.0))
    app.messages[1].sender = Sender.AGENT
    texts.of(app)
    assert made == [app.messages[1], app.messages[5]]


def test_the_state_of_an_own_method_is_that_which_it_returns() -> None:
    class Counting(EmailClientApp):
        def get_state(self) -> dict[str, Any]:
            return {"mails": sum(len(folder["emails"]) for folder in super().get_state()["folders"].values())}

    app = Counting()
    app.add_email(Email())
    assert "".join(StateTexts().of(app).pieces) == '{"mails": 1}'


def test_a_text_that_has_the_mark_is_no_place() -> None:
    app = apps.StatefulContactsApp(name="Contacts")
    app.view_limit = state_texts._MARK
    assert_same_texts(app, StateTexts())
