"""The runs of a suite: their identities, outcomes and results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_pare.ledger.outcomes import Outcome, counted
from pytest_pare.ledger.plan import VariantKey
from pytest_pare.ledger.run_id import RunId, without_end
from pytest_pare.results.attempts import Attempts
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.robustness import Curve, Point, robustness_curves
from pytest_pare.results.run_entries import RunEntry
from pytest_pare.results.run_set import LEFT_OUT
from pytest_pare.results.suite_report import SuiteReport
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.ledger.plan import SuitePlan
    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.known_agents import KnownAgents

# Outcomes of runs that were not played, or whose result is not reported. A run that is left out because the simulated
# user failed has used its models.
_WITHOUT_USE = tuple(kind for kind in LEFT_OUT if kind != "user_fault")


@dataclass
class SuiteResults:
    """The runs of one suite.

    Attributes:
        plan: What the suite runs, and how it is judged.
        outcomes: By node id, in the order of the collection.
        attempts: By node id, each attempt that was reported, in the order of the reports.
        all_collected: Whether every module of its library could be imported.
        verdict: The gate's verdict; `None` until the session has ended.
        setup_seconds: Real time in seconds that it took to import and to make the agents, in all processes together.
        undrawn: The scenarios that were played as written although `variation` is on, because they declare no draws.
        known_agents: How the control agents do on the suite; `None` if nobody has asked.
        run_seconds: Real time in seconds of the runs of this session with their fixtures, all together.
        workers: The processes that have sent reports of runs.
    """

    plan: SuitePlan
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    attempts: dict[str, list[Outcome]] = field(default_factory=dict)
    all_collected: bool = True
    verdict: Verdict | None = None
    setup_seconds: float = 0.0
    undrawn: set[str] = field(default_factory=set)
    known_agents: KnownAgents | None = None
    run_seconds: float = 0.0
    workers: set[object] = field(default_factory=set)
    _configs: list[tuple[Mapping[str, Any] | None, MultiScenarioRunnerConfig]] = field(
        default_factory=list, init=False, repr=False
    )
    _ids: dict[str, RunId] = field(default_factory=dict, init=False, repr=False)
    _report: SuiteReport | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        """The suite file, relative to the rootdir."""
        return self.plan.name

    def identify(self, nodeid: str, run: RunId) -> None:
        """Note which run a node id stands for."""
        self._ids[nodeid] = run

    def run_id(self, nodeid: str) -> RunId:
        """Return the run that a node id of this suite stands for.

        A run without a report, such as one that no worker has begun, is identified by its node id.
        """
        if nodeid not in self._ids:
            run = RunId.of(nodeid, repeated=self.plan.runs > 1)
            known = [one for one in self.plan.variants if one.name and f"-{run.variant}".endswith(f"-{one.name}")]
            one = max(known, key=lambda one: len(one.name), default=VariantKey())
            parameters = without_end(run.variant, one.name)
            self._ids[nodeid] = replace(run, parameters=parameters, cell=one.cell, level=one.level)
        return self._ids[nodeid]

    def curves(self) -> list[Curve]:
        """Return the robustness curves of the suite's sweep; none without one."""
        sweep = self.plan.sweep
        if not sweep:
            return []
        points = [point for nodeid, outcome in self.outcomes.items() if (point := self._point(nodeid, outcome))]
        return [curve for key, levels in sweep.items() for curve in robustness_curves(key, points, levels)]

    def _point(self, nodeid: str, outcome: Outcome) -> Point | None:
        run = self.run_id(nodeid)
        if run.level is None or outcome.kind in LEFT_OUT:
            return None
        group = "-".join(filter(None, (run.parameters, run.cell)))
        key, level = run.level
        # Other faults happen at the lowest level too.
        kind = "tool_failure" if key.endswith(".tool_failure_probability") else key.split(".")[1]
        hits = outcome.result.faults.get(kind, {}) if outcome.result and kind.startswith("tool_") else {}
        verdict = {"success": True, "failed": False}.get(outcome.kind)
        return Point(level, run.scenario_id, group, verdict, hits)

    def add_notes(self, nodeid: str, record: Mapping[str, Any]) -> None:
        """Add what the record of an attempt says besides its outcome."""
        self.setup_seconds += record.get("setup_seconds", 0.0)
        if record.get("undrawn"):
            self.undrawn.add(self.run_id(nodeid).scenario_id)

    def keep(self, nodeid: str, outcome: Outcome) -> None:
        """Add the outcome of an attempt at a run."""
        self._report = None
        if self.plan.gate.user_faults == "leave_out":
            outcome.leave_out_user_faults()
        self.attempts.setdefault(nodeid, []).append(outcome)
        self.outcomes[nodeid] = counted(self.attempts[nodeid], self.plan.gate.reruns)

    def not_collected(self, nodeid: str) -> None:
        """Note a module that could not be collected; it holds an unknown number of runs, and counts as one."""
        self.outcomes[nodeid] = Outcome("no_result", reason="the module could not be collected")
        self.all_collected = False

    def replace_last(self, nodeid: str) -> None:
        """Mark the last attempt as replaced, because a plugin runs the test again after a failed teardown."""
        if attempts := self.attempts.get(nodeid):
            self._report = None
            attempts[-1].replaced = True
            self.outcomes[nodeid] = counted(attempts, self.plan.gate.reruns)

    def report(self, duration: float) -> SuiteReport:
        """Return the report on the suite, which is built once unless further attempts are noted.

        Args:
            duration: Length of the session in seconds of real time.
        """
        if self._report is None:
            self._report = SuiteReport(
                self.name,
                self.results(duration),
                self.plan.split,
                self.verdict,
                self.curves(),
                self.times_played(),
                self.setup_seconds,
                self.plan.gate.robustness,
                self._entries(),
                tuple(sorted(self.undrawn)),
                self.known_agents,
            )
        return self._report

    def _entries(self) -> list[RunEntry]:
        runs = ((self.run_id(nodeid), outcome) for nodeid, outcome in self.outcomes.items())
        return [
            RunEntry(run.scenario_id, run.variant, run.run_number, one.kind, one.reason, one.result, one.reused)
            for run, one in runs
        ]

    def results(self, duration: float) -> dict[str, PAREMultiScenarioValidationResult]:
        """Return the results of the runs that count, by variant.

        Args:
            duration: Length of the session in seconds of real time.
        """
        by_variant: dict[str, PAREMultiScenarioValidationResult] = {}
        order = dict.fromkeys(self.run_id(nodeid).variant for nodeid in self.outcomes)
        for nodeid, outcome in self.outcomes.items():
            run = self.run_id(nodeid)
            for attempt in self.attempts.get(nodeid, [outcome]):
                if attempt.result is None or attempt.kind in _WITHOUT_USE:
                    continue
                config = self._config(attempt)
                if run.variant not in by_variant:
                    by_variant[run.variant] = PAREMultiScenarioValidationResult(config, duration=duration)
                if attempt is outcome and attempt.kind not in LEFT_OUT:
                    by_variant[run.variant].add_result(attempt.result, run.scenario_id, run.run_number, config)
                else:
                    by_variant[run.variant].other_attempts.append(attempt.result)
        # In the order of the collection: the order of the first results is a matter of chance.
        return {variant: by_variant[variant] for variant in order if variant in by_variant}

    def _config(self, outcome: Outcome) -> MultiScenarioRunnerConfig:
        # Most runs share a config, and validating it for each would take longer than everything else here.
        for settings, config in self._configs:
            if settings is outcome.config or settings == outcome.config:
                return config
        self._configs.append((outcome.config, MultiScenarioRunnerConfig.model_validate(outcome.config)))
        return self._configs[-1][1]

    def earlier_attempts(self, nodeid: str) -> list[Outcome]:
        """Return the replaced attempts at a run before the one that counts."""
        attempts = self.attempts.get(nodeid, [])
        if len(attempts) < 2:
            return []
        counted = next((n for n, attempt in enumerate(attempts) if attempt is self.outcomes[nodeid]), 0)
        return [attempt for attempt in attempts[:counted] if attempt.replaced]

    def times_played(self) -> Attempts:
        """Return the number of attempts at the runs of the suite."""
        replaced = Counter(
            attempt.word for attempts in self.attempts.values() for attempt in attempts if attempt.replaced
        )
        succeeded = [
            [attempt for attempt in attempts if attempt.replaced]
            for nodeid, attempts in self.attempts.items()
            if self.outcomes[nodeid].kind == "success"
        ]
        return Attempts(
            total=sum(map(len, self.attempts.values())),
            runs=len(self.attempts),
            replaced=dict(sorted(replaced.items())),
            recovered=sum(any(attempt.is_infrastructure for attempt in attempts) for attempts in succeeded),
            after_death=sum(any(attempt.died for attempt in attempts) for attempts in succeeded),
            counts=self.plan.gate.reruns,
        )

    @property
    def deselected(self) -> int | None:
        """The number of runs of the suite that are not in this session; `None` if it is unknown."""
        # How many parameters a fixture has is unknown: some of them may be deselected.
        has_others = any(self.run_id(nodeid).parameters for nodeid in self.outcomes)
        if self.plan.selected is None or has_others or not self.all_collected:
            return None
        deselected = self.plan.selected * len(self.plan.variants) * self.plan.runs - len(self.outcomes)
        # Negative if the library has more scenarios than its source shows.
        return deselected if deselected >= 0 else None

    def count(self, kind: str) -> int:
        """Return the number of runs with an outcome of this kind."""
        return sum(outcome.kind == kind for outcome in self.outcomes.values())
