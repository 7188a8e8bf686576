"""`--pare-resume`: what had finished is reported again and not played, and the report is that of one session."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from pytest_pare.ledger import directory
from pytest_pare.plugin.options import with_value
from tests.plugin.test_reruns import PLUGINS, rerunning

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

NAMES = ("dig", "mow", "rake", "weed")
REPORT = "reports: {json: out.json}"

# Each play of a run leaves a line; a file with the name of the scenario makes something happen in it.
PLAYED = """
with open(os.environ.get("PLAYS", "plays"), "a") as file:
    file.write(f"{self.scenario_id}{self.run_number or ''}\\n")
happen(self.scenario_id)
"""
HEAD = """
import subprocess, sys
from pathlib import Path
from pytest_pare.engines.errors import ProviderOutageError

def happen(name):
    file = Path(name)
    if file.exists():
        code = file.read_text()
        file.unlink()
        exec(code, globals())
"""
OUTAGE = "raise ProviderOutageError('the provider is down')"


def garden(example: Example, text: str = REPORT) -> Example:
    """Write four scenarios; the last one fails."""
    for name in NAMES:
        verdict = (
            "return ScenarioValidationResult(success=False, rationale='the plants are dry')"
            if name == "weed"
            else "return ScenarioValidationResult(success=True)"
        )
        example.scenario(name, PLAYED + verdict, head=HEAD)
    return example.suite(text)


def plays(example: Example, name: str = "plays") -> list[str]:
    """Return what was played since the last call."""
    file = example.path / name
    found = sorted(file.read_text().split()) if file.exists() else []
    file.unlink(missing_ok=True)
    return found


def ledgers(example: Example) -> list[Path]:
    return directory.ledgers(example.path / ".pare/runs")


def cut(example: Example, *names: str) -> None:
    """Take the runs of some scenarios out of the newest ledger, and its end, as if it had been killed before them."""
    path = ledgers(example)[-1]
    lines = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith('{"end"')]
    gone = tuple(f'{{"run":"{name}' for name in names)
    path.write_text("".join(line for line in lines if not line.startswith(gone)))


ENDS_EARLY = "its ledger ends early: runs in progress are played, and paid for, again"


def without_times(value: Any) -> Any:
    """Return a report without what depends on the clock."""
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if not re.search(r"duration|seconds|date|time", k)}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def report(example: Example) -> Any:
    return without_times(json.loads((example.path / "out.json").read_text()))


def figures(session: Session) -> list[str]:
    """Return the summary without times and the names of ledgers."""
    return [line for line in session.summary if not re.search(r"duration|ledger|\d s\b", line)]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--pare-resume", "pare.yaml"], ["--pare-resume=last", "pare.yaml"]),
        (["a", "--pare-resume"], ["a", "--pare-resume=last"]),
        (["--pare-resume=x", "a"], ["--pare-resume=x", "a"]),
        (["--", "--pare-resume"], ["--", "--pare-resume"]),
        ([], []),
    ],
)
def test_a_name_needs_an_equals_sign(args: list[str], expected: list[str]) -> None:
    given = list(args)
    assert with_value(given) == (args != expected)
    assert given == expected


# -- what is played, and what is reported


@pytest.mark.parametrize("flags", [("-n0",), ("-n2",)])
def test_only_what_is_missing_is_played(example: Example, flags: tuple[str, ...]) -> None:
    garden(example, f"runs: 2\n{REPORT}")
    example.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture(autouse=True)
        def set_up(request):
            with open("set-ups", "a") as file:
                file.write(request.node.name + "\\n")
        """,
    )
    whole = example.run("pare.yaml", "-n0", "--junitxml=whole.xml")
    expected = report(example)
    assert len(plays(example)) == 8
    (example.path / "set-ups").unlink()
    cut(example, "mow[run2]", "rake")

    resumed = example.run("--pare-resume", "pare.yaml", *flags, "--junitxml=resumed.xml")
    assert plays(example) == ["mow2", "rake1", "rake2"]
    assert sorted((example.path / "set-ups").read_text().split()) == ["mow[run2]", "rake[run1]", "rake[run2]"]
    name = ledgers(example)[0].stem
    position = resumed.header.index(f"pare.yaml resumes {name}, 5 finished runs not played again")
    assert resumed.header[position + 1] == ENDS_EARLY
    assert (resumed.code, resumed.outcomes()) == (whole.code, whole.outcomes())
    assert report(example) == expected
    assert figures(resumed) == figures(whole)

    def cases(file: str) -> list[Any]:
        root = ET.parse(example.path / file).getroot()
        return sorted(
            (case.get("name"), [part.tag for part in case if part.tag != "properties"])
            for case in root.iter("testcase")
        )

    assert cases("resumed.xml") == cases("whole.xml")
    text = (example.path / "resumed.xml").read_text()
    assert f"the plants are dry\n\nnot played: the session {name} has this result" in text
    assert plays(example) == []

    again = example.run("pare.yaml", "--pare-resume", "--lf", *flags)
    assert plays(example) == []
    assert again.outcomes()["failed"] == 2
    assert "passed" not in again.outcomes()


def test_the_new_ledger_has_all_runs_and_names_where_they_are_from(example: Example) -> None:
    garden(example).run("pare.yaml")
    cut(example, "dig")
    example.run("pare.yaml", "--pare-resume")
    old, new = ledgers(example)
    header, *entries = map(json.loads, new.read_text().splitlines())
    assert header["resumed_from"] == old.stem
    runs = {entry["run"]: entry.get("resumed_from") for entry in entries if "run" in entry}
    assert runs == {"dig": None, "mow": old.stem, "rake": old.stem, "weed": old.stem}

    plays(example)
    example.run("pare.yaml", f"--pare-resume={new.stem}")
    assert plays(example) == []
    newest = ledgers(example)[-1].read_text()
    assert newest.count(f'"resumed_from":"{old.stem}"') == 3, "the session that has played a run is named"


def test_what_infrastructure_ended_is_played(example: Example) -> None:
    garden(example)
    whole = example.run("pare.yaml")
    expected = report(example)
    plays(example)
    (example.path / "mow").write_text(OUTAGE)
    example.write("rake", "raise ValueError('no rake')")
    broken = example.run("pare.yaml")
    assert [line.split(":")[0] for line in broken.open_runs] == ["EXCEPTION  mow", "EXCEPTION  rake", "FAILED     weed"]
    assert len(plays(example)) == 4

    resumed = example.run("pare.yaml", "--pare-resume", "-rf")
    assert plays(example) == ["mow"], "an exception of other kinds is a result"
    assert "EXCEPTION  rake: ValueError: no rake" in resumed.open_runs
    assert "Failed: ValueError: no rake" in resumed.out or "ValueError: no rake" in resumed.out
    assert resumed.outcomes() == {"passed": 2, "failed": 2}
    example.run("pare.yaml", f"--pare-resume={ledgers(example)[0].stem}")
    assert report(example) == expected
    assert whole.outcomes() == {"passed": 3, "failed": 1}


def test_more_runs_add_the_new_ones(example: Example) -> None:
    garden(example, f"runs: 3\n{REPORT}").run("pare.yaml")
    expected = report(example)
    assert len(plays(example)) == 12
    example.run("pare.yaml", "--pare-runs=2")
    assert len(plays(example)) == 8
    example.run("pare.yaml", "--pare-resume")
    assert plays(example) == [f"{name}3" for name in NAMES]
    assert report(example) == expected

    fewer = example.run("pare.yaml", "--pare-resume", "--pare-runs=2")
    assert fewer.code == pytest.ExitCode.USAGE_ERROR
    assert "runs: 3 there, 2 here; a resumed session can only add runs" in fewer.err
    example.run("pare.yaml", "--pare-runs=1")
    more = example.run("pare.yaml", "--pare-resume")
    assert "runs: 1 there, 3 here; a scenario's only run has no number" in more.err


def test_marks_are_evaluated_again(example: Example) -> None:
    marks = "@pytest.mark.xfail(reason='no tool', raises={})"
    example.scenario("dig", f"{PLAYED}\nraise ValueError('no spade')", head=HEAD, marks=marks.format("ValueError"))
    example.scenario("mow", f"{PLAYED}\nreturn False", head=HEAD, marks="@pytest.mark.xfail(reason='no mower')")
    example.scenario("rake", PLAYED, head=HEAD, marks="@pytest.mark.skip('too early')")
    example.scenario(
        "weed",
        f"{PLAYED}\nreturn ScenarioValidationResult(success=True)",
        head=HEAD,
        marks="@pytest.mark.xfail(strict=True)",
    )
    whole = example.suite(REPORT).run("pare.yaml")
    expected = report(example)
    assert plays(example) == ["dig", "mow", "weed"]
    resumed = example.run("pare.yaml", "--pare-resume")
    assert plays(example) == []
    assert resumed.outcomes() == whole.outcomes() == {"xfailed": 2, "skipped": 1, "failed": 1}
    assert figures(resumed) == figures(whole)
    assert report(example) == expected

    example.write(
        "conftest.py",
        """
        import pytest
        def pytest_collection_modifyitems(items):
            items[-1].own_markers.clear()
        """,
    )
    assert example.run("pare.yaml", "--pare-resume").outcomes() == {"xfailed": 2, "skipped": 1, "passed": 1}
    assert plays(example) == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_attempts_of_reruns_are_not_counted_twice(example: Example, plugin: str) -> None:
    rerunning(example, plugin, f"{{runs: 2, {REPORT}}}")
    whole = example.run("pare.yaml")
    expected = report(example)
    cut(example, "mow")
    resumed = example.run("pare.yaml", "--pare-resume")
    assert report(example) == expected
    assert figures(resumed) == figures(whole)


def test_a_resumed_session_that_is_killed_can_be_resumed(example: Example) -> None:
    garden(example).run("pare.yaml")
    expected = report(example)
    plays(example)
    cut(example, "dig")
    example.run("pare.yaml", "--pare-resume")
    assert plays(example) == ["dig"]
    # It was killed before it had taken over two of the runs, which only the first ledger has.
    cut(example, "rake", "weed")
    example.run("pare.yaml", "--pare-resume")
    assert plays(example) == []
    assert report(example) == expected

    cut(example, "mow")
    ledgers(example)[1].unlink()
    example.run("pare.yaml", "--pare-resume")
    assert plays(example) == ["mow"], "without the earlier ledger a run is missing"
    assert report(example) == expected


def test_a_resumed_session_that_selects_some_runs_loses_no_others(example: Example) -> None:
    garden(example).run("pare.yaml")
    expected = report(example)
    plays(example)
    cut(example, "mow")
    example.run("pare.yaml", "--pare-resume", "-k", "dig or mow")
    assert plays(example) == ["mow"]
    session = example.run("pare.yaml", "--pare-resume")
    assert plays(example) == []
    assert report(example) == expected
    assert "pare.yaml resumes" in " ".join(session.header)


def test_a_run_whose_attempts_were_half_taken_over_is_not_played_again(example: Example) -> None:
    rerunning(example, "pytest-rerunfailures", "{gate: {reruns: last}, reports: {json: out.json}}")
    example.run("pare.yaml")
    expected = report(example)
    assert ENDS_EARLY not in example.run("pare.yaml", "--pare-resume").header
    path = ledgers(example)[-1]
    lines = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith('{"end"')]
    runs = [n for n, line in enumerate(lines) if '"replaced":true' in line]
    path.write_text("".join(lines[: runs[0] + 1]))
    session = example.run("pare.yaml", "--pare-resume")
    assert any("2 finished runs not played again" in line for line in session.header)
    assert report(example) == expected


def test_a_ledger_that_cannot_be_written_is_no_reason_to_play_again(example: Example) -> None:
    garden(example).run("pare.yaml")
    expected = report(example)
    plays(example)
    real = Path.touch

    def touch(path: Path, *args: Any, **kwargs: Any) -> None:
        if path.suffix == ".jsonl":
            raise OSError(30, "Read-only file system", str(path))
        real(path, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "touch", touch)
        session = example.run("pare.yaml", "--pare-resume")
    assert plays(example) == []
    assert report(example) == expected
    assert any("Read-only file system" in line for line in session.summary)
    assert len(ledgers(example)) == 1


# -- what is refused


def refused(session: Session) -> str:
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.has_no_traceback_of_ours()
    (text,) = re.findall(r"ERROR: --pare-resume: (.*)", session.err, re.DOTALL)
    return str(text).strip()


def test_a_session_of_other_settings_is_refused(example: Example) -> None:
    garden(example).run("pare.yaml")
    count = len(ledgers(example))
    text = refused(example.run("pare.yaml", "--pare-resume", "--pare-set=runner.max_turns=3", "--pare-limit=2"))
    assert text == (
        f"pare.yaml has changed since the session {ledgers(example)[0].stem}, which cannot be resumed: undo the "
        "change, or run the suite without --pare-resume\n"
        "  scenarios.limit: None there, 2 here\n"
        "  runner.max_turns: 10 there, 3 here"
    )
    assert len(ledgers(example)) == count


def test_a_session_of_another_version_is_refused(example: Example) -> None:
    garden(example).run("pare.yaml")
    path = ledgers(example)[0]
    path.write_text(re.sub(r'"pytest-pare":"[^"]+"', '"pytest-pare":"0.0.7"', path.read_text(), count=1))
    assert re.search(r"\n  pytest-pare: 0.0.7 there, \S+ here$", refused(example.run("pare.yaml", "--pare-resume")))


@pytest.mark.parametrize("flags", [("-n0",), ("-n2",)])
def test_edited_scenarios_are_refused(example: Example, flags: tuple[str, ...]) -> None:
    garden(example).run("pare.yaml")
    before = (example.path / "out.json").read_text()
    plays(example)
    example.scenario("mow", "fail").scenario("prune")
    (example.path / "scenarios/rake.py").unlink()
    text = refused(example.run("pare.yaml", "--pare-resume", *flags))
    first, *lines = text.split("\n")
    assert first.startswith("pare.yaml has changed since the session ")
    assert re.sub(r"[0-9a-f]{16}", "HASH", "\n".join(lines)) == (
        "  scenario mow: HASH there, HASH here\n"
        "  scenario rake: HASH there, absent here\n"
        "  scenario prune: absent there, HASH here"
    )
    assert plays(example) == []
    assert len(ledgers(example)) == 1
    assert "UNFINISHED" in (example.path / "out.json").read_text() != before


def test_sessions_that_are_not_there(example: Example) -> None:
    garden(example)
    where = example.path / ".pare/runs"
    assert refused(example.run("pare.yaml", "--pare-resume")) == (
        f"{where}: no session of pare.yaml is recorded there; run the suite first"
    )
    example.run("pare.yaml")
    name = ledgers(example)[0].stem
    assert refused(example.run("pare.yaml", f"--pare-resume={name[:-1]}y")) == (
        f"{name[:-1]}y: there is no such session of pare.yaml in {where}; did you mean {name!r}?; "
        f"the latest are: {name}"
    )
    assert refused(example.run("pare.yaml", "--pare-resume", "--pare-set=ledger=false")) == (
        "pare.yaml: with ledger: false no session is recorded that could be resumed"
    )
    alone = example.run("--pare-resume")
    assert alone.code == pytest.ExitCode.USAGE_ERROR
    assert "--pare-resume changes a suite, and there is none" in alone.err


def test_ledgers_that_cannot_be_read(example: Example) -> None:
    garden(example).run("pare.yaml")
    path = ledgers(example)[0]
    text = path.read_text()
    path.write_text(text.replace('{"pare_ledger":1', '{"pare_ledger":2', 1))
    assert f"{path}: a ledger of version 2, written by pytest-pare" in refused(
        example.run("pare.yaml", "--pare-resume")
    )
    lines = text.splitlines(keepends=True)
    path.write_text("".join([*lines[:3], lines[3][:40] + "\n", *lines[4:]]))
    assert f"{path}:4: the line is no JSON object" in refused(example.run("pare.yaml", "--pare-resume"))

    plays(example)
    torn = next(number for number, line in enumerate(lines) if line.startswith('{"run":"rake"'))
    path.write_text("".join(lines[:torn]) + lines[torn][:50])
    assert example.run("pare.yaml", "--pare-resume").outcomes() == {"passed": 3, "failed": 1}
    assert plays(example) == ["rake", "weed"], "a last line that is not whole is a run without a result"


def test_a_session_of_several_suites(example: Example) -> None:
    garden(example).suite("scenarios: {include: [dig]}", "b.pare.yaml")
    example.run("pare.yaml")
    plays(example)
    session = example.run("--pare-resume", "pare.yaml", "b.pare.yaml")
    assert plays(example) == ["dig"], "the second suite has no session to resume"
    assert session.outcomes() == {"passed": 4, "failed": 1}
    example.run("--pare-resume", "pare.yaml", "b.pare.yaml")
    assert plays(example) == []


# -- sessions that are killed

# Workers inherit the variable. The parent of a forked one is not its controller.
CONTROLLER = """
import os

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        os.environ["CONTROLLER"] = str(os.getpid())
"""
KILL = {
    "a worker": ("-n2", "os.kill(os.getpid(), signal.SIGKILL)"),
    "the controller": ("-n2", "os.kill(int(os.environ['CONTROLLER']), signal.SIGKILL); time.sleep(60)"),
    "the only process": ("-n0", "os.kill(os.getpid(), signal.SIGKILL)"),
    "sigterm": ("-n2", "os.kill(int(os.environ['CONTROLLER']), signal.SIGTERM); time.sleep(60)"),
    "ctrl-c": ("-n0", "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)"),
    "ctrl-c with workers": ("-n2", "os.kill(int(os.environ['CONTROLLER']), signal.SIGINT); time.sleep(60)"),
    "os._exit": ("-n0", "os._exit(3)"),
}


@pytest.mark.parametrize("how", KILL)
def test_a_killed_session_ends_like_an_undisturbed_one(
    example: Example, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, code = KILL[how]
    garden(example, f"runs: 2\n{REPORT}")
    whole = example.run("pare.yaml")
    expected = report(example)
    plays(example)
    ledgers(example)[0].unlink()
    example.write("conftest.py", CONTROLLER)
    # It is the fifth of eight runs.
    example.write("rake", code)
    # Workers without a controller may go on for a while.
    monkeypatch.setenv("PLAYS", "killed")
    example.run_process("pare.yaml", flag)
    monkeypatch.delenv("PLAYS")
    killed = plays(example, "killed")
    # Of two workers, either may be the first.
    assert {"rake1", "rake2"} & set(killed)
    (example.path / "conftest.py").unlink()
    (ledger,) = ledgers(example)
    nodes = [json.loads(line) for line in ledger.read_text().splitlines()[1:]]
    finished = {entry["run"].replace("[run", "").rstrip("]") for entry in nodes if "result" in entry}
    assert finished
    assert set(killed) - finished <= ({"rake1"} if flag == "-n0" else set(killed))

    resumed = example.run("pare.yaml", "--pare-resume", "-n0")
    assert sorted([*finished, *plays(example)]) == sorted(f"{name}{run}" for name in NAMES for run in (1, 2))
    assert report(example) == expected
    assert figures(resumed) == figures(whole)
    assert resumed.outcomes() == whole.outcomes()


def test_a_full_disk(example: Example) -> None:
    garden(example, f"runs: 20\n{REPORT}")
    whole = example.run("pare.yaml")
    expected = report(example)
    plays(example)
    ledgers(example)[0].unlink()
    example.write(
        "conftest.py",
        """
        import resource
        def pytest_sessionstart():
            resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
        """,
    )
    full = example.run_process("pare.yaml", "-p", "no:cacheprovider")
    assert len(plays(example)) == 80
    assert any("the ledger is not whole: File too large" in line for line in full.summary)
    (example.path / "conftest.py").unlink()
    lines = ledgers(example)[0].read_text().splitlines(keepends=True)
    count = sum(line.startswith('{"run":') and line.endswith("\n") for line in lines)
    resumed = example.run("pare.yaml", "--pare-resume")
    assert len(plays(example)) == 80 - count
    assert 0 < count < 80
    assert report(example) == expected
    assert figures(resumed) == figures(whole)


def test_a_session_that_still_runs_is_neither_resumed_nor_removed(example: Example) -> None:
    garden(example, "ledger: {keep: 1}")
    # A run of the session starts two others: one that would resume it, and one that ends before it.
    code = """
    for flags in ["--pare-resume"], ["-k", "dig"]:
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "pare.yaml", "-n0", *flags], capture_output=True)
        with open("others", "ab") as file:
            file.write(done.stderr)
    """
    example.write("mow", code)
    example.run_process("pare.yaml", "-n0")
    (first,) = ledgers(example)
    assert (example.path / "others").read_text() == (
        f"ERROR: --pare-resume: pare.yaml: the session {first.stem} still runs, and would play the same runs: wait "
        "until it has ended, or name another one\n\n"
    )
    assert first.read_text().count('{"run":') == 4
    assert plays(example) == sorted([*NAMES, "dig"])


def test_two_sessions_at_once_have_a_ledger_each(example: Example) -> None:
    garden(example)
    example.write("mow", "subprocess.run([sys.executable, '-m', 'pytest', '-q', 'pare.yaml', '-n0'], check=False)")
    example.run_process("pare.yaml", "-n0")
    assert sorted(plays(example)) == sorted([*NAMES, *NAMES])
    first, second = ledgers(example)
    for path in (first, second):
        assert path.read_text().count('{"run":') == 4
        assert path.read_text().count('{"end":') == 1
        assert example.run("pare.yaml", f"--pare-resume={path.stem}").outcomes() == {"passed": 3, "failed": 1}
    assert plays(example) == []
