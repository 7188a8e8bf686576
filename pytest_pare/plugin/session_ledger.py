"""Writes the ledger of a suite in this session, and the traces beside it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_pare.base.run_files import file_name
from pytest_pare.ledger.compared_runs import run_set
from pytest_pare.ledger.directory import prune, reserve, session_of, traces_dir
from pytest_pare.ledger.header import Header, commit_of, host, versions
from pytest_pare.ledger.writer import LedgerWriter
from pytest_pare.plugin.collected import shared_nodes, shared_sources
from pytest_pare.plugin.sent_files import write_for_controller
from pytest_pare.plugin.session_files import session_file
from pytest_pare.plugin.work_times import work_of
from pytest_pare.simulation.trace_files import KEPT_EXTENSION, kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.shards import Shard
    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.run_set import RunSet
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.settings import Suite
    from pytest_pare.simulation.trace import Trace


class SessionLedger:
    """The ledger of one suite in this session; without one, nothing is written.

    Args:
        results: The runs of the suite.
        suite: The suite file, read.
        rootdir: The rootdir of the session.
        shard: The shard of the suite that this session runs; `None` for all of it.
        resumed_from: The session that this one resumes; `None` if it resumes none.
    """

    def __init__(
        self,
        results: SuiteResults,
        suite: Suite,
        rootdir: Path,
        shard: Shard | None = None,
        resumed_from: str | None = None,
    ) -> None:
        self._results = results
        self._suite = suite
        self._rootdir = rootdir
        self._shard = shard
        self._resumed_from = resumed_from
        self._writer: LedgerWriter | None = None
        self._began = ""
        self._header: Header | None = None
        self._trace_problem: str | None = None
        self._cannot_create: str | None = None

    @property
    def path(self) -> Path | None:
        """The file; `None` if there is none."""
        return None if self._writer is None else self._writer.path

    @property
    def problem(self) -> str | None:
        """Why the ledger, or a trace beside it, could not be written; `None` if all of it was."""
        of_writer = None if self._writer is None else self._writer.problem
        return self._cannot_create or of_writer or self._trace_problem

    @property
    def name(self) -> str:
        """The suite file, relative to the rootdir."""
        return self._results.name

    def reserve(self) -> None:
        """Create the file, before workers start: they write traces beside it."""
        where = self._suite.ledger_dir(self._rootdir)
        if where is None:
            return
        now = datetime.now(UTC)
        self._began = now.isoformat(timespec="seconds")
        try:
            path = reserve(where, self._results.name, now)
        except OSError as error:
            self._cannot_create = f"{error.strerror}: {error.filename}"
            return
        self._writer = LedgerWriter(path)
        # On a full disk there are no traces either.
        with suppress(OSError):
            session_file(self._results.name, "ledger").write_text(str(path), encoding="utf-8")

    def plan(self) -> None:
        """Write the header and the selected runs, when they are collected."""
        if self._header is None:
            self._results.plan = replace(self._results.plan, sources=shared_sources(self._results.name))
            self._header = self._made_header()
            if self._writer is not None:
                self._writer.begin(self._header)
        if self._writer is None:
            return
        name = self._results.name
        known = [(node.removeprefix(f"{name}::"), one) for node, one in self._results.outcomes.items()]
        broken = [node for node, one in known if one.reported]
        whole = [self._node(nodeid) for nodeid in shared_nodes(name)] if self._shard is not None else []
        self._writer.plan([node for node, one in known if not one.reported], broken, whole)

    def run_set(self) -> RunSet | None:
        """Return the runs so far, for a comparison; `None` before the collection has ended."""
        return None if self._header is None else run_set(self._header, self._results)

    def note(self, nodeid: str, outcome: Outcome, record: Mapping[str, Any]) -> None:
        """Write an attempt at a run."""
        self._trace_problem = self._trace_problem or record.get("trace_problem")
        if self._writer is not None:
            run = self._results.run_id(nodeid)
            self._writer.note(self._node(nodeid), run, outcome, record)

    def replace_last(self, nodeid: str) -> None:
        """Write that the last attempt at a run was replaced."""
        if self._writer is not None:
            self._writer.replace_last(self._node(nodeid))

    def end(self, verdict: Verdict, duration: float) -> None:
        """Write how the session ended, and remove the oldest ledgers of the suite.

        Args:
            verdict: The gate's verdict.
            duration: Length of the session in seconds of real time.
        """
        if self._writer is None or self._suite.settings.ledger is None:
            return
        given = verdict.given
        values = {"verdict": verdict.to_dict()["verdict"], "partial": given.partial, "interrupted": given.interrupted}
        self._writer.end({**values, "duration": duration, **work_of(self._results)})
        prune(self._writer.path, self._suite.settings.ledger.keep)

    def discard(self) -> None:
        """Remove the file of a session that had no run of the suite."""
        if self._writer is not None:
            self._writer.close()
            self._writer.path.unlink(missing_ok=True)
            self._writer = None

    def _node(self, nodeid: str) -> str:
        return nodeid.removeprefix(f"{self._results.name}::")

    def _made_header(self) -> Header:
        return Header(
            "" if self.path is None else session_of(self.path),
            self._began,
            versions(),
            commit_of(self._rootdir),
            host(),
            self._results.plan,
            self._suite.settings.agent_version,
            self._shard,
            resumed_from=self._resumed_from,
        )


def keep_trace(
    suite: Suite,
    name: str,
    trace: Trace,
    result: PAREScenarioValidationResult,
    variant: str,
) -> dict[str, str]:
    """Write the trace of a run beside the ledger, compressed, if the suite keeps it.

    Args:
        suite: The suite file, read.
        name: The node id of the suite file.
        trace: The trace.
        result: The result of the run.
        variant: The variant of the run; empty for none.

    Returns:
        For the record of the run, `trace`, the file relative to the ledger's directory, or `trace_problem`.
    """
    traces = suite.kept_traces
    if traces == "none" or (traces == "failed" and result.status == "success"):
        return {}
    try:
        path = session_file(name, "ledger")
        if not path.exists():
            # The ledger could not be created.
            return {}
        file = traces_dir(type(path)(path.read_text(encoding="utf-8"))) / file_name(
            trace.scenario_id, trace.run_number, variant, KEPT_EXTENSION
        )
        write_for_controller(file, kept(trace))
    except OSError as error:
        return {"trace_problem": f"{error.strerror}: {error.filename}"}
    return {"trace": f"{file.parent.name}/{file.name}"}
