"""Finds which runs of a session can be played at the same time in one process, and why others cannot."""

from __future__ import annotations

import inspect
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_pare.plugin import fixtures
from pytest_pare.plugin.options import BUDGET
from pytest_pare.plugin.preflight import calls_models
from pytest_pare.plugin.preparation import is_factory
from pytest_pare.plugin.stash import suite_of
from pytest_pare.results.text import plural
from pytest_pare.scenarios.agent_program import AgentProgram
from pytest_pare.settings.runs import RunRange

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pytest

    from pytest_pare.settings import RunnerSettings, Suite

NAME = "pare-concurrent-runs"
"""The name of the plugin that plays runs at the same time, if there is one."""

_AGENT = "proactive_agent"
_PARAMETERS = frozenset({"pare_variant", "pare_run_number"})
# Marks that may keep a run from being played, or change how it is reported.
_MARKS = ("skipif", "filterwarnings")


def most_at_once(runner: RunnerSettings) -> int:
    """Return the number of runs that are played at the same time."""
    return runner.max_concurrent_scenarios or os.cpu_count() or 1


def wanted(suites: Iterable[Suite]) -> int:
    """Return the largest number of runs at a time that suites ask for."""
    return max(most_at_once(variant.settings.runner) for suite in suites for variant in suite.variants)


def at_once_of_session(config: pytest.Config, suites: Iterable[Suite]) -> int:
    """Return the largest number of runs that a process of a session plays at once."""
    return wanted(suites) if obstacle_of_session(config) is None else 1


def obstacle_of_session(config: pytest.Config) -> str | None:
    """Return why a session plays its runs one by one; `None` if it need not."""
    if config.getoption("usepdb") or config.getoption("trace"):
        return "a debugger stops in one run at a time (--pdb, --trace)"
    if config.getoption(BUDGET.dest):
        return f"{BUDGET.flag} starts a run when it has the use of the runs before it"
    dist = config.getoption("dist", "no")
    if dist in ("each", "worksteal"):
        return f"--dist {dist} moves runs between workers, or repeats them"
    return None


def one_by_one(config: pytest.Config, suites: Collection[Suite]) -> list[str]:
    """Return a line if a session plays runs one by one that could be played at once, with the reason."""
    if wanted(suites) > 1:
        reason = obstacle_of_session(config)
        return [] if reason is None else [f"one run at a time in each process: {reason}"]
    is_alone = config.getoption("dist", "no") == "no" and not config.getoption("collectonly")
    if is_alone and any(calls_models(suite) for suite in suites):
        return ["one run at a time; --pare-concurrency 40 plays 40 at once"]
    return []


def obstacle(item: pytest.Item) -> str | None:
    """Return why a run cannot be played at the same time as others; `None` if it can."""
    marked = next((name for name in _MARKS if item.get_closest_marker(name) is not None), None)
    if marked is None and any(mark.kwargs.get("run") is False for mark in item.iter_markers("xfail")):
        marked = "xfail(run=False)"
    if marked is not None:
        return f"mark {marked}"
    parameters = parameters_of(item).keys() - _PARAMETERS
    if parameters:
        return f"fixture {min(parameters)} is parametrised"
    for name, definition in fixture_definitions(item).items():
        # pytest has a definition of its own for the number of the run.
        is_plain = definition.func.__module__ in (fixtures.__name__, "_pytest.python")
        if is_plain or (definition.scope == "session" and (name == _AGENT or not hasattr(fixtures, name))):
            continue
        if definition.scope == "session":
            return f"fixture {name} is overridden"
        return f"fixture {name} of scope {definition.scope}, not session"
    return None


def fixture_definitions(item: pytest.Item) -> dict[str, Any]:
    """Return the fixtures of an item: for each name, the definition that overrides all others."""
    definitions: dict[str, Any] = vars(item)["_fixtureinfo"].name2fixturedefs
    return {name: found[-1] for name, found in definitions.items() if found}


def shares_fixtures(item: pytest.Item, other: pytest.Item) -> bool:
    """Return whether the fixtures of a session that an item uses are set up, because another one has set them up."""
    known = fixture_definitions(other)
    return all(
        definition is known.get(name)
        for name, definition in fixture_definitions(item).items()
        if definition.scope == "session"
    )


def is_per_run(agent: object) -> bool:
    """Return whether the value of `proactive_agent` gives each run an agent of its own, or is a function."""
    return agent is None or isinstance(agent, AgentProgram) or is_factory(agent) or inspect.isfunction(agent)


def is_in_later_round(item: pytest.Item, other: pytest.Item) -> bool:
    """Return whether a look at the rounds up to that of `other` may leave a run out."""
    suite = suite_of(item)
    if suite is None or not isinstance(suite.settings.runs, RunRange):
        return False
    return _round_of(item) > max(suite.settings.least_runs, _round_of(other))


def _round_of(item: pytest.Item) -> int:
    return int(parameters_of(item).get("pare_run_number", 0))


def parameters_of(item: Any) -> dict[str, Any]:
    """Return the parameters of an item, by name."""
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def lines(items: Iterable[pytest.Item]) -> list[str]:
    """Return how many of the items' runs are concurrent, and why others are not, on one line; nothing without runs."""
    obstacles: Counter[str] = Counter()
    concurrent, at_once = 0, 1
    for item in items:
        runner = runner_of(item)
        if runner is None or item.get_closest_marker("skip") is not None:
            continue
        if most_at_once(runner) == 1:
            reason: str | None = "max_concurrent_scenarios is 1"
        else:
            at_once = max(at_once, most_at_once(runner))
            reason = obstacle(item)
        if reason is None:
            concurrent += 1
        else:
            obstacles[reason] += 1
    if at_once == 1:
        return []
    parts = [f"{plural(concurrent, 'run')}, up to {min(at_once, concurrent)} at once"] if concurrent else []
    for reason, count in obstacles.most_common():
        parts.append(f"{count if parts else plural(count, 'run')} one by one: {reason}")
    return [f"pare: {'; '.join(parts)}"] if parts else []


def runner_of(item: pytest.Item) -> RunnerSettings | None:
    """Return the settings of the variant that an item is run in; `None` for an item that is no run."""
    suite = suite_of(item)
    if suite is None:
        return None
    name = parameters_of(item).get("pare_variant")
    found = next((one for one in suite.variants if name is None or one.name == name), None)
    return None if found is None else found.settings.runner
