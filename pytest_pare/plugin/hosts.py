"""The controller of a session whose workers are in other checkouts, with another Python, or on other machines.

It tells each such worker what it has itself, so that `remote_worker` refuses what differs; takes the files that these
workers send; and ends the session with a message where a worker cannot start.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.redaction import add_secret, names_secret, redacted
from pytest_pare.base.secret_shapes import REDACTED
from pytest_pare.plugin.checkout import Checkout
from pytest_pare.plugin.options import CONFIG
from pytest_pare.plugin.remote_worker import CHANNEL, INPUT
from pytest_pare.plugin.sent_files import directories_of, write_received
from pytest_pare.plugin.session_files import receive, session_file
from pytest_pare.plugin.suite_paths import given_path
from pytest_pare.plugin.worker_messages import MessageReceiver

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import execnet
    from xdist.workermanage import WorkerController

    from pytest_pare.settings import Suite

# A variable in a spec of execnet. Any of them may hold a key.
_VARIABLE = re.compile(r"(//env:(?P<name>[^=/]*)=)(?P<value>.*?)(?=//|\Z)")
_INSTALL = "install pytest-pare in the environment of the worker"
# So often as there are workers, one may die before it has collected.
_DEATHS = 2
# As often as pytest-xdist replaces workers with `-n`.
_RESTARTS = 4


def register(config: pytest.Config, suites: Mapping[Path, Suite], problems: list[str]) -> None:
    """Register the plugins of a controller, if there are workers.

    Args:
        config: The session's configuration.
        suites: The suites, by path.
        problems: Takes what goes wrong beside the runs, a sentence each.
    """
    specs: list[str] = config.getoption("tx", None) or []
    if config.getoption("dist", "no") == "no" or not specs:
        return
    for spec in specs:
        for variable in _VARIABLE.finditer(spec):
            if names_secret(variable["name"]):
                add_secret(variable["value"])
    if config.option.maxworkerrestart is None and not config.option.numprocesses:
        from xdist.workermanage import parse_tx_spec_config

        # pytest-xdist has no limit for `--tx`, and restarts a worker that cannot start for ever.
        config.option.maxworkerrestart = str(_RESTARTS * len(parse_tx_spec_config(config)))
    config.pluginmanager.register(Hosts(config, suites, problems), "pare-hosts")
    config.pluginmanager.register(MessageReceiver(), "pare-worker-messages")


def without_values(spec: str) -> str:
    """Return a spec of execnet without the values of environment variables."""
    return redacted(_VARIABLE.sub(rf"\1{REDACTED}", spec))


class Hosts:
    """A plugin of a controller with workers.

    Args:
        config: The session's configuration.
        suites: The suites, by path.
        problems: Takes what goes wrong beside the runs, a sentence each.
    """

    def __init__(self, config: pytest.Config, suites: Mapping[Path, Suite], problems: list[str]) -> None:
        self._config = config
        self._suites = suites
        self._problems = problems
        self._directories = directories_of(suites, config.rootpath)
        self._started = 0
        self._collected: set[WorkerController] = set()
        self._died = 0
        self._plays = False

    # -- start

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionstart(self) -> Generator[None, object, object]:
        """Start the workers.

        Raises:
            pytest.UsageError: If one cannot be started.
        """
        try:
            return (yield)
        except (OSError, EOFError, ValueError, _host_not_found()) as error:
            if self._started >= len(self._specs):
                raise
            raise pytest.UsageError(_not_started(self._specs[self._started], str(error))) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Play the runs.

        Raises:
            pytest.UsageError: If a worker has died whose server is gone, so that pytest-xdist cannot replace it.
        """
        try:
            return (yield)
        except (ConnectionError, EOFError, _host_not_found()) as error:
            raise pytest.UsageError(f"a worker has died, and cannot be started again: {redacted(str(error))}") from None

    @cached_property
    def _specs(self) -> list[str]:
        from xdist.workermanage import parse_tx_spec_config

        specs: list[str] = parse_tx_spec_config(self._config)
        return specs

    @staticmethod
    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_setupnodes(specs: list[execnet.XSpec]) -> None:
        """Hide the variables of workers: with `-v`, pytest-xdist prints the spec with each file that it copies."""
        import execnet

        class ShownSpec(execnet.XSpec):
            def __str__(self) -> str:
                return without_values(super().__str__())

        for spec in specs:
            spec.__class__ = ShownSpec

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker what the session expects, unless it is a copy of this process."""
        self._started += 1
        spec = node.gateway.spec
        if spec.popen and not spec.chdir and spec.python is None:
            return
        channel = node.gateway.newchannel()
        channel.setcallback(self._receive)
        node.workerinput[CHANNEL] = channel
        node.workerinput[INPUT] = {**self._told, "token": self._token(node)}

    @cached_property
    def _told(self) -> dict[str, Any]:
        root = self._config.rootpath
        named = {path.relative_to(root).as_posix(): suite for path, suite in self._suites.items()}
        flags = [given_path(self._config.invocation_params.dir, one) for one in self._config.getoption(CONFIG.dest)]
        checkout = Checkout.of(named, root)
        if self._config.getoption("dist") == "each":
            # Each run is played on each worker, to compare platforms.
            checkout = replace(checkout, versions={})
        resumed = {name: Path(text) for name, text in _left(named, "resumed").items()}
        return {
            "rootdir": str(root),
            "suites": list(named),
            "flagged": [path.relative_to(root).as_posix() for path in flags],
            # execnet sends fewer types than JSON has.
            "checkout": json.dumps(asdict(checkout)),
            "ledgers": _left(named, "ledger"),
            "resumed": {name: (path.name, path.read_text(encoding="utf-8")) for name, path in resumed.items()},
        }

    def _token(self, node: WorkerController) -> tuple[str, str]:
        """Return a file of this session with its content: who reads that shares the directory of the session."""
        path, content = session_file("", "token"), str(node.workerinput["testrunuid"])
        if not path.exists():
            path.write_text(content, encoding="utf-8")
        return str(path), content

    # -- what workers send

    def _receive(self, message: tuple[str, str]) -> None:
        # Called in a thread of execnet, which must not raise.
        try:
            receive(*message)
        except OSError as error:
            self._problems.append(f"{error.filename}: the file of a worker cannot be written: {error.strerror}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the files that came with a report."""
        self._problems += write_received(report, self._directories)

    # -- workers that end

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: WorkerController) -> None:
        """Note a worker that has started."""
        self._collected.add(node)

    def pytest_runtest_logstart(self) -> None:
        """Note that runs have begun."""
        self._plays = True

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: WorkerController, error: object) -> None:
        """End the session if a worker cannot start; pytest-xdist would start it again and again.

        Raises:
            pytest.UsageError: If the worker has ended before it has collected, with an error of Python or of pytest, or
                like many others.
        """
        if node in self._collected:
            return
        ended = getattr(node, "workeroutput", {}).get("exitstatus")
        why = _why_ended(str(error or ""))
        if ended in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR):
            why = f"its pytest has ended with status {int(ended)}; {_INSTALL}"
        elif error and why is None:
            # It has crashed: pytest-xdist replaces it, up to a limit, and runs may go on.
            self._died += 1
            if not self._plays and self._died >= _DEATHS * len(self._specs):
                why = f"{self._died} workers have died before they had collected: {error}"
        if why is not None:
            raise pytest.UsageError(_not_started(str(node.gateway.spec), why, node.gateway.id))


def _why_ended(traceback: str) -> str | None:
    """Return the last message of a traceback that a worker has sent; `None` if the text is none."""
    if "Traceback" not in traceback:
        return None
    # The causes of an exception come before it.
    _, usage_error, message = traceback.rpartition("UsageError: ")
    if not usage_error:
        return traceback.strip().splitlines()[-1]
    if (unknown := re.search("unrecognized arguments: .*", message)) is not None:
        return f"its pytest has {unknown[0]}; {_INSTALL}"
    return message.strip()


def _host_not_found() -> type[Exception]:
    from execnet.gateway_bootstrap import HostNotFound

    return HostNotFound


def _left(names: Mapping[str, Suite], what: str) -> dict[str, str]:
    """Return the content of a file of the session for each suite that has it."""
    files = {name: session_file(name, what) for name in names}
    return {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.exists()}


def _not_started(spec: str, why: str, worker: str = "") -> str:
    shown = without_values(spec).removeprefix("execmodel=main_thread_only//")
    which = f"worker {worker} ({shown})" if worker else f"worker {shown}"
    if "not relative to an rsync root" in why:
        why += f"; name the suite by {CONFIG.flag}=FILE, and no path"
    return f"{which} cannot start: {redacted(why.strip())}"
