"""The programs of this process. Each plays one run at a time, and waits for the next one between runs."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_pare.agents.errors import ProgramError
from pytest_pare.agents.program.environment import environment_of
from pytest_pare.agents.program.process import Program, groups, until
from pytest_pare.base.environment import original

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_pare.scenarios.agent_program import AgentProgram

_LOGGER = logging.getLogger("pytest_pare.agents.program")

# The programs that wait, of all variants of all suites. The one that has waited longest is ended.
_MOST_IDLE = 8
_END_SECONDS = 3.0


@dataclass(frozen=True)
class Access:
    """What a program has for all of its life.

    Attributes:
        variables: Environment variables with the addresses of the endpoints and its token.
        token: The token.
        revoke: Makes the token invalid.
    """

    variables: Mapping[str, str]
    token: str = ""
    revoke: Callable[[], None] = lambda: None


@dataclass
class Member:
    """A program of the pool.

    Attributes:
        key: What it was started with.
        program: The program.
        access: Its endpoints and tokens.
    """

    key: tuple[str, ...]
    program: Program
    access: Access

    def end(self, left: Callable[[], float] | None = None) -> None:
        """End the program, at once without `left`."""
        try:
            if left is None:
                self.program.kill()
            else:
                self.program.end(left)
        finally:
            self.access.revoke()


class _Pool:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.idle: list[Member] = []
        self.busy: list[Member] = []


_pool = _Pool()


def take(
    spec: AgentProgram,
    grant: Callable[[], Access],
    begin: Callable[[Member], Any],
    kind: str = "",
) -> Member:
    """Return a program for one run: an idle one, or else a new one.

    Args:
        spec: The program.
        grant: Makes what a new program has for all of its life.
        begin: Begins the run. If an idle program fails in it, a new one is started.
        kind: What `grant` grants. A program that has something else is not used.

    Raises:
        ProgramError: If it cannot be started, or `begin` raises it.
    """
    environment = environment_of(spec, _environ())
    key = (kind, spec.model_dump_json(), *(f"{name}={value}" for name, value in sorted(environment.items())))
    while (member := _take_idle(key)) is not None:
        if _begins(member, begin):
            return member
    access = grant()
    try:
        program = Program(spec, {**environment, **access.variables})
    except BaseException:
        access.revoke()
        raise
    member = Member(key, program, access)
    with _pool.lock:
        _pool.busy.append(member)
    try:
        begin(member)
    except BaseException:
        discard(member)
        raise
    return member


def _environ() -> dict[str, str]:
    # Other runs may have set variables for agents in this process.
    values = {name: original(name) for name in os.environ}
    return {name: value for name, value in values.items() if value is not None}


def _take_idle(key: tuple[str, ...]) -> Member | None:
    with _pool.lock:
        # The one that was used last, so that others can be ended.
        member = next((one for one in reversed(_pool.idle) if one.key == key), None)
        if member is not None:
            _pool.idle.remove(member)
            _pool.busy.append(member)
    return member


def _begins(member: Member, begin: Callable[[Member], Any]) -> bool:
    try:
        begin(member)
    except ProgramError as error:
        _LOGGER.warning("%s; a new one is started", error)
        discard(member)
        return False
    except BaseException:
        discard(member)
        raise
    return True


def give_back(member: Member) -> None:
    """Keep a program for the next run, or end it if it cannot play one."""
    if not member.program.is_usable:
        discard(member)
        return
    with _pool.lock:
        # It is in neither list if all programs were ended meanwhile.
        if member in _pool.busy:
            _pool.busy.remove(member)
            _pool.idle.append(member)
        ended = _pool.idle[:-_MOST_IDLE]
        del _pool.idle[:-_MOST_IDLE]
    _end_idle(ended)


def discard(member: Member) -> None:
    """End a program at once, with all of its children."""
    with _pool.lock:
        if member in _pool.busy:
            _pool.busy.remove(member)
    member.end()


def close_all() -> None:
    """End all programs: those that wait by `shutdown`, those of a run at once."""
    with _pool.lock:
        idle, busy = list(_pool.idle), list(_pool.busy)
        _pool.idle.clear()
        _pool.busy.clear()
    try:
        for member in busy:
            # Another thread may be in its run.
            member.program.kill_at_once()
            member.access.revoke()
        _end_idle(idle)
    finally:
        groups.end()


def _end_idle(members: list[Member]) -> None:
    for member in members:
        member.program.begin_end()
    left = until(_END_SECONDS)
    for member in members:
        member.end(left)


def _forget() -> None:
    """Leave all programs to the process that this one was forked from."""
    global _pool
    # A thread that was not copied may hold its lock.
    forgotten, _pool = _pool, _Pool()
    groups.forget()
    for member in (*forgotten.idle, *forgotten.busy):
        with suppress(OSError):
            member.program.forget()


atexit.register(close_all)
os.register_at_fork(after_in_child=_forget)
