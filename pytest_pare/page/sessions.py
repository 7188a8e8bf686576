"""The session of a suite on a page: when it ran, on what, and with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from pytest_pare.page.suites import PageSuite


def facts_of(suite: PageSuite) -> list[list[str]]:
    """Return the facts on the session of a suite, each a label and a text. The name of the machine is none of them."""
    report, ledger = suite.report, suite.ledger
    scenarios = len({entry.scenario_id for entry in report.entries})
    facts: dict[str, Any] = {
        "Suite": report.suite,
        "Scenarios": scenarios,
        "Split": report.split,
        "Runs": len(report.entries),
        "Mode": ", ".join(sorted(+report.modes)),
    }
    if ledger is not None:
        header = ledger.header
        commit = header.commit
        kept = sum(one.trace_path is not None for one in suite.runs.values())
        facts |= {
            "Session": header.session,
            "Began": header.began,
            "Duration": f"{ledger.duration:.1f} s" if ledger.end else "the session has not ended",
            "Agent version": header.agent_version,
            "Commit": None if commit is None else commit.id + (", with changed files" if commit.dirty else ""),
            "Shard": None if header.shard is None else f"{header.shard[0]} of {header.shard[1]}",
            "Resumed from": header.resumed_from,
            "Traces": f"{kept} of {plural(len(suite.runs), 'run')}",
            "System": header.host.get("system"),
            "Processors": header.host.get("processors"),
            **header.versions,
        }
    return [[label, str(value)] for label, value in facts.items() if value not in (None, "")]


def settings_of(suite: PageSuite) -> dict[str, Any]:
    """Return the settings of a suite on which its runs depend, without those that are not set."""
    if suite.ledger is None:
        return {}
    settings = suite.ledger.header.plan.settings
    return {key: value for key, value in sorted(settings.items()) if value not in (None, [], {}, "")}
