"""Checks messages of the agent protocol against its JSON schema, an answer against the result of its request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import pytest_pare

SCHEMA = json.loads((Path(pytest_pare.__file__).parent / "data/agent-protocol-1.schema.json").read_text("utf-8"))
HOST, PROGRAM = "host_message", "program_message"


def validator(definition: str) -> Draft202012Validator:
    pointer = definition.replace("/", "~1").replace(" ", "%20")
    return Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{pointer}"}]})


class Conversation:
    """The messages of both sides, in their order."""

    def __init__(self) -> None:
        self._methods: dict[tuple[str, Any], str] = {}
        self.methods: list[str] = []

    def check(self, side: str, message: dict[str, Any]) -> None:
        """Fail if a message is wrong, or answers no request."""
        if "method" in message:
            # The error of the method's own definition says what is wrong; that of all of them does not.
            definition = "log" if message["method"] == "log" else f"{message['method']} request"
            assert definition in SCHEMA["$defs"], message
            validator(definition).validate(message)
            self.methods.append(message["method"])
        validator(side).validate(message)
        if "method" not in message:
            asked = self._methods.pop((HOST if side == PROGRAM else PROGRAM, message["id"]))
            if "result" in message:
                validator(f"{asked} result").validate(message["result"])
        elif "id" in message:
            self._methods[side, message["id"]] = message["method"]


def check_text(text: str) -> None:
    """Check JSON texts of a document, one after another. The ids of the host are numbers, those of a program text."""
    conversation, decoder, rest = Conversation(), json.JSONDecoder(), text.strip()
    while rest:
        message, end = decoder.raw_decode(rest)
        is_hosts = isinstance(message.get("id"), int) == ("method" in message) and "id" in message
        conversation.check(HOST if is_hosts else PROGRAM, message)
        rest = rest[end:].lstrip()
