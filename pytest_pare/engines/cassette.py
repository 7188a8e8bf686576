"""Cassettes: the recorded engine calls of a run, in a file.

The first line names the run and what its requests depend on. Each further line is a call: the messages that are new in
the request, and the answer. So a file has each text once, and a change of a prompt is a change of one line.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.base.records import Amount, Count, from_fields
from pytest_pare.base.redaction import redacted_plain
from pytest_pare.base.run_files import write_whole
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FORMAT = "pytest-pare/cassette"
_VERSION = 1


class Message(NamedTuple):
    """A message of a request.

    Attributes:
        role: `system`, `user` or `assistant`; in requests of an agent also `request`, for the options, and the other
            roles and types of items in OpenAI's formats.
        content: The text; in requests of an agent also plain data.
    """

    role: str
    content: Any

    @classmethod
    def of(cls, message: dict[str, Any]) -> Message:
        """Return a message that an engine gets."""
        role = message["role"]
        # The value of an enum's member, without two calls.
        return cls(str(getattr(role, "_value_", role)), message["content"])


def fingerprint(messages: Iterable[Message]) -> str:
    """Return the fingerprint of a request: 16 hex digits of the SHA-256 of the roles and texts of all its messages."""
    text = f"[{','.join(map(message_text, messages))}]"
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def message_text(message: Message) -> str:
    """Return the role and the content of a message as the JSON that a fingerprint is made of."""
    role, content = message
    if type(role) is str and type(content) is str:
        # The same text, and faster.
        return f"[{encode_basestring(role)},{encode_basestring(content)}]"
    return json.dumps([role, content], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Call:
    """A call of an engine.

    Attributes:
        role: The role of the engine.
        model: The engine's own name for its model.
        turn: The turn of the run.
        fingerprint: The fingerprint of the request, with its secrets.
        kept: How many messages of the role's last request the request begins with.
        added: The messages after these.
        answer: The answer.
        prompt_tokens: Tokens of the request, if the engine reports them.
        completion_tokens: Tokens of the answer, if the engine reports them.
        cost: US dollars, if the price is known.
        seconds: Real time that the answer took.
        finish_reason: Why the answer ended, if the engine reports it; cassettes of earlier versions do not have it.
    """

    role: str
    model: str
    turn: Count
    fingerprint: str
    kept: Count
    added: tuple[Message, ...]
    answer: str
    prompt_tokens: Count | None
    completion_tokens: Count | None
    cost: Amount | None
    seconds: Amount
    finish_reason: str | None = None


@dataclass(frozen=True)
class RequestInputs:
    """What the requests and answers of a run depend on; a hash where only equality matters.

    Attributes:
        package: Version of pytest-pare.
        prompts: Version of the prompts.
        engines: Role to model, provider and options of its engine.
        tools: Name of a tool to a hash of its name, description and arguments.
        apps: Name of an app to a hash of its content at the beginning.
        events: A hash of the script.
        goal: A hash of the user's goal.
    """

    package: str
    prompts: str
    engines: dict[str, dict[str, Any]]
    tools: dict[str, str]
    apps: dict[str, str]
    events: str
    goal: str


@dataclass(frozen=True)
class Cassette:
    """The recorded engine calls of a run.

    Attributes:
        scenario_id: The scenario.
        run_number: Number of the run; `None` where the scenario is run once.
        variant: The variant of the run; empty for none.
        suite: The suite file of the run, by its path from the cassette's directory; empty for none.
        ingredients: What the requests of the run depended on.
        calls: The calls, in order.
    """

    scenario_id: str
    run_number: Count | None
    variant: str
    suite: str
    ingredients: RequestInputs
    calls: tuple[Call, ...] = field(default=(), repr=False)

    def of(self, role: str) -> list[Call]:
        """Return the calls of a role."""
        return [call for call in self.calls if call.role == role]

    def answers(self, role: str) -> list[str]:
        """Return the answers of a role's engine; the scripted engine can play them."""
        return [call.answer for call in self.of(role)]

    def to_text(self) -> str:
        """Return the text of the file, without secrets."""
        header = {"format": _FORMAT, "version": _VERSION, **vars(self), "calls": None}
        ingredients = vars(self.ingredients).copy()
        # The hash of a tool named get_password is no secret.
        hashes = {name: ingredients.pop(name) for name in ("tools", "apps")}
        header = {**_without_secrets({**header, "ingredients": ingredients}), "calls": len(self.calls)}
        header["ingredients"] |= hashes
        calls = (_without_secrets(vars(call)) for call in self.calls)
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *calls)]
        # Half of a surrogate pair, which UTF-8 cannot encode, becomes its JSON escape.
        return "".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_text(cls, text: str) -> Cassette:
        """Return the cassette of a text that `to_text` has made.

        Raises:
            ValueError: If the text is no cassette, is not complete, or has another version.
        """
        # `splitlines` would also break at other characters than a line feed.
        first, *rest = text.removesuffix("\n").split("\n")
        try:
            header: dict[str, Any] = json.loads(first)
            if header.pop("format") != _FORMAT:
                raise ValueError  # noqa: TRY301
        except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
            raise ValueError(f"the first line must be a JSON object with the format {_FORMAT!r}") from None
        version, count = header.pop("version", None), header.pop("calls", None)
        if version != _VERSION:
            raise ValueError(f"it is of version {version!r}; this version of pytest-pare reads version {_VERSION}")
        calls = []
        for number, line in enumerate(rest, start=2):
            try:
                calls.append(_call(_object(line)))
            except ValueError as error:
                raise ValueError(f"line {number} is no call: {error}") from None
        if count != len(calls):
            raise ValueError(f"it has {len(calls)} of {count!r} calls")
        try:
            return _cassette({**header, "calls": tuple(calls)})
        except ValueError as error:
            raise ValueError(f"the first line is not as this version writes it: {error}") from None

    def write(self, path: Path) -> None:
        """Write the file at once as a whole.

        Raises:
            OSError: If it cannot be written.
        """
        write_whole(path, self.to_text())

    @classmethod
    def read(cls, path: Path) -> Cassette | None:
        """Return the cassette in a file; `None` if there is no file.

        Raises:
            EngineConfigurationError: If the file cannot be read, or is no cassette.
        """
        try:
            return cls.from_text(path.read_bytes().decode("utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise EngineConfigurationError(f"the cassette {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error
            raise EngineConfigurationError(
                f"{path} is not a cassette: {reason}; delete it, or record it anew with --pare-record all --pare-live"
            ) from error


def suite_of(path: Path) -> str | None:
    """Return the suite that a file names; `None` if the file is no cassette, or names none."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        return str(header["suite"]) or None if header["format"] == _FORMAT else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def messages_at(calls: Iterable[Call]) -> list[Message]:
    """Return all messages of the last of a role's calls.

    Args:
        calls: The calls of the role, from the first one on.
    """
    messages: list[Message] = []
    for messages in requests_of(calls):  # noqa: B007 - the last one is returned
        pass
    return messages


def requests_of(calls: Iterable[Call]) -> Iterator[list[Message]]:
    """Yield all messages of each of a role's calls.

    Args:
        calls: The calls of the role, from the first one on.
    """
    messages: list[Message] = []
    for call in calls:
        messages = [*messages[: call.kept], *call.added]
        yield messages


def _call(fields: dict[str, Any]) -> Call:
    # Cassettes of earlier versions have no finish reason.
    return from_fields(Call, {"finish_reason": None, **fields})


def _cassette(fields: dict[str, Any]) -> Cassette:
    cassette = from_fields(Cassette, fields)
    for role, engine in cassette.ingredients.engines.items():
        if not isinstance(engine.get("options", {}), dict):
            raise ValueError(f"ingredients.engines.{role}.options: expected a mapping, got {engine['options']!r:.40}")  # noqa: TRY004 - as for the other fields
    return cassette


def _object(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - of a file, whatever is wrong with it
    return parsed


def _without_secrets(fields: dict[str, Any]) -> dict[str, Any]:
    # A figure that equals a secret must stay a figure.
    return {name: value if isinstance(value, int | float) else redacted_plain(value) for name, value in fields.items()}


Recording = Cassette
"""The earlier name of `Cassette`."""
