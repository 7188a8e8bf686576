"""Recordings of what engines answered: the file of a run, and what it holds.

The first line says what was recorded, and what that depended on. Each further line is a call: what was asked that had
not been asked before, and the answer. So a file has each text once, and a change of a prompt is a change of one line.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.redaction import redacted_plain
from pytest_pare.run_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FORMAT = "pytest-pare/cassette"
_VERSION = 1


@dataclass(frozen=True)
class Message:
    """A message of a request.

    Attributes:
        role: Who says it, as engines know it: `system`, `user` or `assistant`.
        content: What is said.
    """

    role: str
    content: Any

    @classmethod
    def of(cls, message: dict[str, Any]) -> Message:
        """Return one of the messages that an engine is given."""
        return cls(str(getattr(message["role"], "value", message["role"])), message["content"])


def fingerprint(messages: Iterable[Message]) -> str:
    """Return what names a request: 16 hex digits of the SHA-256 of the roles and texts of all its messages."""
    told = [[message.role, message.content] for message in messages]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


@dataclass(frozen=True)
class Call:
    """A call of an engine.

    Attributes:
        role: Whose engine it was.
        model: What the engine called itself.
        turn: The turn of the run.
        fingerprint: Names the request, with its secrets.
        kept: How many messages of the role's last request the request begins with.
        added: The messages after these.
        answer: What the engine answered.
        prompt_tokens: Tokens of the request, if the engine tells.
        completion_tokens: Tokens of the answer, if the engine tells.
        cost: US dollars, if the price is known.
        seconds: Real time that the answer took.
    """

    role: str
    model: str
    turn: int
    fingerprint: str
    kept: int
    added: tuple[Message, ...]
    answer: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    seconds: float


@dataclass(frozen=True)
class Ingredients:
    """What requests and answers of a run depend on; a hash where only the equality matters.

    Attributes:
        package: Version of pytest-pare.
        prompts: Version of the prompts.
        engines: Role to model, provider and options of its engine.
        tools: Name of a tool to its name, description and arguments.
        apps: Name of an app to its content at the beginning.
        events: The script.
        goal: What the user wants.
    """

    package: str
    prompts: str
    engines: dict[str, dict[str, Any]]
    tools: dict[str, str]
    apps: dict[str, str]
    events: str
    goal: str


@dataclass(frozen=True)
class Recording:
    """What was recorded of a run.

    Attributes:
        scenario_id: The scenario.
        run_number: Number of the run; `None` where the scenario is run once.
        variant: What tells the run from others of the same scenario and number.
        suite: The suite file that had it recorded, by its path from the file's directory; empty for none.
        ingredients: What it depended on.
        calls: The calls, in order.
    """

    scenario_id: str
    run_number: int | None
    variant: str
    suite: str
    ingredients: Ingredients
    calls: tuple[Call, ...] = field(default=(), repr=False)

    def of(self, role: str) -> list[Call]:
        """Return the calls of a role."""
        return [call for call in self.calls if call.role == role]

    def answers(self, role: str) -> list[str]:
        """Return what the engine of a role answered; the scripted engine plays it."""
        return [call.answer for call in self.of(role)]

    def to_text(self) -> str:
        """Return the text of the file, without secrets."""
        header = {"format": _FORMAT, "version": _VERSION, **_fields(self), "calls": None}
        ingredients = _fields(self.ingredients)
        # A tool may well be called get_password; what stands for it here is no secret.
        hashes = {name: ingredients.pop(name) for name in ("tools", "apps")}
        header = {**redacted_plain({**header, "ingredients": ingredients}), "calls": len(self.calls)}
        header["ingredients"] |= hashes
        calls = ({**_fields(call), "added": [[one.role, one.content] for one in call.added]} for call in self.calls)
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *map(redacted_plain, calls))]
        # Half of a surrogate pair, which no file can hold, becomes the escape that JSON has for it.
        return "".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_text(cls, text: str) -> Recording:
        """Return the recording that `to_text` made `text` of.

        Raises:
            ValueError: If it is none, not a whole one, or one that another version wrote.
        """
        # Not `splitlines`, which breaks at more than a line feed.
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
                one = json.loads(line)
                calls.append(Call(**{**one, "added": tuple(Message(*message) for message in one["added"])}))
            except (ValueError, LookupError, TypeError, RecursionError):
                raise ValueError(f"line {number} is no call") from None
        if count != len(calls):
            raise ValueError(f"it has {len(calls)} of {count!r} calls")
        try:
            return cls(**{**header, "ingredients": Ingredients(**header["ingredients"]), "calls": tuple(calls)})
        except (LookupError, TypeError):
            raise ValueError("the first line is not as this version writes it") from None

    def write(self, path: Path) -> None:
        """Write the file, which appears whole or not at all.

        Raises:
            OSError: If it cannot be written.
        """
        write_whole(path, self.to_text())

    @classmethod
    def read(cls, path: Path) -> Recording | None:
        """Return what a file holds; `None` if there is no file.

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
            told = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error
            raise EngineConfigurationError(
                f"{path} is not a cassette: {told}; delete it, or record it anew with --pare-record all --pare-live"
            ) from error


def recorder_of(path: Path) -> str | None:
    """Return what a file says of its suite; `None` if it is no cassette, or of no suite."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        return str(header["suite"]) or None if header["format"] == _FORMAT else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def messages_at(calls: Iterable[Call]) -> list[Message]:
    """Return all messages of the last of a role's calls, which are given from the first one on."""
    messages: list[Message] = []
    for call in calls:
        messages = [*messages[: call.kept], *call.added]
    return messages


def _fields(value: Any) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
