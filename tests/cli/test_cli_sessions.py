"""Commands on sessions: which session an argument names, and what each command prints of it."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.extensions import ExtensionError
from pytest_pare.ledger import baseline
from pytest_pare.ledger.header import Commit
from tests.cli.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

FIRST = "20261201T090000Z-pare"
SECOND = "20261202T090000Z-pare"
MORE = ".pare/runs/20261209T090000Z-more.jsonl"
THIRD = "20261203T090000Z-pare"


@pytest.fixture
def project(shell: Shell) -> Shell:
    """A project with three sessions of one suite."""
    shell.write("pytest.ini", "[pytest]\n")
    record(shell.path, 0, {"mow": "SS", "rake": "SS", "weed": "Sf"})
    record(shell.path, 1, {"mow": "SS", "rake": "fS", "weed": "fS"}, gate={"min_success_rate": 0.5})
    record(shell.path, 2, {"mow": "SS", "rake": "ff", "weed": "e-"}, commit=Commit("abcdef0123", dirty=True))
    return shell


# -- which session


@pytest.mark.parametrize(
    ("arguments", "session"),
    [
        ([], THIRD),
        (["last"], THIRD),
        (["last~2"], FIRST),
        ([SECOND], SECOND),
        (["20261202"], SECOND),
        ([f".pare/runs/{FIRST}.jsonl"], FIRST),
    ],
)
def test_a_session_by_its_name(project: Shell, arguments: list[str], session: str) -> None:
    assert project("report", *arguments).out.startswith(f"session {session}, began 2026-12-0")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["20261204"], ["20261204: there is no such session", f"the latest are: {THIRD}, {SECOND}, {FIRST}"]),
        (["2026120"], ["2026120: 3 sessions begin like that"]),
        (["last~3"], ["last~3: only 3 sessions"]),
        (["nowhere.jsonl"], ["nowhere.jsonl: there is no such session"]),
        (["--suite", "other.yaml"], ["no session of other.yaml is recorded there; run the suite first"]),
    ],
)
def test_an_unknown_session(project: Shell, arguments: list[str], parts: list[str]) -> None:
    project.write("other.yaml", "runs: 2\n")
    message = project.error("report", *arguments)
    assert [part for part in parts if part not in message] == []


@pytest.mark.parametrize("command", [["report"], ["history"], ["accept", "--reason", "x"], ["compare", "last~1"]])
def test_a_project_without_sessions(shell: Shell, command: list[str]) -> None:
    assert shell.error(*command) == f"{shell.path / '.pare/runs'}: no session is recorded there; run the suite first"


@pytest.mark.parametrize("command", [["report"], ["history"], ["accept", "--reason", "x"], ["compare", "last", "last"]])
def test_a_ledger_that_cannot_be_used(shell: Shell, command: list[str]) -> None:
    path = shell.path / f".pare/runs/{record(shell.path, 0, {'mow': 'S'})}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], "{broken\n", *lines[1:]]), encoding="utf-8")
    assert shell.error(*command).startswith(f"{path}:2: the line is no JSON object")
    path.write_text(lines[0].replace('"pare_ledger":1', '"pare_ledger":2'), encoding="utf-8")
    assert "a ledger of version 2, written by pytest-pare 9.9; this one reads version 1" in shell.error(*command)


def test_the_suite_says_where_its_ledgers_are(shell: Shell) -> None:
    shell.write("pare.yaml", "ledger: {dir: kept}\n")
    record(shell.path, 0, {"mow": "S"})
    (shell.path / ".pare/runs").rename(shell.path / "kept")
    assert shell("report").status == 0
    assert shell("report", "--suite", "pare.yaml").status == 0
    shell.write("two.pare.yaml", "ledger: {dir: more}\n")
    assert shell.error("report") == "the suites of this project keep their ledgers in kept, more; add --suite FILE"
    shell.write("two.pare.yaml", "ledger: false\n")
    assert shell("report").status == 0
    assert (
        shell.error("report", "--suite", "two.pare.yaml") == "--suite: two.pare.yaml keeps no ledgers (ledger: false)"
    )
    assert shell("report", "--suite", "pare.yaml", "--rootdir", "kept").status == 4
    # A suite that is broken now does not hide its sessions.
    shell.write("two.pare.yaml", "runz: 1\n")
    (shell.path / "kept").rename(shell.path / ".pare/runs")
    assert shell("report").status == 0
    assert "runz" in shell.error("report", "--suite", "two.pare.yaml")


# -- report


def test_a_report_and_its_exit_status(project: Shell) -> None:
    passed = project("report", "last~1")
    assert passed.status == 0
    lines = passed.out.splitlines()
    assert lines[1] == f"{' pare: pare.yaml ':=^80}"
    assert lines[2] == "PARE validation report"
    assert any(line.startswith("gate PASS: 4 of 6 runs succeeded (66.7 %") for line in lines)
    failed = project("report")
    assert failed.status == 1
    assert "EXCEPTION  weed, 1 of 2 runs: KeyError: 'soil'" in failed.out
    assert "\ngate FAIL: 2 of 6 runs succeeded" in failed.out


def test_a_report_as_json(project: Shell) -> None:
    result = project("report", "last~1", "--json")
    content = json.loads(result.out)
    assert result.status == 0
    assert content["gate"]["verdict"] == "PASS"
    assert content["gate"]["counts"]["success"] == 4
    assert content["metadata"]["suite"] == "pare.yaml"


def test_a_report_of_a_session_that_has_not_ended(shell: Shell) -> None:
    record(shell.path, 0, {"mow": "SS"}, end={})
    result = shell("report")
    assert result.status == 1
    assert result.out.splitlines()[1] == "This session has not ended, or was killed."


def test_a_verdict_that_differs_now(shell: Shell) -> None:
    record(shell.path, 0, {"mow": "SS"}, end={"verdict": "FAIL"})
    assert shell.lines("report")[1] == "It printed FAIL, and is judged anew: PASS."


def test_a_report_with_a_baseline(garden: Shell) -> None:
    garden.lines("accept", FIRST, "--reason", "x")
    assert garden("report", "last").status == 0
    result = garden("report", SECOND, "--baseline", "baselines/pare.json")
    assert result.status == 1
    assert "compared with baselines/pare.json (agent 1.0, now 1.0)" in result.out
    names = [f"bed{number}" for number in range(10)]
    record(garden.path, 6, dict.fromkeys(names, "ffSS"), gate={"baseline": f"session:{FIRST}"})
    result = garden("report")
    assert result.status == 1
    assert f"compared with session:{FIRST} (agent 1.0, now 1.0)" in result.out
    record(garden.path, 7, {"bed1": "S"}, gate={"baseline": "gone.json"})
    message = garden.error("report")
    assert message.startswith("gone.json: cannot be read: No such file or directory")
    assert message.endswith("or name the baseline by --baseline")


def test_a_broken_extension(project: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ExtensionError("entry point x: expected a name KIND.NAME")

    monkeypatch.setattr("pytest_pare.ledger.reader.judge", refuse)
    assert project.error("report") == "entry point x: expected a name KIND.NAME"


def test_a_report_of_a_shard_has_no_verdict(shell: Shell) -> None:
    record(shell.path, 0, {"mow": "Sf"}, shard=(2, 5), gate={"baseline": "gone.json"})
    result = shell("report")
    assert result.status == 0
    assert "shard 2/5" in result.out


# -- history


def test_the_history_of_a_suite(project: Shell) -> None:
    lines = project.lines("history")
    assert lines == [
        "pare.yaml: 3 sessions",
        "",
        "session           commit    agent     runs  success  95 % interval  verdict",
        "20261201T090000Z  0123456   1.0          6   83.3 %  31.0 to 98.2   FAIL",
        "20261202T090000Z  0123456   1.0          6   66.7 %  20.8 to 93.9   PASS",
        "20261203T090000Z  abcdef0+  1.0          5   40.0 %  8.0 to 83.6    FAIL",
        "",
        "scenario  flip rate  success  by session, the latest last",
        "weed         66.7 %   40.0 %  1/2 1/2 0/1",
        "rake         50.0 %   50.0 %  2/2 1/2 0/2",
        "",
        "1 other scenario succeeded in every run",
    ]


def test_the_history_of_a_scenario(project: Shell) -> None:
    lines = project.lines("history", "weed")
    assert lines[0] == "weed in pare.yaml: 2 of 5 runs succeeded in 3 sessions, flip rate 66.7 % (2 of 3"
    assert [line.split()[-1] for line in lines[4:7]] == [".F", "F.", "E-"]
    assert lines[-1] == "runs: . success, F failed, E exception, N no verdict, - no result"
    assert max(map(len, lines)) <= 80


def test_the_history_as_json(project: Shell) -> None:
    content = project.json("history", "rake", "--last", "2")
    assert (content["command"], content["version"], content["suite"]) == ("history", 1, "pare.yaml")
    assert [one["session"] for one in content["sessions"]] == [SECOND, THIRD]
    assert content["sessions"][1]["verdict"] == "FAIL"
    (rake,) = content["scenarios"]
    assert (rake["id"], rake["flips"], rake["pairs"], rake["flip_rate"]) == ("rake", 1, 2, 0.5)
    assert [one["successes"] for one in rake["sessions"]] == [1, 0]


def test_a_history_passes_over_what_cannot_be_read(project: Shell) -> None:
    path = project.path / f".pare/runs/{SECOND}.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    lines = project.lines("history")
    assert lines[0] == "pare.yaml: 2 sessions"
    assert lines[-1].startswith("warning: ")
    assert SECOND in lines[-1]
    record(project.path, 5, {"mow": "S"}, end={})
    assert project.lines("history")[5].endswith("UNFINISHED")


def test_an_unknown_scenario(project: Shell) -> None:
    assert project.error("history", "mov") == "no session of pare.yaml has a scenario 'mov'; did you mean 'mow'?"


def test_long_names_are_cut(shell: Shell) -> None:
    name = "water_the_roses_and_the_tulips_behind_the_shed"
    for day in range(20):
        record(shell.path, day, {name: "Sf" if day % 2 else "SS"}, agent="2026-12-01-candidate")
    lines = shell.lines("history")
    assert max(map(len, lines)) <= 80
    assert lines[3].split()[2] == "2026-12~"
    assert lines[-1].startswith("water_the_roses_and_the_tulips~     50.0 %")
    assert lines[-1].endswith(" 1/2 2/2 1/2")


def test_a_history_is_of_one_suite(project: Shell) -> None:
    project.write("more.pare.yaml", "runs: 2\n")
    record(project.path, 4, {"mow": "S"}, suite="more.pare.yaml")
    assert project.error("history") == "there are sessions of 2 suites, more.pare.yaml, pare.yaml; add --suite FILE"
    assert project.lines("history", "--suite", "more.pare.yaml")[0] == "more.pare.yaml: 1 session"


# -- accept


def test_runs_are_accepted_and_added(project: Shell) -> None:
    lines = project.lines("accept", FIRST, "--reason", "the first that works")
    assert [re.sub(r"red in \d+ %", "red in ... %", line) for line in lines] == [
        f"accepted 6 runs of session {FIRST}",
        "baselines/pare.json: 6 runs of 3 scenarios from 1 session, 2 of each, agent 1.0",
        "warning: the baseline has 2 runs a scenario: the worst tenth of such baselines",
        "    is red in ... % of unchanged sessions, with 10 runs in 17 %; accept more runs",
        "warning: the verdict of this session was FAIL: see pytest-pare report",
        f"    {FIRST}",
        "commit it: git add baselines/pare.json && git commit -m 'the first that works'",
    ]
    content = project.json("accept", SECOND, "--reason", "more runs")
    assert content["added_runs"] == 6
    assert content["runs"] == 12
    assert content["runs_per_scenario"] == [4, 4]
    found = baseline.read(project.path / "baselines/pare.json")
    assert [(one.session, one.reason, one.commit, one.runs) for one in found.accepted] == [
        (FIRST, "the first that works", COMMIT_ID, 6),
        (SECOND, "more runs", COMMIT_ID, 6),
    ]
    again = project.error("accept", SECOND, "--reason", "twice")
    assert again == f"baselines/pare.json: has the runs of session {SECOND} already"


COMMIT_ID = "0123456789abcdef"


def test_a_reason_holds_no_secret(project: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", "tulip-bulb-4711")
    project.lines("accept", FIRST, "--reason", "new key tulip-bulb-4711")
    text = (project.path / "baselines/pare.json").read_text()
    assert "new key" in text
    assert "tulip-bulb-4711" not in text


def test_a_run_that_infrastructure_ended_is_not_accepted(shell: Shell) -> None:
    session = record(shell.path, 0, {"mow": "Si", "rake": "SS"}, commit=None)
    lines = shell.lines("accept", "--reason", "x")
    assert lines[:2] == [
        f"accepted 3 runs of session {session}",
        "baselines/pare.json: 3 runs of 2 scenarios from 1 session, 1 to 2 of each, agent",
    ]
    assert any(line.startswith("warning: 1 run left out that infrastructure ended") for line in lines)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"outcomes": {"mow": "S-"}},
            "session {} has 1 run that did not begin; complete it by pytest --pare-resume={}",
        ),
        ({"end": {}}, "session {} has not ended, or was killed; complete it by pytest --pare-resume={}"),
        ({"end": {"interrupted": True}}, "session {} was interrupted; complete it by pytest --pare-resume={}"),
        (
            {"end": {"partial": ["-k mow"]}},
            "session {} is not the whole suite (-k mow); a baseline needs the whole suite; run it without that",
        ),
        ({"shard": (2, 5)}, "session {} is shard 2 of 5; merge all shards by pytest-pare merge, and accept the result"),
    ],
)
def test_a_session_that_cannot_be_a_baseline(shell: Shell, values: dict[str, object], message: str) -> None:
    session = record(shell.path, 0, **{"outcomes": {"mow": "SS"}, **values})  # type: ignore[arg-type]
    assert shell.error("accept", "--reason", "x") == message.replace("{}", session)
    assert not (shell.path / "baselines").exists()


def test_what_is_noted_of_a_session(shell: Shell) -> None:
    record(shell.path, 0, {"mow": "SSSSSSSSSS"}, commit=Commit("abc", dirty=True), mode="reference")
    assert shell.json("accept", "--reason", "x")["warnings"] == [
        "files of the project differed from the commit when the session began",
        "no agent was tested in this session: the runs are the scenarios' own reference steps",
    ]


def test_another_agent_replaces_a_baseline(project: Shell) -> None:
    project.lines("accept", FIRST, "--reason", "x")
    session = record(project.path, 5, {"mow": "SS", "rake": "SS", "weed": "SS"}, agent="2.0")
    message = project.error("accept", "--reason", "y")
    assert "the agent's version differs (baseline 1.0, session 2.0)" in message
    assert "--replace" in message
    content = project.json("accept", "--reason", "y", "--replace")
    assert (content["session"], content["runs"], content["agent_version"]) == (session, 6, "2.0")


def test_a_broken_baseline_can_be_replaced_only(project: Shell) -> None:
    path = project.write("kept.json", '{"pare_baseline": 1}\n')
    message = project.error("accept", SECOND, "--reason", "x", "--baseline", "kept.json")
    assert message.startswith("kept.json:1: ")
    assert (
        project.json("accept", SECOND, "--reason", "x", "--baseline", "kept.json", "--replace")["baseline"]
        == "kept.json"
    )
    assert baseline.read(path).suite == "pare.yaml"


def test_where_a_baseline_is_written(shell: Shell, tmp_path: Path) -> None:
    record(shell.path, 0, {"mow": "S"}, gate={"baseline": "expected/base.json"}, suite="ci/night.pare.yaml")
    assert shell.json("accept", "--reason", "x")["baseline"] == "expected/base.json"
    record(shell.path, 1, {"mow": "S"}, gate={"baseline": "git:main"}, suite="ci/night.pare.yaml")
    assert shell.json("accept", "--reason", "x")["baseline"] == "baselines/ci/night.pare.json"
    shell.write("file")
    assert "file/x.json: cannot be written" in shell.error("accept", "--reason", "x", "--baseline", "file/x.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "Missing option '--reason'."), (["--reason", " "], "--reason: expected a text, got an empty one")],
)
def test_a_baseline_has_a_reason(project: Shell, arguments: list[str], message: str) -> None:
    assert project.error("accept", *arguments) == message


# -- compare


@pytest.fixture
def garden(shell: Shell) -> Shell:
    """A project with a session, a much worse one, and a session as good as the first, of ten scenarios each."""
    names = [f"bed{number}" for number in range(10)]
    record(shell.path, 0, dict.fromkeys(names, "SSSS"))
    record(shell.path, 1, dict.fromkeys(names, "fffS"), gate={"max_regression": 0.2, "min_success_rate": 0})
    record(shell.path, 2, dict.fromkeys(names, "SSSS"))
    return shell


def test_two_sessions(garden: Shell) -> None:
    result = garden("compare", FIRST, SECOND)
    assert result.status == 1
    lines = result.out.splitlines()
    assert lines[:2] == [f"pare.yaml: session:{SECOND}", f"compared with session:{FIRST} (agent 1.0, now 1.0)"]
    assert lines[-1].startswith("FAIL: ")
    assert max(map(len, lines)) <= 80
    assert garden.lines("compare", FIRST)[-1] == "PASS"


def test_a_comparison_as_json(garden: Shell) -> None:
    result = garden("compare", FIRST, SECOND, "--json")
    content = json.loads(result.out)
    assert result.status == 1
    assert (content["command"], content["version"], content["suite"]) == ("compare", 1, "pare.yaml")
    assert (content["verdict"], content["now"], content["baseline"]) == (
        "FAIL",
        f"session:{SECOND}",
        f"session:{FIRST}",
    )
    assert content["max_regression"] == 0.2
    assert content["variants"][0]["difference"] == -0.75
    content = json.loads(garden("compare", FIRST, SECOND, "--json", "--max-regression", "0.3").out)
    assert content["max_regression"] == 0.3


def test_a_baseline_and_a_ledger_by_their_files(garden: Shell) -> None:
    garden.lines("accept", FIRST, "--reason", "x")
    assert garden("compare", "baselines/pare.json", f".pare/runs/{SECOND}.jsonl").status == 1
    assert garden("compare", "baselines/pare.json", "baselines/pare.json").status == 0


def test_a_baseline_of_another_commit(garden: Shell) -> None:
    def git(*arguments: str) -> None:
        settings = ("-c", "user.name=x", "-c", "user.email=x@x.example")
        subprocess.run(["git", *settings, *arguments], cwd=garden.path, check=True, capture_output=True)

    garden.lines("accept", FIRST, "--reason", "x")
    git("init", "--quiet")
    git("add", "baselines")
    git("commit", "--quiet", "-m", "x")
    garden.lines("accept", SECOND, "--reason", "y", "--replace")
    result = garden("compare", "git:HEAD", SECOND)
    assert result.status == 1
    assert "compared with git:HEAD:./baselines/pare.json" in result.out
    # The suite is that of the other side.
    assert garden("compare", SECOND, "git:HEAD").status == 0
    assert "git:no-such: git show no-such:./baselines/pare.json failed" in garden.error("compare", "git:no-such")
    assert garden("compare", f"session:{FIRST}", "session:last").status == 0
    assert garden.error("compare", "git:HEAD", "git:HEAD") == "git:HEAD: the baseline of which suite? add --suite FILE"
    garden.write("pare.yaml", "runs: 4\n")
    assert garden("compare", "git:HEAD", "git:HEAD", "--suite", "pare.yaml").status == 0


def test_a_session_that_is_not_whole_is_compared_with_a_warning(garden: Shell) -> None:
    session = record(garden.path, 5, {"bed1": "SSSS"}, end={"partial": ["-k bed1"]})
    lines = garden.lines("compare", FIRST)
    assert f"warning: session {session} is not the whole suite (-k bed1)" in lines


def test_a_session_in_which_a_run_has_no_result_is_no_pass(garden: Shell) -> None:
    names = [f"bed{number}" for number in range(10)]
    record(garden.path, 6, {**dict.fromkeys(names, "SSSS"), "bed3": "SSS-"}, end={"interrupted": True})
    lines = garden.lines("compare", FIRST)
    assert any(line.startswith("no drop of 10 points or more: 100.0 % before") for line in lines)
    assert "left out of the comparison: 1 run without a result" in lines
    assert lines[-1] == "INCONCLUSIVE: 1 run has no result"
    # A baseline may have such runs.
    assert garden.lines("compare", "last", FIRST)[-1] == "PASS"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["file.txt"], "file.txt"),
        (["more", "last~1"], "more: there is no such session"),
        ([FIRST, "20261209"], "20261209: there is no such session of pare.yaml"),
        ([FIRST, MORE], f"{FIRST} is of the suite pare.yaml, and {MORE} of more.yaml; compare runs of one"),
        ([], "Missing argument 'BEFORE'."),
        (["last", "last", "--max-regression", "0"], "0 is not in the range"),
        (["last", "last", "--max-regression", "nan"], "nan is not in the range"),
    ],
)
def test_what_cannot_be_compared(garden: Shell, arguments: list[str], message: str) -> None:
    garden.write("file.txt", "no baseline")
    record(garden.path, 8, {"bed1": "S"}, suite="more.yaml")
    assert message in garden.error("compare", *arguments)
