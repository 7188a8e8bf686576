"""A suite on a page, compared with its baseline and with the sessions before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.results.comparison_lines import difference_line, left_out
from pytest_pare.results.history import scenario_histories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.results.comparison import Comparison, FigureChange, ScenarioChange, VariantComparison
    from pytest_pare.results.history import SessionEntry


def comparison_of(compared: Comparison | None) -> dict[str, Any] | None:
    """Return the comparison with a baseline as builtins for JSON; None without one."""
    if compared is None:
        return None
    return {
        "baseline": compared.baseline,
        "agents": [compared.baseline_agent, compared.agent],
        "verdict": compared.verdict,
        "reasons": list(compared.reasons),
        "margin": compared.max_regression,
        "variants": [_variant(one, compared.max_regression) for one in compared.variants],
        "not_compared": [
            f"{variant or 'the runs of this session'}: {reason}" for variant, reason in compared.not_compared.items()
        ],
        "left_out": left_out(compared),
        "warnings": list(compared.warnings),
    }


def _variant(one: VariantComparison, margin: float) -> dict[str, Any]:
    decision = one.decision
    return {
        "variant": one.variant,
        "verdict": one.verdict,
        "line": difference_line(one, margin),
        "before": decision.baseline_rate,
        "now": decision.candidate_rate,
        "difference": decision.difference,
        "interval": [decision.interval.low, decision.interval.high],
        "method": decision.method,
        "p_drop": decision.p_drop,
        "p_margin": decision.p_margin,
        "runs": [one.runs_before, one.runs_now],
        "scenarios": [_change(change) for change in one.scenarios if change.difference or change.lost or change.gained],
        "reasons": [vars(share) for share in one.drift if share.before != share.now],
        "figures": [_figure(name, getattr(one, name)) for name in ("cost", "tokens", "turns")],
    }


def _change(change: ScenarioChange) -> dict[str, Any]:
    return {
        "scenario": change.scenario_id,
        "before": f"{change.successes_before} of {change.runs_before}",
        "now": f"{change.successes_now} of {change.runs_now}",
        "difference": change.difference,
        "lost": change.lost,
        "gained": change.gained,
        "p": change.p_value,
        "significant": change.is_significant,
    }


def _figure(name: str, change: FigureChange) -> dict[str, Any]:
    return {"name": name, "before": change.before, "now": change.now}


def history_of_suite(sessions: Sequence[SessionEntry]) -> dict[str, Any] | None:
    """Return the last sessions of a suite, and its flaky scenarios, as builtins for JSON; None without any."""
    if not sessions:
        return None
    flaky = [one for one in scenario_histories(sessions) if one.flips]
    return {
        "sessions": [
            {
                "session": entry.session,
                "began": entry.started,
                "commit": entry.commit,
                "agent": entry.runs.agent_version,
                "verdict": entry.verdict,
                **entry.tally().to_dict(),
            }
            for entry in sessions
        ],
        "flaky": [one.to_dict() for one in flaky],
    }
