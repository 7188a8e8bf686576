"""Plays the runs that another process asks for, if this one plays them as that one would."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_short_text
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.engines.cassette_spec import CassetteText
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import ImportFailure, load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.source_hash import source_hashes
from pytest_pare.simulation.jobs import RunOptions, play, run_to_record
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.run_message import Library, RunAnswer, RunRequest

DISTRIBUTIONS = ("pytest-pare", "meta-agents-research-environments")

_LOADING = threading.Lock()
# What could not be imported of each library, by its directory.
_LOADED: dict[Path, list[ImportFailure]] = {}


class Refusal(Exception):  # noqa: N818 - the answer of a worker
    """The run cannot be played here; the message says why."""


def versions() -> dict[str, str]:
    """Return the versions in this process of what a run depends on."""
    return {name: metadata.version(name) for name in DISTRIBUTIONS}


def answer_to(request: RunRequest) -> RunAnswer:
    """Return the answer to a request: the run, or why it is refused."""
    answer: RunAnswer = {
        "id": request["id"],
        "worker": f"{socket.gethostname()}, process {os.getpid()}",
        "refused": None,
        "config_digest": request["config_digest"],
        "run": None,
        "cassette": None,
        "export": None,
        "log": None,
    }
    try:
        _check_versions(request["versions"])
        config = _config(request)
        scenario = _scenario(request)
        _claim(request["id"], answer["worker"])
    except Refusal as refusal:
        answer["refused"] = redacted(str(refusal))
        return answer
    if Path(request["session_dir"]).is_dir():
        os.environ[VARIABLE] = request["session_dir"]
    cassette = _cassette(request)
    with tempfile.TemporaryDirectory(prefix="pytest-pare-") as directory:
        files = {"export": Path(directory, "traces"), "log": Path(directory, "logs")}
        config = config.model_copy(update={"output_dir": str(files["export"]), "logs_dir": str(files["log"])})
        options = RunOptions(config, request["script_errors"], None, None if cassette is None else lambda *_: cassette)
        run = play(scenario, request["run_number"], options)
        if not request["trace"]:
            run = replace(run, trace=Trace(scenario.scenario_id, 0.0, (), run_number=request["run_number"]))
        answer["run"] = run_to_record(run)
        answer["export"], answer["log"] = (_content_below(path) for path in files.values())
    answer["cassette"] = cassette.written[-1] if cassette is not None and cassette.written else None
    return answer


def _check_versions(asked: Mapping[str, str]) -> None:
    here = versions()
    different = [
        f"{name} is {here.get(name, 'missing')} there, and {version} here"
        for name, version in asked.items()
        if here.get(name) != version
    ]
    if different:
        raise Refusal(f"{'; '.join(different)}; install the same versions")


def _config(request: RunRequest) -> MultiScenarioRunnerConfig:
    try:
        config = MultiScenarioRunnerConfig(**request["config"])
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Refusal(f"the configuration is not valid there: {wrong}") from error
    if config.get_config_hash() != request["config_digest"]:
        raise Refusal(
            f"the configuration has the digest {config.get_config_hash()} there, and {request['config_digest']} here"
        )
    return config


def _scenario(request: RunRequest) -> PAREScenario:
    directories = [_directory(library) for library in request["libraries"]]
    with _LOADING:
        failures = [failure for directory in directories for failure in _load(directory)]
    scenario_id = request["scenario_id"]
    cls = find_scenario(scenario_id)
    if cls is None:
        why = "; ".join(map(str, failures)) or "name the directory of its module in libraries"
        known = registry.registered()
        raise Refusal(f"there is no scenario {scenario_id!r} there{did_you_mean(scenario_id, known)} ({why})")
    here, asked = sources(scenario_id, directories), request["sources"]
    different = [name for name in sorted(here.keys() | asked.keys()) if here.get(name) != asked.get(name)]
    if different:
        module = Path(registry.place_of(scenario_id).file)
        names = ", ".join(name or str(module) for name in different)
        raise Refusal(
            f"the source of the scenario is another one there, in {names}; give the worker the same files, and restart "
            "it if it has imported others before"
        )
    try:
        return cls(scenario_id=scenario_id)
    except Exception as error:
        raise Refusal(f"the scenario cannot be made there: {type(error).__name__}: {to_short_text(error)}") from error


def _directory(library: Library) -> Path:
    base = bundled_library_dir() if library["bundled"] else Path()
    directory = base / library["directory"]
    if not directory.is_dir():
        raise Refusal(f"there is no directory {directory} there")
    return directory


def _load(directory: Path) -> list[ImportFailure]:
    # Once in a process: runs of other threads use what is loaded. Changed files are found by their hashes.
    if directory not in _LOADED:
        _LOADED[directory] = load_library(registry, directory)
    return _LOADED[directory]


def find_scenario(scenario_id: str) -> type[PAREScenario] | None:
    """Return the class of a registered id; `None` if there is none. Loads the default library if it has to."""
    if scenario_id not in registry.registered():
        registry.get_all_scenarios()
    return registry.registered().get(scenario_id)


def sources(scenario_id: str, directories: Iterable[Path]) -> dict[str, str]:
    """Return the hashes of the module of a scenario and of the modules that it imports.

    Args:
        scenario_id: The scenario, which is registered.
        directories: The libraries; the directory of the module stands for its library if it is in none.
    """
    module = Path(registry.place_of(scenario_id).file)
    libraries = [directory for directory in directories if module.is_relative_to(directory)]
    return source_hashes(module, max(libraries, key=lambda path: len(path.parts), default=module.parent))


def _cassette(request: RunRequest) -> CassetteText | None:
    sent = request["cassette"]
    if sent is None:
        return None
    return CassetteText(Path(sent["path"]), sent["mode"], recorded=sent["text"])


def _content_below(directory: Path) -> bytes | None:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return files[0].read_bytes() if files else None


def _claim(request_id: str, worker: str) -> None:
    """Refuse a request that was started before.

    Dask starts a call again if its worker has died, or has died with the result. Its scheduler keeps who has started
    which request. If two workers start one at the same time, each sees the other.
    """
    distributed: Any = sys.modules.get("distributed")
    if distributed is None:
        return
    try:
        distributed.get_worker()
    except ValueError:
        return
    client = distributed.get_client()
    attempt = os.urandom(8).hex()
    client.set_metadata(["pytest-pare", request_id, attempt], worker)
    others = [who for one, who in client.get_metadata(["pytest-pare", request_id]).items() if one != attempt]
    if others:
        raise Refusal(f"it was started before, by {others[0]}, which has died; a run is not played twice")
