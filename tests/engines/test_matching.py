"""Requests of agents, matched by their content: parallel conversations, retries, and the order of a cassette."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.engines.cassette import Cassette, Message, RequestInputs, fingerprint
from pytest_pare.engines.matching import Asked, Requests, in_order
from pytest_pare.engines.recorder import CassetteSpec, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable

ENGINES: dict[str, dict[str, Any]] = {"agent": {"model": "m-2025-01-01", "provider": None, "options": {}}}
INPUTS = RequestInputs("1", "1", ENGINES, {}, {}, "", "")

# Conversations of the same name ask the same questions.
NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=5)
QUESTIONS = 3


class Conversations:
    """Conversations that are held at the same time, in a turn each half of the questions."""

    def __init__(self, names: list[str], recorder: Recorder) -> None:
        self._names = names
        self._recorder = recorder
        self._numbers = itertools.count()
        self._messages = [[Message("user", f"{name}: question 1")] for name in names]
        self._waiting: list[Asked | None] = [None] * len(names)
        self._requests = Requests()
        self.asked: list[Asked] = []
        self.answers: list[list[str]] = [[] for _ in names]

    def go_on(self, index: int, *, is_retry: bool = False) -> None:
        """Ask the next question of a conversation, or take the answer to the last one."""
        asked = self._waiting[index]
        messages = self._messages[index]
        if asked is None:
            if len(self.answers[index]) < QUESTIONS:
                asked, is_new = self._requests.arrived(fingerprint(messages), list(messages), 0, is_retry=False)
                assert is_new
                self.asked.append(asked)
                self._waiting[index] = asked
                if is_retry:
                    again = self._requests.arrived(asked.key, list(messages), 0, is_retry=True)
                    assert again == (asked, False)
            return
        answer = json.dumps({"answer": next(self._numbers)})
        call = self._recorder.answer_by_content(asked, lambda: ("m", answer, None))
        self._requests.answered(asked, call)
        self._waiting[index] = None
        self.answers[index].append(call.answer)
        messages += [Message("assistant", call.answer), Message("user", f"question {len(self.answers[index]) + 1}")]

    def hold(self, order: Iterable[int], retries: frozenset[int]) -> Counter[tuple[str, tuple[str, ...]]]:
        """Hold all conversations to their ends, and return what each was answered."""
        for step, index in enumerate(order):
            self.go_on(index % len(self._names), is_retry=step in retries)
        for index in range(len(self._names)):
            for _ in range(2 * QUESTIONS):
                self.go_on(index)
        return Counter((name, tuple(answers)) for name, answers in zip(self._names, self.answers, strict=True))


def recorder(path: Path, mode: str) -> Recorder:
    spec = CassetteSpec(path, "once" if mode == "record" else "none")
    return Recorder(spec, "stage", None, INPUTS, lambda: 0)


ORDERS = st.lists(st.integers(min_value=0, max_value=9), max_size=40)
RETRIES = st.frozensets(st.integers(min_value=0, max_value=39), max_size=5)


@given(names=NAMES, recorded=ORDERS, replayed=ORDERS, retries=RETRIES)
def test_any_interleaving_of_parallel_conversations_is_replayed(
    names: list[str], recorded: list[int], replayed: list[int], retries: frozenset[int]
) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "cassettes" / "stage.jsonl"
        first = recorder(path, "record")
        answers = Conversations(names, first).hold(recorded, retries)
        first.finish(None, is_whole=True)
        cassette = Cassette.read(path)
        assert cassette is not None
        again = Conversations(names, recorder(path, "replay"))
        assert again.hold(replayed, retries) == answers
        # A trace has the order of the cassette.
        assert [one.key for one in in_order(again.asked)] == [call.fingerprint for call in cassette.of("agent")]


@given(names=NAMES.flatmap(lambda names: st.tuples(st.just(names), st.permutations(range(len(names))))))
def test_requests_at_the_same_time_have_one_order(names: tuple[list[str], list[int]]) -> None:
    def keys(order: Iterable[int]) -> list[str]:
        held = Conversations(names[0], recorder(Path("/nowhere/cassettes/stage.jsonl"), "record"))
        for index in [*order, *order]:
            held.go_on(index)
        return [one.key for one in in_order(held.asked)]

    assert keys(names[1]) == keys(range(len(names[0])))


def test_a_conversation_after_another_one_stays_behind_it() -> None:
    held = Conversations(["b", "a"], recorder(Path("/nowhere/cassettes/stage.jsonl"), "record"))
    held.hold([0] * 6, frozenset())
    assert in_order(held.asked) == held.asked


def test_a_cassette_has_each_text_of_parallel_conversations_once(tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"
    first = recorder(path, "record")
    # In turns: the first one ends when the other has begun to wait, and so on.
    Conversations(["a", "b"], first).hold([0, 1, 0, 0, 1, 1, 0, 0, 1, 1], frozenset())
    first.finish(None, is_whole=True)
    text = path.read_text()
    assert [text.count(f"{name}: question 1") for name in "ab"] == [1, 1]
    cassette = Cassette.read(path)
    assert cassette is not None
    assert [call.kept for call in cassette.of("agent")] == [0, 1, 3, 0, 1, 3]


def test_a_thread_that_asks_while_the_cassette_is_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"
    first = recorder(path, "record")
    Conversations(["a", "b"], first).hold([], frozenset())
    first.finish(None, is_whole=True)
    recorded = path.read_bytes()

    again = Recorder(CassetteSpec(path, "new"), "stage", None, INPUTS, lambda: 0)
    held = Conversations(["a", "new"], again)
    held.go_on(0)
    held.go_on(1)
    held.go_on(1)
    late = threading.Thread(target=held.go_on, args=[0])
    inputs_with = Recorder._inputs_with

    def begin_and_go_on(self: Recorder, left: list[Any]) -> RequestInputs:
        late.start()
        late.join(0.2)
        return inputs_with(self, left)

    monkeypatch.setattr(Recorder, "_inputs_with", begin_and_go_on)
    again.finish(OSError("cut short"), is_whole=False)
    late.join()
    cassette = Cassette.read(path)
    assert cassette is not None
    assert len(cassette.of("agent")) == 2 * QUESTIONS + 1
    assert path.read_bytes() != recorded
