"""The report page of a session: its files, flags and command, and what is in it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_pare.cli import main
from pytest_pare.ledger.plan import SuitePlan
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.plugin.report_files import ReportFiles
from pytest_pare.settings import load_suite
from tests.page.pages import Page, read_page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example


def page_at(path: Path) -> Page:
    return read_page(path.read_text(encoding="utf-8"))


def view(*args: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["view", *args])
    return int(end.value.code or 0)


def test_a_session_writes_its_page_and_view_writes_it_again(
    example: Example, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example.scenario("rose", methods="tags = ('app:garden', 'level:easy')").scenario("weed", "fail")
    example.suite("runs: 2\nreports: {html: pages/}\n")
    session = example.run("--pare-config", "pare.yaml")
    path = example.path / "pages/index.html"
    assert "wrote pages/index.html" in session.out
    page = page_at(path)
    assert {name: run["status"] for name, run in page.runs().items()} == {
        "rose[run1]": "success",
        "rose[run2]": "success",
        "weed[run1]": "failed",
        "weed[run2]": "failed",
    }
    # The runs that succeeded too: without a page, their traces are not kept.
    assert [page.document(run["document"])["run"]["run"] for run in page.data["runs"]] == list(page.runs())
    (suite,) = page.data["suites"]
    assert suite["verdict"]["word"] == "FAIL"
    assert suite["verdict"]["lines"][0].startswith("gate FAIL: 2 of 4 runs succeeded (50.0 %, ")
    assert suite["scenarios"]["rose"]["tags"] == ["app:garden", "level:easy"]
    assert suite["scenarios"]["rose"]["source"].startswith("scenarios/rose.py:")
    assert page.runs()["weed[run1]"]["category"] == "the plants are dry"
    # No run of it has passed.
    nearest = page.document(page.runs()["weed[run1]"]["document"])["nearest"]
    assert (nearest["kind"], nearest["run"]) == ("reference", "reference")
    written = path.read_bytes()
    # The command writes the same bytes, beside the ledger, also after the project's other files are gone.
    monkeypatch.chdir(example.path)
    for name in ("pages", "scenarios"):
        shutil.rmtree(example.path / name)
    capsys.readouterr()
    assert view() == 0
    (beside,) = (example.path / ".pare/runs").glob("*.html")
    assert capsys.readouterr().out == f"{beside.relative_to(example.path)}\n"
    assert beside.read_bytes() == written
    assert view("last", "--no-open", "--output", "again.html") == 0
    assert (example.path / "again.html").read_bytes() == written


COUNTED = """
from pathlib import Path
file = Path("count")
number = len(file.read_text()) if file.exists() else 0
file.write_text("." * (number + 1))
return ScenarioValidationResult(success=number == 0, rationale="dry")
"""


def test_a_failed_run_is_compared_with_the_nearest_that_passed(example: Example) -> None:
    example.scenario("rose", COUNTED).suite("runs: 2\nreports: {html: page.html}\n")
    example.run("--pare-config", "pare.yaml")
    page = page_at(example.path / "page.html")
    nearest = page.document(page.runs()["rose[run2]"]["document"])["nearest"]
    assert (nearest["run"], nearest["kind"]) == ("rose[run1]", "sibling")
    assert (nearest["diff"]["a"], nearest["diff"]["b"]) == ("rose[run2]", "rose[run1]")
    assert page.document(page.runs()["rose[run1]"]["document"])["nearest"] is None
    # The next session has no run that passed. That of this one is in its page, too.
    example.run("--pare-config", "pare.yaml", "--pare-runs=1")
    page = page_at(example.path / "page.html")
    nearest = page.document(page.runs()["rose"]["document"])["nearest"]
    assert nearest["kind"] == "baseline"
    assert nearest["run"].endswith(":rose[run1]")
    assert page.document(page.data["others"][nearest["run"]])["run"]["run"] == nearest["run"]


def test_no_secret_is_in_the_names_of_runs(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARDEN_TOKEN", "correct-horse-battery")
    example.scenario("correct-horse-battery", COUNTED, name="scenarios/rose.py")
    example.suite("runs: 2\nreports: {html: page.html}\n").run("--pare-config", "pare.yaml")
    page = page_at(example.path / "page.html")
    assert not any("correct-horse" in text for text in (page.text, *page.documents()))
    nearest = page.document(page.runs()["[redacted][run2]"]["document"])["nearest"]
    assert nearest["run"] == "[redacted][run1]"


def test_suites_share_a_page_with_workers(example: Example) -> None:
    # The path of the flag is relative to the working directory, and not to the suite.
    example.suite("scenarios: {include: [rose], paths: [../scenarios]}", "of/a.pare.yaml")
    example.suite("scenarios: {include: [weed]}", "b.pare.yaml")
    example.scenario("rose").scenario("weed", "fail")
    session = example.run("--pare-config=of/a.pare.yaml", "--pare-config=b.pare.yaml", "--pare-html=out/", "-n2")
    page = page_at(example.path / "out/index.html")
    assert [suite["name"] for suite in page.data["suites"]] == ["of/a.pare.yaml", "b.pare.yaml"]
    assert {name: run["suite"] for name, run in page.runs().items()} == {
        "of/a.pare.yaml::rose": 0,
        "b.pare.yaml::weed": 1,
    }
    assert len(page.documents()) == 2
    assert session.out.count("wrote out/index.html") == 1


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        ("false", "no traces were kept, because the suite keeps no ledger (ledger: false)"),
        ("{traces: none}", "no traces were kept (ledger.traces: none in the suite)"),
    ],
)
def test_a_page_without_traces_says_why(example: Example, ledger: str, said: str) -> None:
    example.scenario("weed", "fail").suite(f"ledger: {ledger}\nreports: {{html: out.html}}\n")
    example.run("--pare-config", "pare.yaml")
    page = page_at(example.path / "out.html")
    assert page.data["suites"][0]["no_trace"] == said
    assert page.documents() == []
    assert page.runs()["weed"]["reason"] == "the plants are dry"


def test_a_session_that_does_not_end_leaves_an_unfinished_page(example: Example) -> None:
    suite = load_suite(example.suite("reports: {html: out.html}").path / "pare.yaml")
    path = example.path / "out.html"
    path.write_text("of an earlier session")
    files = ReportFiles(SuiteResults(SuitePlan.of("pare.yaml", suite)), suite)
    files.begin(example.path / "ledger.jsonl")
    (shown,) = page_at(path).data["suites"]
    assert shown["verdict"]["word"] == "UNFINISHED"
    assert "ledger.jsonl" in shown["verdict"]["lines"][0]
    files.restore()
    assert path.read_text() == "of an earlier session"


def test_only_a_ledger_can_be_viewed(
    example: Example, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example.path)
    (example.path / "results.json").write_text(json.dumps({"version": 1}))
    assert view("results.json") == 4
    error = " ".join(capsys.readouterr().err.split())
    assert "results.json: expected the ledger of a session (*.jsonl); report files hold no traces" in error
    assert view("nothing.jsonl") == 4
    assert "no session is recorded there" in capsys.readouterr().err
