"""Thoughts in front of an answer are no part of it, and an answer that breaks off in one says nothing from there on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.engines.thoughts import without_thoughts

SAY = {"action": "PAREAgentUserInterface__send_message_to_user", "action_input": {"content": "<think> or </think>?"}}
PLAIN = 'Thought: ok\nAction:\n{"action": "wait", "action_input": {}}<end_action>'
ANSWER = f"Thought: ok\nAction:\n{json.dumps(SAY)}<end_action>"


@pytest.mark.parametrize("tag", ["think", "THINK", "Think", "thinking", "Thinking"])
@pytest.mark.parametrize("before", ["", " ", "\n\n", "\t\r\n"])
@pytest.mark.parametrize("thought", ["", "Action: no", "one\n\nAction:\n{}\n"])
def test_a_closed_thought_is_left_out(tag: str, before: str, thought: str) -> None:
    assert without_thoughts(f"{before}<{tag}>{thought}</{tag}>\n\n{ANSWER}") == (ANSWER, False)


@pytest.mark.parametrize("tag", ["think", "THINK", "thinking"])
@pytest.mark.parametrize("before", ["", " ", "\n\n"])
def test_a_thought_that_has_no_end_is_no_answer(tag: str, before: str) -> None:
    assert without_thoughts(f"{before}<{tag}>One way is\n{PLAIN}") == ("", True)
    assert without_thoughts(f"{before}<{tag}>One.</{tag}>{before}<{tag}>Two.\n{PLAIN}") == ("", True)


@pytest.mark.parametrize(
    ("answer", "text", "is_open"),
    [
        (f"<think>a</think><thinking>b</thinking>\n{ANSWER}", ANSWER, False),
        (f"<think>a</thinking>{ANSWER}", ANSWER, False),
        ("<think>only that</think>", "", False),
        (f"I had better look.\nAction: look\n</think>\n\n{ANSWER}", ANSWER, False),
        (f"I had better look.\n</THINK> {ANSWER}", ANSWER, False),
        (f"Well.\n  <think>\n{PLAIN}", "Well.\n", True),
        (f"Well.\n<think>a</think>\n{ANSWER}", f"Well.\n<think>a</think>\n{ANSWER}", False),
        (f"{ANSWER}\n<think>done</think>\n", f"{ANSWER}\n<think>done</think>\n", False),
        ("the tag <think> is not closed", "the tag <think> is not closed", False),
        (ANSWER, ANSWER, False),
        (f"\n{ANSWER}", f"\n{ANSWER}", False),
        ("", "", False),
    ],
)
def test_what_is_a_thought(answer: str, text: str, is_open: bool) -> None:
    assert without_thoughts(answer) == (text, is_open)


PIECES = st.lists(st.sampled_from(["<think>", "</think>", "<THINKING>", "</Thinking>", "\n", " ", "Action: x", "a"]))


@given(PIECES)
def test_no_action_of_an_open_thought_is_left(pieces: list[str]) -> None:
    thought = "".join(piece for piece in pieces if not piece.startswith("</"))
    assert "Action" not in without_thoughts(f"<think>{thought}Action: x")[0]


@given(PIECES)
def test_what_is_left_is_the_end_of_the_answer_or_what_stands_before_an_open_thought(pieces: list[str]) -> None:
    answer = "".join(pieces)
    text, is_open = without_thoughts(answer)
    assert text in answer
    assert is_open or answer.endswith(text)
    assert not text.lstrip().lower().startswith(("<think>", "<thinking>")) or "</" in text
