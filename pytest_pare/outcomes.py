"""What became of the runs of a suite, as far as the reports that have arrived tell."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_pare.results.robustness import Curve, Point, robustness_curves
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.validation_result import PAREMultiScenarioValidationResult
from pytest_pare.settings.variants import RUN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.results.gate import Verdict
    from pytest_pare.scenarios.validation_result import PAREScenarioValidationResult
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
        return not self.reported and self.reason == NOT_RUN


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
        configs: dict[str, MultiScenarioRunnerConfig] = {}
        order = dict.fromkeys(self.run_id(nodeid).variant for nodeid in self.outcomes)
        for nodeid, outcome in self.outcomes.items():
            if outcome.result is None or outcome.kind in ("skipped", "xfailed"):
                continue
            run = self.run_id(nodeid)
            # Most runs share one, and to check it again for each would take longer than all else here.
            settings = json.dumps(outcome.config, sort_keys=True)
            if settings not in configs:
                configs[settings] = MultiScenarioRunnerConfig.model_validate(outcome.config)
            if run.variant not in by_variant:
                by_variant[run.variant] = PAREMultiScenarioValidationResult(configs[settings], duration=duration)
            by_variant[run.variant].add_result(outcome.result, run.scenario_id, run.run_number, configs[settings])
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
