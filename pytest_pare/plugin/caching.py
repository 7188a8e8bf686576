"""Reuses results of earlier sessions where nothing that a run depends on has changed: `runner.enable_caching`."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.cache import CachedResult, Place, cache_key, index_results, result_at
from pytest_pare.ledger.directory import ledgers
from pytest_pare.ledger.header import commit_of, versions
from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.collected import shared_sources
from pytest_pare.plugin.session_files import session_file
from pytest_pare.scenarios.config_hash import NOT_HASHED
from pytest_pare.scenarios.noise_config import ENVIRONMENT_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.ledger.plan import ScenarioSource
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.settings import Suite

_ENGINES = frozenset(name for name in NOT_HASHED if name.endswith("_engine_config"))
_REUSED = pytest.StashKey[bool]()
"""Whether the result of an item was reused: a plugin that runs it again has it played."""
_CACHE = pytest.StashKey[dict[str, "_SuiteCache | None"]]()
"""The results of earlier sessions by suite, on the config of a process that plays."""


@dataclass(frozen=True)
class _Shared:
    """Tells the processes of a session that a suite reuses results.

    Attributes:
        agent: The version of the agent.
        ledgers: The ledgers of earlier sessions, the oldest first.
        versions: What `header.versions` returns.
    """

    agent: str
    ledgers: list[str]
    versions: dict[str, str]


@dataclass(frozen=True)
class _SuiteCache:
    """The results that a suite may reuse.

    Attributes:
        shared: What keys have in common.
        sources: The sources of its scenarios, by id.
        places: The places of the results, by key.
    """

    shared: _Shared
    sources: dict[str, ScenarioSource]
    places: dict[str, Place]


def begin(suites: Mapping[str, Suite], rootdir: Path) -> list[str]:
    """Let the processes of the session reuse results, and return a line for each suite that asks for it.

    Args:
        suites: The suites, by the node ids of their files.
        rootdir: The rootdir of the session.
    """
    return [
        f"pare: {name} {_begin(name, suite, rootdir)}"
        for name, suite in suites.items()
        if any(_is_enabled(variant.settings.runner) for variant in suite.variants)
    ]


def _begin(name: str, suite: Suite, rootdir: Path) -> str:
    where, agent = suite.ledger_dir(rootdir), suite.settings.agent_version
    if where is None:
        return "reuses no results, with ledger: false no results are recorded"
    shown = f"agent version {agent}"
    runners = [variant.settings.runner for variant in suite.variants if _is_enabled(variant.settings.runner)]
    if agent is None and all(runner.agent is not None for runner in runners):
        return "reuses no results, the version of a program is unknown, and the suite declares no agent_version"
    if agent is None:
        commit = commit_of(rootdir)
        if commit is None or commit.dirty:
            why = "there is no git commit" if commit is None else "files differ from the git commit"
            return f"reuses no results, the agent's version is unknown: {why}, and the suite declares no agent_version"
        agent, shown = f"commit {commit.id}", f"commit {commit.id[:12]}"
    shared = _Shared(agent, [str(path.resolve()) for path in ledgers(where)], versions())
    try:
        session_file(name, "cache").write_text(json.dumps(asdict(shared)), encoding="utf-8")
    except OSError as error:
        return f"reuses no results, {error.filename} cannot be written: {error.strerror}"
    return f"reuses results of earlier sessions, {shown}"


def key_of(
    item: pytest.Item,
    config: MultiScenarioRunnerConfig,
    record: Mapping[str, Any],
    suite: Suite,
    cassette: CassetteSpec | None,
) -> str | None:
    """Return the key of everything that a run depends on; `None` if results are not reused.

    Args:
        item: The item of the run.
        config: The config of the run.
        record: The config as builtins, with the agent.
        suite: The suite.
        cassette: The cassette of the run; `None` without one.
    """
    name = item.nodeid.partition("::")[0]
    # The sources of a program are unknown, and may lie outside of the project.
    is_known = config.agent is None or suite.settings.agent_version is not None
    cache = _cache(item, name) if _is_enabled(config) and is_known else None
    if cache is None:
        return None
    run = RunId.of_item(item, suite)
    source = cache.sources.get(run.scenario_id)
    if source is None:
        return None
    from pytest_pare.agents import prompts
    from pytest_pare.judge import prompt as judge_prompt

    noise = config.noise.data or os.environ.get(ENVIRONMENT_VARIABLE)
    answers = [engine.answers for engine in config.engines.values() if isinstance(engine.answers, str)]
    files = [*answers, *([noise] if noise else []), *([str(cassette.path)] if cassette is not None else [])]
    files += [config.judge.calibration] if config.judge.calibration is not None else []
    return cache_key(
        {
            "run": run.to_dict(),
            "source": source.digest,
            "script_errors": suite.settings.scenarios.script_errors,
            **({"strict": True} if suite.settings.scenarios.strict else {}),
            "config": config.get_config_hash(),
            # The hash has the aliases of models, and not what else an engine is.
            "settings": {k: v for k, v in record.items() if k not in NOT_HASHED or k in _ENGINES},
            "files": [_content(Path(file)) for file in files],
            "cassette": None if cassette is None else [cassette.mode, cassette.on_drift],
            "prompts": prompts.version(),
            "agent": cache.shared.agent,
            "versions": cache.shared.versions,
            **({"judge": judge_prompt.version()} if "judge" in config.engines else {}),
        }
    )


def reusable(item: pytest.Item, key: str, config: MultiScenarioRunnerConfig) -> CachedResult | None:
    """Return the result of an earlier session; `None` if there is none, or the item has reused it before.

    Args:
        item: The item of the run.
        key: The key of the run.
        config: The config of the run. If it exports traces, the result is reused only if the trace is there.
    """
    found = None if item.stash.get(_REUSED, False) else _result(item, key, config)
    item.stash[_REUSED] = found is not None
    return found


def has_result(item: pytest.Item, key: str, config: MultiScenarioRunnerConfig) -> bool:
    """Return whether an item will reuse the result of an earlier session.

    Args:
        item: The item of the run.
        key: The key of the run.
        config: The config of the run.
    """
    return _result(item, key, config) is not None


def _result(item: pytest.Item, key: str, config: MultiScenarioRunnerConfig) -> CachedResult | None:
    cache = _cache(item, item.nodeid.partition("::")[0])
    place = None if cache is None else cache.places.get(key)
    found = None if place is None else result_at(place)
    if found is not None and config.export and not Path(found.record["result"]["export_path"] or "").is_file():
        return None
    return found


def _is_enabled(config: MultiScenarioRunnerConfig) -> bool:
    # A config that a fixture made may have PARE's default, which is true. In a suite it is false.
    return "enable_caching" in config.model_fields_set and config.enable_caching


def _cache(item: pytest.Item, name: str) -> _SuiteCache | None:
    by_suite = item.config.stash.setdefault(_CACHE, {})
    if name not in by_suite:
        path = session_file(name, "cache")
        by_suite[name] = None
        if path.exists():
            shared = _Shared(**json.loads(path.read_text(encoding="utf-8")))
            by_suite[name] = _SuiteCache(shared, shared_sources(name), index_results(map(Path, shared.ledgers)))
    return by_suite[name]


def _content(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
