"""A host of the agent protocol for tests of clients: it plays turns by hand, with a real child process."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.agents.protocol import PROGRAM, validator

if TYPE_CHECKING:
    from collections.abc import Callable

_schema = cache(validator)

CLIENT = Path(__file__).parents[2] / "clients" / "python"

NOTHING: dict[str, Any] = {
    "number": 0,
    "time": "2025-01-08T09:00:00+00:00",
    "mode": "observe",
    "proposal": None,
    "notifications": [],
}
RUN = {"scenario_seed": "s/0/1", "time": NOTHING["time"], "mcp": {"url": "http://127.0.0.1:1/mcp/", "token": "t"}}


def tool(name: str, properties: dict[str, Any] | None = None, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a tool as a turn has it."""
    schema = {"type": "object", "properties": properties or {}, "required": list(required)}
    function = {"name": name, "description": f"Does {name}.", "parameters": schema}
    annotations = {"app": "App", "function": name, "operation": "read", "is_interface": False}
    return {"type": "function", "function": function, "annotations": annotations}


class Failed(Exception):
    """An answer of the program that is an error."""


class FakeHost:
    """A program of an agent, and the other side of its pipes.

    Attributes:
        seen: The requests and notifications of the program, with the method first.
        stderr: What it has written to its standard error, after its end.
    """

    def __init__(self, program: Path, command: tuple[str, ...] = (sys.executable,)) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
        self.process = subprocess.Popen(
            [*command, program],
            env={**inherited, "PYTHONPATH": str(CLIENT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.stderr = ""
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """Return the next message of the program."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.endswith(b"\n"), line
        message: dict[str, Any] = json.loads(line)
        _schema(PROGRAM).validate(message)
        if "method" in message:
            _schema("log" if message["method"] == "log" else f"{message['method']} request").validate(message)
        return message

    def request(self, method: str, params: dict[str, Any], answer: Callable[..., Any] | None = None) -> Any:
        """Return the result of a request; `answer` answers those of the program, with a result or by `Refused`."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        while True:
            message = self.read()
            if "method" not in message:
                assert message["id"] == self._number
                if "error" in message:
                    raise Failed(message["error"]["message"])
                return message["result"]
            self.seen.append((message["method"], message["params"]))
            if "id" in message:
                try:
                    self.send({"id": message["id"], "result": answer and answer(message["method"], message["params"])})
                except Refused as error:
                    self.send({"id": message["id"], "error": error.args[0]})

    def start(self, **params: Any) -> None:
        """Start a run, and initialize the program before the first."""
        if self._number == 0:
            self.request("initialize", {"protocol_version": 1, "host": {"name": "test", "version": "0"}})
        self.request("run/start", {**RUN, "models": None, **params})

    def turn(self, answer: Callable[..., Any] | None = None, **params: Any) -> Any:
        """Play a turn."""
        return self.request("turn", {**NOTHING, **params}, answer)

    def close(self) -> int:
        """Close the program's input, and return its exit status."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.stdin = None
        _, stderr = self.process.communicate(timeout=30)
        self.stderr = stderr.decode()
        return self.process.returncode


class Refused(Exception):
    """An error as the answer to a request of the program."""

    def __init__(self, code: int, message: str, type: str | None = None) -> None:  # noqa: A002
        super().__init__({"code": code, "message": message, **({"data": {"type": type}} if type else {})})


def client() -> Any:
    """Return the module of the client, from its file."""
    spec = importlib.util.spec_from_file_location("pytest_pare_agent", CLIENT / "pytest_pare_agent.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules["pytest_pare_agent"] = module
    spec.loader.exec_module(module)
    return module
