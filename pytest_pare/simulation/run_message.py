"""The message that asks another process for a run, and the answer; both are builtins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from typing import Literal


class Library(TypedDict):
    """A directory of scenario modules.

    Attributes:
        directory: Its path; relative to the bundled library of the worker's installation if `bundled` is true, else
            absolute.
        bundled: Whether it is a part of the bundled library.
    """

    directory: str
    bundled: bool


class SentCassette(TypedDict):
    """The cassette of a run.

    Attributes:
        path: The file, in the process that asks for the run.
        mode: `none`, `once`, `new` or `all`, as in a suite.
        text: The content of the file; `None` if there is none, or it is recorded anew.
    """

    path: str
    mode: Literal["none", "once", "new", "all"]
    text: str | None


class RunRequest(TypedDict):
    """What a worker needs for one run.

    Attributes:
        id: Unique for each request. A worker of Dask plays no request a second time.
        versions: Distribution to the version that the worker must have.
        scenario_id: The scenario.
        run_number: The number of the run; `None` for a single one.
        libraries: The libraries that are loaded first; without one, those that `PARE_SCENARIOS_DIR` names.
        sources: The module of the scenario (an empty name) and the user's modules that it imports, to their hashes.
        config: The fields of `MultiScenarioRunnerConfig`.
        config_digest: The hash of the configuration, `get_config_hash()`.
        script_errors: How a run ends whose script has a defect, `fail` or `warn`.
        trace: Whether the answer has the trace.
        cassette: The cassette of the run; `None` for none.
        session_dir: The directory of the rate limits, which processes of one machine share.
    """

    id: str
    versions: dict[str, str]
    scenario_id: str
    run_number: int | None
    libraries: list[Library]
    sources: dict[str, str]
    config: dict[str, Any]
    config_digest: str
    script_errors: Literal["fail", "warn"]
    trace: bool
    cassette: SentCassette | None
    session_dir: str


class RunAnswer(TypedDict):
    """What a worker returns; secrets of its environment are redacted.

    Attributes:
        id: That of the request.
        worker: Host and process that have answered.
        refused: Why the run was not played; `None` if it was.
        config_digest: The hash of the configuration of the run.
        run: The run: its result, trace (without entries if it was not asked for), warnings and errors; `None` if it
            was refused.
        cassette: The content of the cassette, if it was recorded.
        export: The content of the trace file that the configuration asks for.
        log: The content of the log file that the configuration asks for.
    """

    id: str
    worker: str
    refused: str | None
    config_digest: str
    run: dict[str, Any] | None
    cassette: str | None
    export: bytes | None
    log: bytes | None
