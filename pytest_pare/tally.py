"""The controller's side: from the reports that arrive to results, a verdict and an exit status."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.results.gate import GateInput, Verdict, evaluate_gate
from pytest_pare.results.robustness import Curve, Point, least_area, robustness_curves
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.validation_result import (
    PAREMultiScenarioValidationResult,
    PAREScenarioValidationResult,
    result_from_record,
)
from pytest_pare.settings.variants import RUN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_pare.settings import Suite, Variant

_NOT_RUN = "the session ended before it was run"
_AS_EXPECTED = ("success", "skipped", "xfailed")
_LOOKS = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")
_COUNTED = ("success", "failed", "exception", "no_validation", "no_result", "skipped", "xfailed")


@dataclass
class Outcome:
    """What became of one selected run.

    Attributes:
        kind: success, failed, exception or no_validation for a run with a result; no_result for one without, because
            its fixtures failed, its worker died or the session ended; skipped or xfailed.
        result: The result, if there is one.
        config: What it was run with, if it was.
        reason: Why there is no result, or why it does not count.
        reported: Whether a report said so; if not, this is what holds as long as none comes.
        level: The key of the suite's sweep and its value in this run; `None` without a sweep.
    """

    kind: str
    result: PAREScenarioValidationResult | None = None
    config: Mapping[str, Any] | None = None
    reason: str = ""
    reported: bool = True
    level: tuple[str, float] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the run has not begun."""
        return not self.reported and self.reason == _NOT_RUN


@dataclass(frozen=True)
class RunId:
    """A run, as its node id tells it.

    Attributes:
        scenario_id: The scenario.
        variant: Ids of the parametrised fixtures and name of the suite's variant, empty without any.
        run_number: 1 and up; `None` where each scenario is run once.
    """

    scenario_id: str
    variant: str = ""
    run_number: int | None = None

    @classmethod
    def of(cls, nodeid: str, *, repeated: bool) -> RunId:
        """Read a node id such as `pare.yaml::airport_cab[gpt-5-run2]`.

        Args:
            nodeid: The node id.
            repeated: Whether its suite has several runs of each scenario; if not, what looks like a run number belongs
                to the variant.
        """
        scenario_id, _, parameters = nodeid.partition("::")[2].partition("[")
        # With `--dist loadgroup`, xdist adds `@group` to the end.
        scenario_id, parameters = scenario_id.partition("@")[0], parameters.rpartition("]")[0]
        run = RUN_NUMBER.search(parameters) if repeated else None
        if run is None:
            return cls(scenario_id, parameters)
        return cls(scenario_id, parameters[: run.start()], int(run[1]))

    def __str__(self) -> str:
        parts = [self.variant, *([f"run{self.run_number}"] if self.run_number is not None else [])]
        parameters = "-".join(filter(None, parts))
        return f"{self.scenario_id}[{parameters}]" if parameters else self.scenario_id


@dataclass
class SuiteTally:
    """The runs of one suite.

    Attributes:
        name: The suite file, relative to the rootdir.
        suite: The file, read.
        planned: How many scenarios it selects before its limit; `None` if the source of its library does not tell.
        outcomes: By node id, in the order of the collection.
        all_collected: Whether every module of its library could be imported.
        verdict: Of the gate, when the session is over.
    """

    name: str
    suite: Suite
    planned: int | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    all_collected: bool = True
    verdict: Verdict | None = None

    def run_id(self, nodeid: str) -> RunId:
        """Return the run that a node id of this suite stands for."""
        return RunId.of(nodeid, repeated=self.suite.settings.runs > 1)

    def level_of(self, nodeid: str) -> tuple[str, float] | None:
        """Return the key and the value of the sweep that a node id stands for; `None` without a sweep."""
        variant = self._variant_of(self.run_id(nodeid))
        return None if variant is None else variant.level

    def _variant_of(self, run: RunId) -> Variant | None:
        # What stands before are the ids of the user's own parameters.
        known = [one for one in self.suite.variants if f"-{run.variant}".endswith(f"-{one.name}")]
        return max(known, key=lambda one: len(one.name), default=None)

    def curves(self) -> list[Curve]:
        """Return the robustness curves of the suite's sweep; none without one."""
        sweep = self.suite.settings.sweep
        points = [point for nodeid, outcome in self.outcomes.items() if (point := self._point(nodeid, outcome))]
        return [curve for key, levels in sweep.items() for curve in robustness_curves(key, points, levels)]

    def _point(self, nodeid: str, outcome: Outcome) -> Point | None:
        run = self.run_id(nodeid)
        variant = self._variant_of(run)
        if outcome.level is None or variant is None or outcome.kind in ("skipped", "xfailed"):
            return None
        group = f"{run.variant.removesuffix(variant.name)}{variant.cell}".strip("-")
        key, level = outcome.level
        # What else went wrong went wrong at the lowest level too.
        kind = "tool_failure" if key.endswith(".tool_failure_probability") else key.split(".")[1]
        hits = outcome.result.faults.get(kind, {}) if outcome.result and kind.startswith("tool_") else {}
        verdict = {"success": True, "failed": False}.get(outcome.kind)
        return Point(level, run.scenario_id, group, verdict, hits)

    def keep(self, nodeid: str, outcome: Outcome) -> None:
        """Note what a report says of a run.

        A report on the same run before it, by a rerun or another worker, is forgotten, but for one that says that
        something is wrong: with `--dist each`, a run must succeed everywhere.
        """
        known = self.outcomes.get(nodeid)
        if outcome.level is None:
            outcome.level = self.level_of(nodeid)
        if known is None or not known.reported or known.kind in _AS_EXPECTED or outcome.kind not in _AS_EXPECTED:
            self.outcomes[nodeid] = outcome

    def results(self, duration: float) -> dict[str, PAREMultiScenarioValidationResult]:
        """Return the results of the runs that count, by variant.

        Args:
            duration: Length of the session in seconds of real time.
        """
        by_variant: dict[str, PAREMultiScenarioValidationResult] = {}
        order = dict.fromkeys(self.run_id(nodeid).variant for nodeid in self.outcomes)
        for nodeid, outcome in self.outcomes.items():
            if outcome.result is None or outcome.kind in ("skipped", "xfailed"):
                continue
            run = self.run_id(nodeid)
            if run.variant not in by_variant:
                config = MultiScenarioRunnerConfig.model_validate(outcome.config)
                by_variant[run.variant] = PAREMultiScenarioValidationResult(config, duration=duration)
            by_variant[run.variant].add_result(outcome.result, run.scenario_id, run.run_number)
        # Which of them had the first result is a matter of chance where one has none.
        return {variant: by_variant[variant] for variant in order if variant in by_variant}

    @property
    def deselected(self) -> int | None:
        """How many runs of the suite are not in this session; `None` if that is not known."""
        variants = {variant.name for variant in self.suite.variants}
        # Nobody knows how many variants there would be of fixtures that are parametrised.
        has_others = any(self.run_id(nodeid).variant not in variants for nodeid in self.outcomes)
        if self.planned is None or has_others or not self.all_collected:
            return None
        deselected = self.planned * len(variants) * self.suite.settings.runs - len(self.outcomes)
        # Less than nothing: the library has more scenarios than its source tells.
        return deselected if deselected >= 0 else None

    def count(self, kind: str) -> int:
        """Return how many runs became `kind`."""
        return sum(outcome.kind == kind for outcome in self.outcomes.values())


class Tally:
    """A plugin of the process that the user looks at: counts, reports, and sets the exit status.

    Results are kept as they arrive.

    Args:
        config: The session's configuration.
        suites: The suites, by the node ids of their files.
        planned: How many scenarios each selects before its limit, where the source of its library tells.
    """

    def __init__(self, config: pytest.Config, suites: Mapping[str, Suite], planned: Mapping[str, int]) -> None:
        self._config = config
        self._began = time.perf_counter()
        self._scored_failures = 0
        self.suites = {name: SuiteTally(name, suite, planned.get(name)) for name, suite in suites.items()}
        self.duration = 0.0
        self.problems: list[str] = []

    def pytest_sessionstart(self) -> None:
        """Remove the reports of an earlier session: none is better than one that tells of something else."""
        if only_looks(self._config):
            return
        for suite in self.suites.values():
            for path in filter(None, (suite.suite.json_report, suite.suite.parquet_report)):
                with suppress(OSError):
                    path.unlink()

    # -- what was selected

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the selected runs."""
        self._select(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Note the selected runs, which every worker has found alike."""
        self._select(ids)

    def _select(self, nodeids: Iterable[str]) -> None:
        for nodeid in nodeids:
            suite = self._suite_of(nodeid)
            if suite is not None:
                waiting = Outcome("no_result", reason=_NOT_RUN, reported=False, level=suite.level_of(nodeid))
                suite.outcomes.setdefault(nodeid, waiting)

    def _suite_of(self, nodeid: str) -> SuiteTally | None:
        return self.suites.get(nodeid.partition("::")[0])

    # -- what happened

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note a run that has begun: if nothing more is heard of it, its process died."""
        suite = self._suite_of(nodeid)
        outcome = None if suite is None else suite.outcomes.get(nodeid)
        if outcome is not None and outcome.is_waiting:
            outcome.reason = "it began and never ended"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a report says of a run."""
        suite = self._suite_of(report.nodeid)
        # Subtests send reports of a subclass, under the node id of the test around them.
        if suite is None or type(report) is not pytest.TestReport:
            return
        outcome = _outcome(report)
        if outcome is not None:
            suite.keep(report.nodeid, outcome)
            self._scored_failures += report.failed and outcome.result is not None
            problem = getattr(report, "pare", {}).get("problem")
            if problem is not None:
                self.problems.append(f"{suite.name}: {problem}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected."""
        suite = self._suite_of(report.nodeid)
        if report.failed and suite is not None and "::" in report.nodeid:
            # Nobody knows how many runs a broken module holds; the gate must miss one at least.
            suite.outcomes[report.nodeid] = Outcome("no_result", reason="the module could not be imported")
            suite.all_collected = False

    # -- what it comes to

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Let the gates decide, write the reports and set the exit status."""
        if only_looks(self._config):
            return
        self.duration = time.perf_counter() - self._began
        for suite in self.suites.values():
            if suite.outcomes:
                suite.verdict = self._judge(suite, interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
                self._write_reports(suite)
        verdicts = [suite.verdict for suite in self.suites.values() if suite.verdict is not None]
        all_passed = all(verdict.passed for verdict in verdicts) and not self.problems
        # Tests, teardowns, modules and other plugins count failures too (pytest-cov, for too little coverage).
        only_scored_failures = 0 < session.testsfailed == self._scored_failures
        if session.exitstatus == pytest.ExitCode.OK and not all_passed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif exitstatus == session.exitstatus == pytest.ExitCode.TESTS_FAILED and all_passed and only_scored_failures:
            session.exitstatus = pytest.ExitCode.OK

    def _judge(self, suite: SuiteTally, *, interrupted: bool) -> Verdict:
        counts: dict[str, Any] = {kind: suite.count(kind) for kind in _COUNTED}
        gate = suite.suite.settings.gate
        return evaluate_gate(
            GateInput(
                **counts,
                min_success_rate=gate.min_success_rate,
                robustness=least_area(suite.curves()),
                min_robustness=gate.robustness,
                partial=self._partial_reasons(suite),
                deselected=suite.deselected,
                interrupted=interrupted,
            )
        )

    def _write_reports(self, suite: SuiteTally) -> None:
        json_report, parquet_report = suite.suite.json_report, suite.suite.parquet_report
        if json_report is None and parquet_report is None:
            return
        from pytest_pare.results.files import write_json, write_parquet

        results = suite.results(self.duration)
        if json_report is not None:
            with self._telling(suite, json_report):
                write_json(json_report, suite.name, results, split_name(suite.suite), suite.verdict, suite.curves())
        if parquet_report is not None:
            with self._telling(suite, parquet_report):
                write_parquet(parquet_report, suite.name, results)

    @contextmanager
    def _telling(self, suite: SuiteTally, report: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.problems.append(f"{suite.name}: cannot write the report {report}: {error.strerror}")

    def _partial_reasons(self, suite: SuiteTally) -> tuple[str, ...]:
        """Return what made this session less than the suite, in the words of the command line."""
        if suite.deselected == 0:
            return ()
        reasons = list(narrowing(self._config, suite))
        if suite.deselected and not reasons:
            reasons = ["a plugin or a conftest.py"]
        return tuple(reasons)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report of each suite, and the gate's verdict."""
        from pytest_pare.terminal import write_summary

        if not only_looks(self._config):
            write_summary(terminalreporter, list(self.suites.values()), self.duration, self.problems)


def split_name(suite: Suite) -> str:
    """Return the name of the set of scenarios that a suite runs, for its report."""
    selection = suite.settings.scenarios
    if selection.split is not None:
        return suite.resolve(selection.split).stem
    return "custom" if selection.include or selection.exclude or selection.limit else "full"


def _outcome(report: pytest.TestReport) -> Outcome | None:
    """Return what a report says of its run; `None` if nothing."""
    expected = hasattr(report, "wasxfail")
    if report.skipped:
        reason = report.wasxfail if expected else _skip_reason(report)
        return Outcome("xfailed" if expected else "skipped", reason=reason)
    if report.when == "call" and report.outcome in ("passed", "failed"):
        return _outcome_of_call(report)
    if report.failed and report.when != "teardown":
        reason = f"a fixture failed: {_cause(report)}" if report.when == "setup" else "its process died"
        return Outcome("no_result", reason=reason)
    return None


def _outcome_of_call(report: pytest.TestReport) -> Outcome:
    record = getattr(report, "pare", None)
    if record is None:
        return Outcome("no_result", reason=_cause(report))
    result = result_from_record(record["result"])
    if report.failed and result.status == "success":
        # A strict xfail that passed, or another plugin's objection.
        result.success, result.rationale = False, _cause(report)
    level = record.get("level")
    return Outcome(result.status, result, record["config"], level=None if level is None else (level[0], level[1]))


def _cause(report: pytest.TestReport) -> str:
    """Return the line of a report that says what was wrong."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (report.longreprtext if crash is None else crash.message).strip().splitlines()
    # Without a traceback, as for a fixture that does not exist, pytest marks the line that matters.
    marked = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (marked or lines or ["no result was reported"])[0]


def _skip_reason(report: pytest.TestReport) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


def narrowing(config: pytest.Config, suite: SuiteTally) -> Iterator[str]:
    """Yield what the session was told that leaves runs of a suite out."""
    for option, flag in (("keyword", "-k"), ("markexpr", "-m")):
        if config.getoption(option, None):
            yield f"{flag} {config.getoption(option)}"
    for option, flag in (("lf", "--lf"), ("stepwise", "--sw"), ("deselect", "--deselect")):
        if config.getoption(option, None):
            yield flag
    if any(PurePath(arg.partition("::")[0]).name == suite.suite.path.name and "::" in arg for arg in config.args):
        yield "node ids"
    if suite.suite.settings.scenarios.limit is not None:
        yield f"limit {suite.suite.settings.scenarios.limit}"


def only_looks(config: pytest.Config) -> bool:
    """Tell whether this session runs nothing on purpose."""
    return any(config.getoption(option, False) for option in _LOOKS)
