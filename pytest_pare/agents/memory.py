"""What a ReAct agent remembers, as the messages of its next request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, overload

from are.simulation.agents.default_agent.base_agent import (
    DEFAULT_STEP_2_MESSAGE,
    DEFAULT_STEP_2_ROLE,
    format_message,
)
from are.simulation.agents.llm.types import MessageRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from are.simulation.agents.agent_log import BaseAgentLog

# The answer before a call says the same.
_NOT_SENT = ("tool_call", "rationale", "action")
# ARE takes it out of results as well.
_ATTACHMENT = re.compile(r"<\|attachment:(\d+)\|>")
# The templates of these have no more than the content and the number; ARE's function looks for more each time.
_PLAIN = frozenset(
    kind for kind, text in DEFAULT_STEP_2_MESSAGE.items() if "{timestamp}" not in text and kind not in ("facts", "plan")
)
# Results of tools, and mistakes.
_COUNTED = ("observation", "error")


class Request(Sequence[dict[str, Any]]):
    """The messages of a request, which are never changed: where two requests have the same object, they are equal.

    Args:
        remembered: All messages but the last ones. More may be added to this list later, which are not of the request.
        *last: The last ones.
    """

    def __init__(self, remembered: list[dict[str, Any]], *last: dict[str, Any]) -> None:
        self._remembered = remembered
        self._count = len(remembered)
        self._last = last

    def __len__(self) -> int:
        return self._count + len(self._last)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self.since(0)[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.since(0))

    def since(self, index: int) -> list[dict[str, Any]]:
        """Return the messages from an index on."""
        return [*self._remembered[index : self._count], *self._last[max(index - self._count, 0) :]]

    def known_of(self, before: Request) -> int:
        """Return how many remembered messages an earlier request of the same memory has; 0 for another memory."""
        return before._count if before._remembered is self._remembered else 0

    @classmethod
    def of(cls, messages: Iterable[dict[str, Any]]) -> Request:
        """Return messages as a request: themselves if they are one, else copies."""
        if isinstance(messages, cls):
            return messages
        return cls([{"role": one["role"], "content": _unchanged(one["content"])} for one in messages])

    def copied(self) -> list[dict[str, Any]]:
        """Return the messages for an engine, which may change them."""
        return [message.copy() for message in self]


class Memory:
    """The messages of all logs of an agent.

    ARE's `BaseAgent.build_history_from_logs` makes the same messages, of all logs anew for each request.
    """

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        # The number of results of tools and errors, which ARE counts in their messages.
        self._outputs = 0

    def add(self, log: BaseAgentLog) -> None:
        """Add a log of ARE's own loop."""
        kind = log.get_type()
        if kind in DEFAULT_STEP_2_ROLE and kind not in _NOT_SENT:
            self.add_text(kind, log.get_content_for_llm(), log.timestamp)

    def add_text(self, kind: str, content: str | None, timestamp: float) -> None:
        """Add what a log says, without the log.

        Args:
            kind: The type of the log, such as `observation`.
            content: Its text.
            timestamp: The simulated time, in epoch seconds.
        """
        self._outputs += kind in _COUNTED
        if kind == "observation":
            content = _ATTACHMENT.sub("", content or "")
        elif not content:
            return
        if kind in _PLAIN:
            text = DEFAULT_STEP_2_MESSAGE[kind].format(content=content, i=self._outputs)
        else:
            text = format_message(DEFAULT_STEP_2_MESSAGE, kind, content, self._outputs, timestamp)
        self._messages.append(_message(DEFAULT_STEP_2_ROLE[kind], text))

    def request(self, situation: str) -> Request:
        """Return the next request.

        Args:
            situation: The text at its end, which is not remembered.
        """
        return Request(self._messages, _message(MessageRole.USER, f"{situation}\n"))


def _message(role: MessageRole, content: str) -> dict[str, Any]:
    return {"role": role, "content": content, "attachments": None}


def _unchanged(content: Any) -> Any:
    return content if isinstance(content, str) else deepcopy(content)
