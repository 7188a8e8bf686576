"""Finds the recorded call that answers a request, and treats requests that differ from the recorded ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.engines import drift
from pytest_pare.engines.cassette import Message, fingerprint, messages_at
from pytest_pare.engines.errors import SET_LIVE, CassetteDrift, EngineConfigurationError
from pytest_pare.engines.matching import ContentIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.cassette import Call, Cassette, RequestInputs
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.engines.steps import Role

RECORD = "record it with --pare-record {} --pare-live"


class Replay:
    """The recorded calls of one run.

    Args:
        spec: Where the cassette is, and whether it is recorded or replayed.
        recorded: The cassette; `None` if there is none, or it is recorded anew.
        inputs: What the requests of this run depend on.
        turn: Returns the turn that is played.

    Attributes:
        has_left: Whether the run goes on without the recorded calls.
        warnings: Warnings about differences, a sentence each.
    """

    def __init__(
        self, spec: CassetteSpec, recorded: Cassette | None, inputs: RequestInputs, turn: Callable[[], int]
    ) -> None:
        self._spec = spec
        self._recorded = recorded
        self._inputs = inputs
        self._turn = turn
        self._warned: set[str] = set()
        self._by_content: dict[str, ContentIndex] = {}
        self.redactor = Redactor()
        self.has_left = False
        self.warnings: list[str] = []

    def at(self, role: Role, position: int, messages: list[Message]) -> Call | None:
        """Return the call of a role at a position; `None` if the live engine must answer.

        Args:
            role: The role that makes the request.
            position: The number of the request among those of the role, from 0.
            messages: The request.

        Raises:
            CassetteDrift: If the recorded request differs.
            EngineConfigurationError: If no answer was recorded, and no model may be called.
        """
        if self._recorded is None or self.has_left:
            return None
        calls = self._recorded.of(role)
        if position >= len(calls):
            self._missing(role, position)
            return None
        call = calls[position]
        if not self._is_same_engine(role, position) or call.fingerprint == fingerprint(messages):
            return None if self.has_left else call
        self._differs(role, position, calls[: position + 1], messages)
        return None if self.has_left else call

    def of_content(self, role: Role, key: str, messages: list[Message]) -> int | None:
        """Return the position of the call of a role with equal messages that was not taken before.

        The first of equal requests gets the first recorded answer, and so on. `None` if the live engine must answer.

        Args:
            role: The role that makes the request.
            key: The fingerprint of the request.
            messages: The request.

        Raises:
            CassetteDrift: If no such request was recorded.
            EngineConfigurationError: If all recorded answers were given, and no model may be called.
        """
        if self._recorded is None or self.has_left:
            return None
        calls = self._recorded.of(role)
        index = self._by_content.setdefault(role, ContentIndex(call.fingerprint for call in calls))
        taken = len(calls) - index.left
        found = index.take(key)
        if found is not None:
            self._is_same_engine(role, found)
            return None if self.has_left else found
        if self._spec.mode == "new":
            return None
        closest = index.first_left
        if closest is None:
            self._missing(role, taken)
            return None
        if self._is_same_engine(role, closest):
            self._differs(role, closest, calls[: closest + 1], messages)
        return None if self.has_left else index.take_at(closest)

    def untaken(self, role: Role) -> list[int]:
        """Return the positions of the calls of a role that `of_content` has not returned."""
        recorded = [] if self._recorded is None else self._recorded.of(role)
        return self._by_content.setdefault(role, ContentIndex(call.fingerprint for call in recorded)).all_left

    def _is_same_engine(self, role: Role, position: int) -> bool:
        assert self._recorded is not None
        before, now = self._recorded.ingredients.engines.get(role), self._inputs.engines[role]
        if before != now:
            self._drifted(role, position, [drift.engine_change(role, before or {}, now)])
        return before == now

    def _differs(self, role: Role, position: int, calls: list[Call], messages: list[Message]) -> None:
        assert self._recorded is not None
        lines = drift.difference(messages_at(calls), self.redactor.of_messages(messages))
        cause = drift.explain(self._recorded.ingredients, self._inputs, role)
        self._drifted(role, position, [cause, *lines])

    def _missing(self, role: Role, position: int) -> None:
        if self._spec.mode == "new":
            return
        if not self._spec.rerecords:
            raise EngineConfigurationError(
                f"turn {self._turn()}: {self._spec.name} has no call {position + 1} of role {role}; "
                f"{RECORD.format('new')}, or everything anew with --pare-record all"
            )
        self._leave(f"call {position + 1} of role {role} was not recorded")

    def _drifted(self, role: Role, position: int, explanation: list[str]) -> None:
        cause, *lines = explanation
        name, where = self._spec.name, f"call {position + 1} of role {role} is not as recorded"
        if self._spec.rerecords:
            self._leave(f"{where}: {cause}")
        elif self._spec.on_drift != "warn":
            text = [f"turn {self._turn()}, {where}: {cause}", ", ".join([f"in {name}", *lines[:1]]), *lines[1:]]
            if self._spec.on_drift == "rerecord":
                text.append(f"on_drift: rerecord calls a model, {SET_LIVE}")
            else:
                text.append("record it anew with --pare-record all --pare-live")
            raise CassetteDrift("\n".join(text))
        elif role not in self._warned:
            self._warned.add(role)
            self.warnings.append(
                f"{name}: turn {self._turn()}, {where}: {cause}; the recorded answers were taken nevertheless"
            )

    def _leave(self, why: str) -> None:
        """Continue the run without the recorded calls."""
        self.has_left = True
        self.warnings.append(f"{self._spec.name}: turn {self._turn()}, recorded anew from here on: {why}")


class Redactor:
    """Returns messages without their secrets."""

    def __init__(self) -> None:
        # Cached, because a request shares most of its messages with the one before.
        self._redacted: dict[str, Any] = {}

    def of_messages(self, messages: list[Message]) -> list[Message]:
        """Return messages without their secrets."""
        return [Message(message.role, self._of(message.content)) for message in messages]

    def _of(self, content: Any) -> Any:
        is_text = isinstance(content, str)
        text = content if is_text else json.dumps(content, ensure_ascii=False)
        # JSON and text that look alike have different secrets.
        key = f"{is_text:d}{text}"
        if key not in self._redacted:
            clean = redacted(text)
            # A search of the whole is much faster than one of each of its texts, and most have no secret.
            self._redacted[key] = clean if is_text else content if clean == text else redacted_plain(content)
        return self._redacted[key]
