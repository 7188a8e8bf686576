"""The outcome of a run: its result, its trace, its warnings and errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_pare.base import telemetry
from pytest_pare.base.redaction import redacted_repr
from pytest_pare.base.serialization import to_short_text
from pytest_pare.results.validation_result import PAREScenarioValidationResult, exception_type_name
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.noise.marks import is_arrival
from pytest_pare.simulation.trace import ENV_EVENT, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper


@dataclass(frozen=True)
class Run:
    """The outcome of a run.

    Attributes:
        result: The result.
        trace: The trace, up to the end of the run.
        warnings: Warnings about noise that could not come or failed, about defects of the script with
            `script_errors="warn"`, and then about the cassette.
        agent_error: The exception of the agent under test that ended the run, if one did.
        export_error: Why the trace, the cassette or the log could not be written; `None` if each could, or was not to
            be written.
        recording_warnings: The warnings about the cassette.
        setup_seconds: Seconds of real time for importing and making the agent, before the run began.
        env: The environment at the end of the run, for a debugger; `None` if the run had none, or was made in another
            process.
        forker: Forks the run, see `fork`; `None` for a run that cannot be forked.
    """

    result: PAREScenarioValidationResult
    trace: Trace
    warnings: tuple[str, ...] = ()
    agent_error: BaseException | None = None
    export_error: str | None = None
    recording_warnings: tuple[str, ...] = ()
    setup_seconds: float = 0.0
    env: StateAwareEnvironmentWrapper | None = field(default=None, repr=False, compare=False)
    forker: Callable[..., Any] | None = field(default=None, repr=False, compare=False)

    __repr__ = redacted_repr

    def _repr_html_(self) -> str:
        """Return the run as HTML for a notebook."""
        from pytest_pare.simulation.notebook import run_html

        return run_html(self.result, self.trace, self.warnings)

    @property
    def success(self) -> bool:
        """Whether the run has a verdict, and succeeded."""
        return self.result.status == "success"

    def fork(self, at: int, *, times: int = 1, **change: Any) -> Any:
        """Play the run again up to a step, and let it go on with a change.

        Only runs of the fixture `pare` can be forked.

        Args:
            at: The number of the step, as `pytest-pare show` prints it.
            times: The number of forks. Each but the first has other draws from the step on.
            **change: One of `answer` (the model's text, or `accept` or `reject`), `tool_result` (a value), `model` (a
                name, with `provider` and `endpoint` where they are others) and `agent` (an agent, or its
                `module:name`); without one, the run goes on as it was.

        Returns:
            A `pytest_pare.what_if.fork.Fork`, with `run`, `result`, `trace`, `success` and `diff`.

        Raises:
            RuntimeError: If the run is none of the fixture `pare`.
            ForkError: If the run cannot be forked as asked; a `ValueError`.
        """
        if self.forker is None:
            raise RuntimeError("this run cannot be forked; only runs of the fixture pare can")
        __tracebackhide__ = True
        return self.forker(self, at, times=times, **change)


def span_of(scenario: PAREScenario, variant: str, agent: str | None) -> telemetry.Span:
    """Return the span of a run for telemetry.

    Args:
        scenario: The scenario.
        variant: The variant; empty without one.
        agent: The name of the agent under test; `None` without one.
    """
    return telemetry.run(scenario.scenario_id, scenario.seed, scenario.run_number, variant, agent)


def set_outcome(span: telemetry.Span, result: PAREScenarioValidationResult) -> None:
    """Set the outcome of a run on its span."""
    error = result.exception
    name, text = (None, result.rationale) if error is None else (exception_type_name(error), to_short_text(error))
    span.judged(result.status, success=result.success, error=name, explanation=text)


def fill_in(result: PAREScenarioValidationResult, trace: Trace) -> None:
    """Set the figures of a result that are counted in the trace. Those of agents stay empty in oracle mode."""
    noise = (one for one in trace.events if one.fault == ENV_EVENT and one.error is None)
    result.noise_events = sum(is_arrival(one.event_id) for one in noise)
    result.faults = trace.faults()
    if trace.agent is None:
        return
    result.proposal_count = len(trace.proposals())
    result.acceptance_count = len(trace.acceptances())
    result.rejection_count = len(trace.rejections())
    result.read_only_actions = len(trace.actions("AGENT", operation="read"))
    result.write_actions = len(trace.actions("AGENT", operation="write"))
    result.gather_context = len(trace.turns_of_gathering())
    result.reads_before_first_proposal = len(trace.reads_before_proposal())
    result.writes_without_consent = len(trace.writes_without_consent())
    result.number_of_turns = trace.turns
    result.turns_saved = trace.turns_saved
    result.prompt_version = trace.prompts
    result.usage = trace.usage()


def with_defects(result: PAREScenarioValidationResult, defects: list[str]) -> PAREScenarioValidationResult:
    """Return the result of a run whose scenario has defects: an exception.

    Args:
        result: The result without the defects. Its own exception follows them in the text, and is the `__cause__`.
        defects: The defects, a sentence each.
    """
    error = result.exception
    texts = defects if error is None else [*defects, f"{exception_type_name(error)}: {to_short_text(error)}"]
    defect = ScenarioDefect("; ".join(texts))
    defect.__cause__ = error
    return PAREScenarioValidationResult(success=None, exception=defect, rationale=result.rationale)
