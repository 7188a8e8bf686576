"""A running program: its start, its requests, its standard error, and its end with all of its children."""

from __future__ import annotations

import json
import logging
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_pare.agents.errors import ProgramError, ProgramFailure
from pytest_pare.agents.program.child import close_files, how_ended, start_child
from pytest_pare.agents.program.environment import withheld_from
from pytest_pare.agents.program.jsonrpc import Closed, ErrorAnswer, Overdue, Peer, RequestError, TooLarge
from pytest_pare.agents.program.messages import LARGEST_MESSAGE, Malformed, shortened
from pytest_pare.agents.program.output import LONGEST_LINE, Output
from pytest_pare.agents.program.process_groups import ProcessGroups, signal_group
from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_short_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_pare.agents.program.jsonrpc import Serve
    from pytest_pare.scenarios.agent_program import AgentProgram

PROTOCOL_VERSION = 1

TURN_OVER = -32006

_LOGGER = logging.getLogger("pytest_pare.agents.program")

# How long a program may take to end by itself, in seconds: after `shutdown`, and after SIGTERM.
_SHUTDOWN_SECONDS = 2.0
_TERMINATE_SECONDS = 1.0
# How long it is watched whether a program that closed its standard output ends.
_EXIT_SECONDS = 1.0
_POLL_SECONDS = 0.02
# How long the end of a run may delay the session. It may go on until the next run.
_END_OF_RUN_SECONDS = 1.0

groups = ProcessGroups()
"""The groups of the programs of this process."""


def until(seconds: float) -> Callable[[], float]:
    """Return a function that returns how many of so many seconds are left."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


class Program:
    """A program that was started, and has answered `initialize`.

    Args:
        spec: The program.
        environment: Its environment variables.

    Attributes:
        is_usable: Whether it runs, and nothing in its conversation has failed.

    Raises:
        ProgramError: If it cannot be started, or does not answer.
    """

    def __init__(self, spec: AgentProgram, environment: Mapping[str, str]) -> None:
        self._spec = spec
        self._output = Output(spec.label, withheld_from(environment))
        # The requests whose answers are still to come.
        self._ending: int | None = None
        self._shutdown: int | None = None
        # Whether a thread waits for an answer.
        self._is_asked = False
        self.is_usable = True
        self._is_closed = False
        self._process = start_child(spec, environment, str(self))
        groups.add(self._process.pid)
        reading, writing, log = self._process.stdout, self._process.stdin, self._process.stderr
        assert reading is not None
        assert writing is not None
        assert log is not None
        self._peer = Peer(
            reading.fileno(),
            writing.fileno(),
            log.fileno(),
            self._output.add,
            self._output.notified,
            lambda: self._process.poll() is not None,
        )
        try:
            self._initialize()
        except BaseException:
            self.kill()
            raise

    # -- conversation

    def request(
        self, method: str, params: dict[str, Any], left: Callable[[], float], serve: Serve | None = None
    ) -> Any:
        """Send a request, serve those of the program until its answer, and return the result.

        Args:
            method: The method.
            params: The parameters.
            left: Returns for how many seconds the answer is waited for from now on.
            serve: Returns the result of a request; `None` refuses all.

        Raises:
            ProgramFailure: If it ends, answers with an error, or does not answer in time.
            ProgramError: If it does not follow the protocol.
        """
        self._is_asked = True
        try:
            self._await_end_of_run(left)
            self._peer.read_log()
            self._output.begin_request()
            return self._peer.request(method, params, left, serve or refuse, refuse)
        except ErrorAnswer as error:
            raise ProgramFailure(self._refusal(method, error)) from None
        except TooLarge:
            self.kill()
            raise ProgramError(
                f"{self} cannot play this run: {method} has more than {LARGEST_MESSAGE:,} bytes"
            ) from None
        except (Overdue, Closed, Malformed) as error:
            self._explain(error, method)
        except BaseException:
            # Its answer may still come.
            self.kill()
            raise
        finally:
            self._is_asked = False

    def begin_run(self, params: dict[str, Any]) -> None:
        """Send `run/start`.

        Raises:
            ProgramError: As `start_request` does.
        """
        self.start_request("run/start", params, until(self._spec.start_timeout))

    def end_run(self, reason: str) -> None:
        """Send `run/end`. The answer may come later, before the next run; if the program fails, it is ended."""
        if not self.is_usable:
            return
        left = until(_END_OF_RUN_SECONDS)
        try:
            self._ending = self._peer.send("run/end", {"reason": reason}, left, refuse)
            self._await_end_of_run(left)
        except Overdue:
            _LOGGER.debug("%s: run/end goes on", self._spec.label)
        except (Closed, Malformed) as error:
            try:
                self._explain(error, "run/end")
            except (ProgramError, ProgramFailure) as explained:
                _LOGGER.warning("%s", explained)

    def _await_end_of_run(self, left: Callable[[], float]) -> None:
        if self._ending is None:
            return
        try:
            self._peer.result(self._ending, left, refuse)
        except ErrorAnswer as error:
            _LOGGER.warning("%s: run/end failed: %s", self._spec.label, redacted(str(error)))
        self._ending = None

    def __str__(self) -> str:
        command = redacted(shlex.join(self._spec.command))
        return f"the program {command if len(command) <= LONGEST_LINE else f'{command[:LONGEST_LINE]}...'}"

    def _initialize(self) -> None:
        host = {"name": "pytest-pare", "version": metadata.version("pytest-pare")}
        params = {"protocol_version": PROTOCOL_VERSION, "host": host}
        result = self.start_request("initialize", params, until(self._spec.start_timeout))
        version = result.get("protocol_version") if isinstance(result, dict) else None
        if version != PROTOCOL_VERSION or isinstance(version, bool):
            raise ProgramError(
                f"{self} speaks another version of the protocol: expected protocol_version {PROTOCOL_VERSION}, got "
                f"{shortened(json.dumps(version).encode())}; see docs/agent-protocol.md"
            )

    def start_request(self, method: str, params: dict[str, Any], left: Callable[[], float]) -> Any:
        """Send a request before the first turn of a run, and return the result.

        Raises:
            ProgramError: If it ends, answers with an error or not in time, or does not follow the protocol.
        """
        try:
            return self.request(method, params, left)
        except ProgramFailure as failure:
            raise ProgramError(str(failure)) from None

    def _refusal(self, method: str, error: ErrorAnswer) -> str:
        text = redacted(to_short_text(error))
        self._peer.read_log()
        lines = self._output.lines_beyond(text)
        # In a turn, as an agent in this process fails.
        what = "the agent raised" if method == "turn" else f"{self} answered {method} with the error {error.code}:"
        return f"{what} {text}{lines}"

    def _explain(self, error: Exception, method: str) -> NoReturn:
        """End the program, and raise the error for what ended the conversation."""
        try:
            explained = self._explained(error, method)
        finally:
            self.kill()
        raise explained from None

    def _explained(self, error: Exception, method: str) -> ProgramError | ProgramFailure:
        if isinstance(error, Malformed):
            return ProgramError(
                f"{self} does not follow the protocol: its standard output has {error}. The standard output belongs to "
                f"the protocol; print to the standard error instead. Got: {error.shown}{self._last_lines()}"
            )
        if isinstance(error, Overdue):
            key = "turn_timeout" if method == "turn" else "start_timeout"
            seconds = getattr(self._spec, key)
            return ProgramFailure(f"{self} did not answer {method} within {seconds:g} s ({key}){self._last_lines()}")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_SECONDS)
        if self._process.returncode is None:
            return ProgramError(
                f"{self} closed its standard output before it answered {method}, and runs on; the standard output "
                f"belongs to the protocol until the standard input ends{self._last_lines()}"
            )
        ended = f"{how_ended(self._process.returncode)} before it answered {method}"
        if method == "initialize" and self._process.returncode == 0:
            ended += "; it must serve an agent, see docs/agent-protocol.md"
        return ProgramFailure(f"{self} {ended}{self._last_lines()}")

    def _last_lines(self) -> str:
        self._peer.read_log()
        return self._output.last_lines()

    # -- start and end

    def begin_end(self) -> None:
        """Ask the program to end by itself."""
        if self.is_usable:
            with suppress(Overdue, Closed, Malformed, ErrorAnswer):
                self._shutdown = self._peer.send("shutdown", {}, until(_SHUTDOWN_SECONDS), refuse)

    def end(self, left: Callable[[], float]) -> None:
        """Wait until the program that was asked to end has done so, and kill what is left of it."""
        if self._shutdown is not None:
            with suppress(Overdue, Closed, Malformed, ErrorAnswer):
                self._peer.result(self._shutdown, left, refuse)
            close_files(self._process.stdin)
            # Its last words would fill the pipe.
            while left() > 0 and self._process.poll() is None:
                self._peer.read_log()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_POLL_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the program with all of its children."""
        if self._is_closed:
            return
        self._is_closed, self.is_usable = True, False
        if self._process.poll() is None and signal_group(self._process.pid, signal.SIGTERM):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_TERMINATE_SECONDS)
        self._kill_group()
        self._peer.read_log()
        self._peer.close()
        close_files(self._process.stdin, self._process.stdout, self._process.stderr)

    def kill_at_once(self) -> None:
        """Kill the program with all of its children, from any thread. One that waits for it gets an error."""
        self._kill_group()
        if not self._is_asked:
            self.kill()

    def _kill_group(self) -> None:
        signal_group(self._process.pid, signal.SIGKILL)
        self._process.wait()
        groups.discard(self._process.pid)

    def forget(self) -> None:
        """Leave the program to the process that this one was forked from."""
        self.is_usable = False
        close_files(self._process.stdin, self._process.stdout, self._process.stderr)
        # It is no child of this process.
        self._process.returncode = 0


def refuse(method: str, _params: Any) -> NoReturn:
    """Refuse a request, because no turn is open.

    Raises:
        RequestError: Always.
    """
    raise RequestError(TURN_OVER, f"no turn is open, so {method} is refused")
