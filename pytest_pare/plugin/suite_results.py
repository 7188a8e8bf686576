"""What became of the runs of a suite, as far as the reports that have arrived tell."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.results.attempts import Attempts
from pytest_pare.results.robustness import Curve, Point, robustness_curves
from pytest_pare.results.validation_result import PAREMultiScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings.variants import RUN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.settings import Suite, Variant

NOT_RUN = "the session ended before it was run"
"""Why a run has no result before it has begun."""

_AS_EXPECTED = ("success", "skipped", "xfailed")


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
        replaced: Whether a plugin has run the test again after this attempt.
        died: Whether there is no result because the process died.
    """

    kind: str
    result: PAREScenarioValidationResult | None = None
    config: Mapping[str, Any] | None = None
    reason: str = ""
    reported: bool = True
    level: tuple[str, float] | None = None
    replaced: bool = False
    died: bool = False

    @property
    def is_infrastructure(self) -> bool:
        """Whether the attempt says nothing of the agent: an engine could not answer, or the process died."""
        return self.died or (self.result is not None and self.result.error_kind == "infrastructure")

    @property
    def word(self) -> str:
        """What became of it, in the words of a report."""
        if self.died:
            return "process died"
        return "infrastructure" if self.is_infrastructure else self.kind.replace("_", " ")

    @property
    def is_waiting(self) -> bool:
        """Whether the run has not begun."""
        return not self.reported and self.reason == NOT_RUN


def without_group(nodeid: str) -> str:
    """Return a node id without `@group`, which pytest-xdist adds to it with `--dist loadgroup`."""
    path, colons, name = nodeid.rpartition("::")
    end = name.rfind("@")
    return path + colons + (name[:end] if end > name.rfind("]") else name)


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
        scenario_id, _, parameters = without_group(nodeid).partition("::")[2].partition("[")
        parameters = parameters.rpartition("]")[0]
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
        attempts: By node id, each attempt that was reported, in the order of the reports.
        all_collected: Whether every module of its library could be imported.
        verdict: Of the gate, when the session is over.
        setup_seconds: Real time in seconds that it took to import and to make the agents, in all processes together.
    """

    name: str
    suite: Suite
    planned: int | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    attempts: dict[str, list[Outcome]] = field(default_factory=dict)
    all_collected: bool = True
    verdict: Verdict | None = None
    setup_seconds: float = 0.0
    _configs: dict[str, MultiScenarioRunnerConfig] = field(default_factory=dict, init=False, repr=False)

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
        """Note what a report says of an attempt at a run."""
        if outcome.level is None:
            outcome.level = self.level_of(nodeid)
        self.attempts.setdefault(nodeid, []).append(outcome)
        self.outcomes[nodeid] = counted(self.attempts[nodeid], self.suite.settings.gate.reruns)

    def replace_last(self, nodeid: str) -> None:
        """Note that a plugin runs a test again although its last attempt came to its end: the teardown has failed."""
        if attempts := self.attempts.get(nodeid):
            attempts[-1].replaced = True
            self.outcomes[nodeid] = counted(attempts, self.suite.settings.gate.reruns)

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
                if attempt.result is None or attempt.kind in ("skipped", "xfailed"):
                    continue
                config = self._config(attempt)
                if run.variant not in by_variant:
                    by_variant[run.variant] = PAREMultiScenarioValidationResult(config, duration=duration)
                if attempt is outcome:
                    by_variant[run.variant].add_result(attempt.result, run.scenario_id, run.run_number, config)
                else:
                    by_variant[run.variant].other_attempts.append(attempt.result)
        # Which of them had the first result is a matter of chance where one has none.
        return {variant: by_variant[variant] for variant in order if variant in by_variant}

    def _config(self, outcome: Outcome) -> MultiScenarioRunnerConfig:
        # Most runs share one, and to check it again for each would take longer than all else here.
        settings = json.dumps(outcome.config, sort_keys=True)
        if settings not in self._configs:
            self._configs[settings] = MultiScenarioRunnerConfig.model_validate(outcome.config)
        return self._configs[settings]

    def earlier_attempts(self, nodeid: str) -> list[Outcome]:
        """Return the attempts at a run that do not count although they came before the one that does."""
        attempts = self.attempts.get(nodeid, [])
        counted = next((n for n, attempt in enumerate(attempts) if attempt is self.outcomes[nodeid]), 0)
        return [attempt for attempt in attempts[:counted] if attempt.replaced]

    def times_played(self) -> Attempts:
        """Return how often the runs of the suite were played."""
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
            counts=self.suite.settings.gate.reruns,
        )

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


def counted(attempts: Sequence[Outcome], reruns: Literal["first", "last"]) -> Outcome:
    """Return the attempt at a run that counts.

    Args:
        attempts: All of them, in their order. Several that nothing has replaced are those of several workers, with
            `--dist each`: of these, each must succeed.
        reruns: Which one counts where a plugin has run the test again. An attempt that infrastructure has ended says
            nothing of the agent and is replaced in either case.
    """
    final = [attempt for attempt in attempts if not attempt.replaced]
    wrong = [attempt for attempt in final if attempt.kind not in _AS_EXPECTED]
    last = (wrong or final or attempts)[-1]
    first = next((attempt for attempt in attempts if attempt.replaced and not attempt.is_infrastructure), last)
    # Where a plugin wants several successes, the first of them is not enough.
    return last if reruns == "last" or first.kind in _AS_EXPECTED else first
