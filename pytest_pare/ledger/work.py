"""The real time that the runs of a session took, and what a later session can expect of workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.ledger.directory import first_line, last_line, ledgers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Ledgers that are looked at, the last one first: sessions that were killed, or reused all results, tell no times.
_MOST_LEDGERS = 5
# Selecting other scenarios does not change what a run takes.
_OF_SELECTION = "scenarios."
# A process takes about a tenth of the time of its start to be created and to end.
_WITH_END = 1.1


class Work(NamedTuple):
    """What the runs of a session took.

    Attributes:
        runs: The number of runs that were played.
        seconds: Their real time with their fixtures, all together, in seconds.
        start_seconds: The processor time of a process until its first run, in seconds.
    """

    runs: int
    seconds: float
    start_seconds: float


def last_work(directory: Path, suite: str, settings: Mapping[str, Any]) -> Work | None:
    """Return what the runs of the last session of a suite with the same settings took; `None` if there is none.

    Args:
        directory: The directory of ledgers.
        suite: The suite file, relative to the rootdir.
        settings: As in `SuitePlan`; those that only select scenarios may differ.
    """
    # As JSON has them.
    wanted = _of_runs(json.loads(json.dumps(settings)))
    for path in ledgers(directory, suite)[: -_MOST_LEDGERS - 1 : -1]:
        end = (last_line(path) or {}).get("end")
        work = end.get("work") if isinstance(end, dict) else None
        if work is not None and _of_runs((first_line(path) or {})["plan"]["settings"]) == wanted:
            return Work(**work)
    return None


def _of_runs(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if not key.startswith(_OF_SELECTION)}


def seconds_of_one_process(work: Work) -> float:
    """Return the expected seconds of real time of a session in one process."""
    return work.start_seconds * _WITH_END + work.seconds


def seconds_of_workers(work: Work, workers: int, processors: int, own_seconds: float) -> float:
    """Return the expected seconds of real time of a session whose workers play runs.

    Args:
        work: The work of the session.
        workers: The number of workers.
        processors: The number of processors, which the workers share.
        own_seconds: The processor time of the controller until it starts workers.
    """
    at_a_time = min(workers, processors)
    starts = own_seconds + work.start_seconds * workers / at_a_time
    return starts * _WITH_END + work.seconds / min(at_a_time, work.runs)


def advice(work: Work, workers: int, processors: int, own_seconds: float) -> str | None:
    """Return a line that tells what workers cost, if one process takes less time; else `None`. Args as before."""
    one, several = seconds_of_one_process(work), seconds_of_workers(work, workers, processors, own_seconds)
    if several <= one:
        return None
    return (
        f"{work.runs:,} run{'s' * (work.runs != 1)} take{'s' * (work.runs == 1)} about {_seconds(one)} in one process "
        f"and {_seconds(several)} with {workers} worker{'s' * (workers != 1)}: leave out -n"
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
