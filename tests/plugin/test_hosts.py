"""Sessions whose workers are in other checkouts, with another Python, or on other machines."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin import hosts
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugin.conftest import Example

SUITE = """\
runner: {oracle: true, export: true, log_to_file: true}
runs: 2
ledger: {traces: all}
"""
FLAGS = ("--pare-config=pare.yaml", "--dist=load", "--max-worker-restart=0")


@pytest.fixture
def project(example: Example) -> Example:
    """A project with two scenarios, of which one imports a module, and a test of its own."""
    example.write("plants.py", "DRY = 'the plants are dry'\n").write(
        "test_own.py", "def test_own(pare):\n    assert pare.run('mow', run_number=1, export=True).success\n"
    )
    # The whole directory is collected, as by a user who names no path.
    example.pytester.makeini("[pytest]\npare_config = pare.yaml\npythonpath = .")
    example.scenario("mow")
    head = "from plants import DRY\nimport logging"
    result = (
        "logging.getLogger('garden').warning('no rain')\nreturn ScenarioValidationResult(success=False, rationale=DRY)"
    )
    return example.scenario("rake", result, head=head).suite(SUITE)


def copied(project: Example, to: Path) -> Path:
    """Return a second checkout of a project."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "traces", "logs")
    return shutil.copytree(project.path, to, ignore=ignored)


def popen(project: Example, chdir: Path, more: str = "") -> str:
    """Return the spec of a worker in another directory."""
    return f"--tx=popen//chdir={chdir}//python={project.forks.shim()}{more}"


def hide_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find no file of the controller, as on another machine."""
    monkeypatch.setattr(hosts.Hosts, "_token", lambda _, node: ("/nowhere/token", str(node.workerinput["testrunuid"])))


def written(project: Example) -> dict[str, str]:
    """Return what the last session has written, without times, and remove it."""
    found = {}
    for path in sorted(project.path.rglob("*")):
        name = re.sub(r"\d{8}T\d{6}Z", "SESSION", path.relative_to(project.path).as_posix())
        if not path.is_file() or not name.startswith((".pare/", "traces/", "logs/")):
            continue
        text = unpacked_text(path)
        if path.suffix == ".jsonl" and path.parent.name == "runs":
            lines = [json.loads(line) for line in text.splitlines()]
            text = json.dumps(
                sorted(re.sub(r"[\d.e-]{6,}|\d{8}T\d{6}Z", "T", json.dumps(_without_times(line))) for line in lines)
            )
        found[name] = re.sub(r"^\d{4}-.{18} ", "", text, flags=re.MULTILINE)
    for name in (".pare", "traces", "logs"):
        shutil.rmtree(project.path / name, ignore_errors=True)
    return found


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_times(v) for k, v in value.items() if not re.search("began|duration|seconds|^work$", k)}
    return [_without_times(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("hidden", [False, True], ids=["same machine", "other machine"])
def test_two_checkouts_give_what_one_process_gives(
    project: Example, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    base = tmp_path_factory.mktemp("checkouts")
    workers = [popen(project, copied(project, base / name)) for name in ("one", "two")]
    alone = project.run("-n0")
    expected = written(project)
    assert len(expected) == 16, [*expected]
    if hidden:
        hide_directory(monkeypatch)
        monkeypatch.setenv("TMPDIR", str(base))
    session = project.run(*FLAGS[1:], *workers)
    assert (session.code, session.verdict, session.open_runs) == (alone.code, alone.verdict, alone.open_runs)
    assert session.outcomes() == alone.outcomes() == {"failed": 2, "passed": 3}
    assert written(project) == expected
    assert not [*base.glob("pytest-pare-*")]


def test_a_checkout_that_differs_is_refused(project: Example, tmp_path: Path) -> None:
    other = copied(project, tmp_path / "other")
    (other / "plants.py").write_text("DRY = 'no'\n")
    (other / "conftest.py").write_text("")
    (other / "pare.yaml").write_text(SUITE.replace("runs: 2", "runs: 3"))
    session = project.run(*FLAGS, popen(project, copied(project, tmp_path / "same")), popen(project, other))
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert re.search(
        r"ERROR: worker gw1 \(popen//chdir=.+\) cannot start: \S+:\S+/other differs from the controller: "
        r"pare.yaml: runs: expected 2, got 3; conftest.py: expected no file, got \w{16}; plants.py: expected "
        r"\w{16}, got \w{16}. Bring both to the same state, or leave it out\n",
        session.err,
    )
    assert "Traceback" not in session.out + session.err
    # Nothing was played.
    assert not [*tmp_path.glob("*/traces")]
    assert not [name for name in written(project) if "/SESSION-pare/" in name]


def test_a_resumed_session_plays_nothing_again_on_another_machine(
    project: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = f"""
    with open({str(tmp_path / "played")!r}, "a") as file:
        file.write(".")
    return ScenarioValidationResult(success=True)
    """
    project.scenario("sow", played)
    assert project.run(*FLAGS[:1], "-n0").outcomes() == {"failed": 2, "passed": 4}
    hide_directory(monkeypatch)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    session = project.run(*FLAGS, popen(project, copied(project, tmp_path / "other")), "--pare-resume")
    assert session.outcomes() == {"failed": 2, "passed": 4}
    assert (tmp_path / "played").read_text() == ".."
    # A suite that has changed is refused by the sources that the worker has sent.
    project.scenario("mow", "fail")
    changed = project.run(*FLAGS, popen(project, copied(project, tmp_path / "next")), "--pare-resume")
    assert changed.code == pytest.ExitCode.USAGE_ERROR
    assert "--pare-resume: " in changed.err


@contextmanager
def socket_server(directory: Path) -> Iterator[str]:
    """Yield the address of a server of execnet, as it is started on another machine."""
    environment = {name: value for name, value in os.environ.items() if name != "PARE_SESSION_DIR"}
    command = [sys.executable, "-u", "-m", "execnet.script.socketserver", "127.0.0.1:0"]
    with subprocess.Popen(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"\('([\d.]+)', (\d+)\)", server.stdout.readline())
            assert address is not None
            yield f"{address[1]}:{address[2]}"
        finally:
            server.kill()


def test_a_worker_behind_a_socket(project: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = copied(project, tmp_path / "other")
    hide_directory(monkeypatch)
    with socket_server(tmp_path) as address:
        worker = f"--tx=socket={address}//chdir={other}"
        session = project.run(*FLAGS, worker)
        assert session.outcomes() == {"failed": 2, "passed": 2}
        names = written(project)
        assert {"traces/mow_run_1.jsonl.gz", ".pare/runs/SESSION-pare/rake_run_2.jsonl.zst"} <= names.keys()
        # The server plays the next session in the same process, with the modules that it has imported.
        for directory in (project.path, other):
            (directory / "plants.py").write_text("DRY = 'so dry'\n")
        stale = project.run(*FLAGS, worker)
    assert stale.code == pytest.ExitCode.USAGE_ERROR
    assert (
        "plants.py has changed since a session that this process has played; start the server of execnet" in stale.err
    )


CRASH = "import os\n\ndef pytest_configure(config):\n    hasattr(config, 'workerinput') and os._exit(3)\n"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("popen//python=/no/python", r"popen//python=/no/python cannot start: .*/no/python'"),
        ("socket=127.0.0.1:1", "socket=127.0.0.1:1 cannot start: .*Connection refused"),
        (
            "2*popen//chdir=.//env:PYTEST_DISABLE_PLUGIN_AUTOLOAD=1",
            r"//env:PYTEST_DISABLE_PLUGIN_AUTOLOAD=\[redacted\]\) cannot start: its pytest has unrecognized arguments: "
            ".*; install pytest-pare in the environment of the worker",
        ),
        ("popen//chdir=EMPTY", r"/empty, the rootdir of the worker, has no file pare.yaml; let //chdir="),
        ("crash", "cannot start: 2 workers have died before they had collected: Not properly terminated"),
    ],
)
def test_a_worker_that_cannot_start_ends_the_session(project: Example, tmp_path: Path, spec: str, reason: str) -> None:
    if spec == "crash":
        project.write("conftest.py", CRASH)
        spec = "popen"
    session = project.run(
        "--pare-config=pare.yaml", "--dist=load", f"--tx={spec.replace('EMPTY', str(tmp_path / 'empty'))}"
    )
    assert session.code == pytest.ExitCode.USAGE_ERROR, session.out
    assert re.search(f"ERROR: worker .*{reason}", session.err), session.err
    assert "Traceback" not in session.out + session.err


@pytest.mark.filterwarnings("default:The --rsyncdir:DeprecationWarning")
def test_a_copy_with_another_rootdir_is_refused(project: Example, tmp_path: Path) -> None:
    (project.path / "tox.ini").unlink()
    flags = (f"--rsyncdir={project.path}", str(project.path / "pare.yaml"), "--dist=load", "-v")
    secret = "a-key-of-9-worlds"
    session = project.run(*flags, popen(project, tmp_path, f"//env:SERVICE={secret}"))
    assert session.code == pytest.ExitCode.USAGE_ERROR
    name = project.path.name
    assert f"has no file pare.yaml; it has {name}/pare.yaml: add a pytest.ini to {project.path}" in session.err
    assert "<= pytest/" in session.out
    assert secret not in session.out + session.err


def test_a_suite_that_nothing_plays_fails_the_session(project: Example) -> None:
    project.write("conftest.py", "def pytest_collection_modifyitems(items): del items[:-1]")
    project.write("test_own.py", "def test_own(): pass")
    session = project.run("-n0")
    assert (session.code, session.outcomes()) == (pytest.ExitCode.TESTS_FAILED, {"passed": 1})
    assert "pare.yaml: none of its runs was played, and no flag leaves them out" in session.words
