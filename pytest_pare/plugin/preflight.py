"""Lists the models of a session in the header, and checks them before the first run."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.base.run_files import why_not_writable
from pytest_pare.engines.errors import SET_LIVE
from pytest_pare.engines.model_resolution import is_hugging_face, name_of, route
from pytest_pare.plugin.narrowing import only_looks
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
    from pytest_pare.settings import Suite, SuiteSettings


def model_lines(suite: Suite, scenarios: int) -> list[str]:
    """Return the header's lines about the models that a suite calls or replays; none if it uses no model.

    Args:
        suite: The suite.
        scenarios: The number of planned scenarios; 0 if it is unknown.
    """
    roles: dict[tuple[str, str], dict[str, None]] = {}
    runs: Counter[tuple[str, str]] = Counter()
    for settings in _settings(suite):
        how = "replay" if _is_replayed(settings) else "live"
        models = [(role, (how, name_of(engine))) for role, engine in _models(settings.runner)]
        for role, model in models:
            roles.setdefault(model, {})[role] = None
        # A model may have several roles in a variant.
        runs.update({model: settings.most_runs * (scenarios or 1) for _, model in models})
    each = "" if scenarios else " of each scenario"
    return [
        f"{how}: {', '.join(names)}: {model}, {plural(runs[how, model], 'run')}{each}"
        for (how, model), names in roles.items()
    ]


def calls_models(suite: Suite) -> bool:
    """Return whether any run of a suite calls a model."""
    return any(True for settings in _settings(suite) for _ in _called(settings, settings.runner))


def variants_with_models(suite: Suite) -> set[str]:
    """Return the names of a suite's variants that call or replay a model."""
    return {variant.name for variant in suite.variants if any(True for _ in _models(variant.settings.runner))}


def require_permission(settings: SuiteSettings, config: ScenarioRunnerConfig) -> None:
    """Fail the test if a fixture returned an engine that calls a model, and the suite does not allow that.

    Raises:
        pytest.fail.Exception: If so.
    """
    for role, engine in () if settings.live else _called(settings, config):
        pytest.fail(
            f"the {role} engine calls a model, {name_of(engine)}, {SET_LIVE}",
            pytrace=False,
        )


def refuse_unknown_cost(suites: Iterable[Suite], what: str) -> None:
    """Refuse suites with models whose cost is never known.

    Args:
        suites: The suites.
        what: What needs the cost.

    Raises:
        pytest.UsageError: If a suite has such a model.
    """
    for suite in suites:
        for settings in _settings(suite):
            for role, engine in _called(settings, settings.runner):
                if engine.price is None and _is_unlisted(engine):
                    key: tuple[str, ...] = ("runner", f"{role}_engine_config", "price")
                    message = f"no list has the price of {name_of(engine)}, and {what} needs it; set it here"
                    raise pytest.UsageError(redacted(str(suite.error(key, message))))


def _is_unlisted(engine: LLMEngineConfig) -> bool:
    """Return whether no list of prices has a model: it belongs to an endpoint of the user's own, or to Hugging Face."""
    return not engine.is_extension and (is_hugging_face(engine) or route(engine).is_own)


class EndpointCheck:
    """A plugin of the controller.

    Args:
        suites: The suites of the session.
    """

    def __init__(self, suites: Collection[Suite]) -> None:
        self._suites = suites
        self._engines = [
            engine
            for suite in suites
            for settings in _settings(suite)
            for _, engine in _called(settings, settings.runner)
        ]

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Stop the session if a model cannot be called, or its answers cannot be recorded.

        Raises:
            pytest.UsageError: If so.
        """
        if only_looks(session.config):
            return
        for suite in self._suites:
            _require_writable_cassettes(suite)
        if not self._engines:
            return
        from pytest_pare.engines.check import problem_with

        problem = problem_with(self._engines)
        if problem is not None:
            raise pytest.UsageError(problem)


def _require_writable_cassettes(suite: Suite) -> None:
    settings, directory = suite.settings.cassettes, suite.cassettes_dir
    # Fixtures may replace an offline engine by a model, but not in oracle mode.
    may_record = suite.settings.live and any(not (one.runner.oracle or _is_replayed(one)) for one in _settings(suite))
    if settings is None or directory is None or not may_record:
        return
    reason = why_not_writable(directory)
    # If only missing answers are recorded, an existing directory may have all of them.
    has_all = settings.mode != "all" and os.path.isdir(directory)  # noqa: PTH112 - `Path.is_dir` may raise
    if reason is not None and not has_all:
        message = f"cassettes cannot be written to {directory}: {reason}; name another directory, or make it writable"
        raise pytest.UsageError(redacted(str(suite.error(("cassettes", "dir"), message))))


def _settings(suite: Suite) -> list[SuiteSettings]:
    return [variant.settings for variant in suite.variants]


def _called(settings: SuiteSettings, runner: ScenarioRunnerConfig) -> Iterator[tuple[str, LLMEngineConfig]]:
    """Yield role and engine of the models that a run may call."""
    if not _is_replayed(settings):
        yield from _models(runner)


def _models(runner: ScenarioRunnerConfig) -> Iterator[tuple[str, LLMEngineConfig]]:
    if not runner.oracle:
        yield from ((role, engine) for role, engine in runner.engines.items() if engine.is_live)


def _is_replayed(settings: SuiteSettings) -> bool:
    """Return whether runs only replay, even if requests differ from the recorded ones."""
    cassettes = settings.cassettes
    if cassettes is None or cassettes.mode != "none":
        return False
    return not (settings.live and cassettes.on_drift == "rerecord")
