"""The collected scenarios of a session, from the process that imports them to the controller.

A worker of pytest-xdist sends only node ids when it has collected. So each process that collects leaves a file in the
directory of the session, unless another one has; one on another machine sends it.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.ledger.plan import ScenarioSource
from pytest_pare.plugin.session_files import are_sent, leave, session_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.scenarios.scenario import PAREScenario


def share_sources(
    suite: str, classes: Mapping[str, type[PAREScenario]], libraries: Iterable[Path], rootdir: Path
) -> None:
    """Leave the source of each scenario for the controller.

    Args:
        suite: The node id of the suite file.
        classes: The scenarios, by id.
        libraries: The directories of their libraries; a module outside of them is in a library of its own.
        rootdir: The base of the paths.
    """
    from pytest_pare.scenarios.source_hash import class_line, forget_files, source_hash
    from pytest_pare.scenarios.tags import tags_of

    file = session_file(suite, "sources")
    if file.exists() and not are_sent():
        return
    forget_files()
    known = [library.resolve() for library in libraries]
    sources = {}
    for scenario_id, cls in classes.items():
        # A class that was made in an interpreter, or in a test, has no file.
        with suppress(OSError, TypeError, AttributeError):
            path = Path(str(sys.modules[cls.__module__].__file__)).resolve()
            library = next((one for one in known if path.is_relative_to(one)), path.parent)
            shown = path.relative_to(rootdir) if path.is_relative_to(rootdir) else path
            sources[scenario_id] = asdict(
                ScenarioSource(source_hash(path, library), shown.as_posix(), class_line(cls, path), tags_of(cls))
            )
    # On a full disk there is no ledger either.
    with suppress(OSError):
        leave(file, json.dumps(sources))


def share_nodes(suite: str, nodeids: Iterable[str]) -> None:
    """Leave the node ids of all runs of a suite for the controller, also of those in other shards."""
    with suppress(OSError):
        leave(session_file(suite, "nodes"), json.dumps(list(nodeids)))


def shared_nodes(suite: str) -> list[str]:
    """Return the node ids that a process has left; none without shards."""
    try:
        nodeids: list[str] = json.loads(session_file(suite, "nodes").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return nodeids


def shared_sources(suite: str) -> dict[str, ScenarioSource]:
    """Return the sources that a process has left; none before the collection."""
    try:
        values = json.loads(session_file(suite, "sources").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {scenario_id: ScenarioSource(**{**one, "tags": tuple(one["tags"])}) for scenario_id, one in values.items()}
