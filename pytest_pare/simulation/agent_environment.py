"""The environment variables through which an agent in this process finds its model endpoint."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from pytest_pare.base import environment
from pytest_pare.endpoints import server
from pytest_pare.scenarios.agent_type import is_own_agent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.endpoints.server import Backend
    from pytest_pare.scenarios.config import ScenarioRunnerConfig

SEVERAL = "several runs are open in this process, and the key in OPENAI_API_KEY is that of none; use turn.models"
"""Why requests with the token of the process are refused while several runs are open."""


def has_endpoint(config: ScenarioRunnerConfig) -> bool:
    """Return whether a run has a model endpoint, for an agent in this process if it is not one of the plugin's own."""
    return config.agent_engine_config is not None and config.agent is None and not config.oracle


def _is_needed(config: ScenarioRunnerConfig, agent: ProactiveAgent | None) -> bool:
    return has_endpoint(config) and is_own_agent(config.agent_type, agent)


class _Process:
    """The variables of this process and their token. Clients keep them, so the token stays the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: str | None = None
        self._users = 0
        self._open: list[Backend] = []

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            self._token = self._token or server.issue()
            environment.replace(
                {
                    "OPENAI_BASE_URL": server.models_url(),
                    "OPENAI_API_KEY": self._token,
                    # The tracing of OpenAI's Agents SDK has an address of its own.
                    "OPENAI_AGENTS_DISABLE_TRACING": "1",
                }
            )

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                environment.restore()

    def add(self, backend: Backend) -> None:
        with self._lock:
            self._open.append(backend)
            self._lead()

    def remove(self, backend: Backend) -> None:
        with self._lock:
            self._open.remove(backend)
            self._lead()

    def _lead(self) -> None:
        """Let the token lead to the run that is open, if it is the only one."""
        token = str(self._token)
        if not self._open:
            server.unbind(token)
        elif len(self._open) == 1:
            server.bind(token, self._open[0])
        else:
            server.refuse(token, SEVERAL)


@contextmanager
def variables() -> Iterator[None]:
    """Set the variables meanwhile. They stay until the last of several has ended."""
    process = _process
    process.enter()
    try:
        yield
    finally:
        process.leave()


def model_variables(config: ScenarioRunnerConfig, agent: ProactiveAgent | None) -> AbstractContextManager[None]:
    """Set the variables for the time of a run whose agent may read them.

    Args:
        config: The configuration of the run.
        agent: The agent under test; `None` for that of the configuration.
    """
    return variables() if _is_needed(config, agent) else nullcontext()


@contextmanager
def reachable(backend: Backend, config: ScenarioRunnerConfig, agent: ProactiveAgent | None) -> Iterator[None]:
    """Let requests with the key in the variables reach a run while it is open.

    Args:
        backend: What the run offers.
        config: The configuration of the run.
        agent: The agent under test; `None` for that of the configuration.
    """
    if not _is_needed(config, agent):
        yield
        return
    process = _process
    process.add(backend)
    try:
        yield
    finally:
        process.remove(backend)


def _forget() -> None:
    """Start anew in the child of a fork, in which no run is open. Its variables lead to the parent's run."""
    global _process  # noqa: PLW0603 - one for each process
    _process = _Process()


_process = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
