"""The overview of a page, made of recorded sessions: rows, reasons, figures, comparison and history."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from pytest_pare.ledger.reader import Ledger, read_ledger
from pytest_pare.page.files import write_html, write_page
from pytest_pare.page.rows import label_of
from tests.cli.recorded import record
from tests.page.pages import Page, read_page


def page_of(ledger: Ledger, path: Path) -> Page:
    write_page(path, [ledger.results.report(ledger.duration)], ledger)
    return read_page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of the third session of a suite, compared with the second one."""
    rootdir = tmp_path_factory.mktemp("project")
    record(rootdir, 0, {"rose": "SSSf", "weed": "SSSS", "root": "SSSS"}, agent="0.9")
    before = record(rootdir, 1, {"rose": "SSSS", "weed": "SSSS", "root": "SSSS"})
    now = record(rootdir, 2, {"rose": "SSSf", "weed": "ffeS", "root": "Si-S"}, agent="1.1")
    record(rootdir, 3, {"rose": "ffff", "weed": "ffff", "root": "ffff"})
    ledger, baseline = (read_ledger(rootdir / f".pare/runs/{name}.jsonl") for name in (now, before))
    ledger.judge(baseline.run_set())
    return page_of(ledger, rootdir / "page.html")


def suite_of(page: Page) -> dict[str, Any]:
    (suite,) = page.data["suites"]
    found: dict[str, Any] = suite
    return found


def test_each_run_is_a_row_with_status_reason_and_figures(page: Page) -> None:
    rows = page.runs()
    assert list(rows)[:4] == ["rose[run1]", "rose[run2]", "rose[run3]", "rose[run4]"]
    assert rows["rose[run4]"] == {
        "name": "rose[run4]",
        "suite": 0,
        "scenario": "rose",
        "status": "failed",
        "run": 4,
        "category": "the plants are dry",
        "reason": "the plants are dry",
        "number_of_turns": 6,
    }
    assert rows["weed[run3]"]["category"] == "KeyError"
    assert rows["root[run2]"]["exception_kind"] == "infrastructure"
    assert rows["root[run3]"]["status"] == "no_result"
    assert {row["status"] for row in rows.values() if "category" in row} == {"failed", "exception", "no_result"}
    assert [column["key"] for column in page.data["columns"]] == ["number_of_turns"]


def test_the_verdict_has_its_sentence_and_its_reasons(page: Page) -> None:
    verdict = suite_of(page)["verdict"]
    assert verdict["word"] == "FAIL"
    assert verdict["lines"][0].startswith("gate FAIL: 6 of 12 runs succeeded (50.0 %")
    assert verdict["rate"] == 0.5
    assert verdict["interval"][0] < 0.5 < verdict["interval"][1]


def test_rates_have_intervals(page: Page) -> None:
    (group,) = suite_of(page)["groups"]
    success, *others = group["rates"]
    assert (success["label"], success["text"]) == ("Success", "66.7")
    assert success["note"].startswith("95 % CI ")
    assert [one["label"] for one in others] == ["Pass@4", "Pass^4", "Acceptance"]
    assert others[-1]["text"] == "n/a"


def test_the_baseline_is_compared(page: Page) -> None:
    compared = suite_of(page)["comparison"]
    assert compared["baseline"].startswith("session:20261202T")
    assert compared["agents"] == ["1.0", "1.1"]
    (variant,) = compared["variants"]
    assert {one["scenario"]: (one["before"], one["now"]) for one in variant["scenarios"]} == {
        "rose": ("4 of 4", "3 of 4"),
        "weed": ("4 of 4", "1 of 4"),
    }
    assert variant["reasons"][0]["category"] == "the plants are dry"


def test_the_history_ends_with_the_session(page: Page) -> None:
    past = suite_of(page)["history"]
    assert [one["began"][:10] for one in past["sessions"]] == ["2026-12-01", "2026-12-02", "2026-12-03"]
    assert [one["success_rate"] for one in past["sessions"]][:2] == [11 / 12, 1.0]
    assert {one["id"] for one in past["flaky"]} == {"rose", "weed"}
    assert suite_of(page)["scenarios"]["rose"]["flips"] == "2 of 8 runs flipped between sessions"
    assert suite_of(page)["scenarios"]["root"]["flips"] is None
    assert suite_of(page)["plots"].keys() >= {"history", "baseline"}
    assert page.text.count("<svg") >= 2


def test_figures_are_those_that_runs_declare(page: Page) -> None:
    suite = suite_of(page)
    assert suite["totals"] == [{"label": "Turns", "about": "Turns played.", "total": 4 * 6 + 6 * 3, "mean": "3.82"}]
    assert {one["label"]: one["counts"] for one in suite["counts"]} == {
        "Exception kind": {"infrastructure": 1, "other": 1}
    }


def test_the_session_is_described_without_its_machine(page: Page) -> None:
    suite = suite_of(page)
    facts = dict(suite["facts"])
    assert facts["Agent version"] == "1.1"
    assert facts["python"] == "3.11"
    assert facts["Traces"] == "0 of 12 runs"
    assert suite["no_trace"] == "no traces were kept (ledger.traces: none in the suite)"
    unplayed = {name: run["no_trace"] for name, run in page.runs().items() if "no_trace" in run}
    assert unplayed == {"root[run3]": "the run was not played to its end"}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("number_of_turns", "Turns"),
        ("proposal_count", "Proposals"),
        ("writes_without_consent", "Writes without consent"),
        ("turns_saved", "Turns saved"),
    ],
)
def test_headings_come_from_the_names_of_figures(name: str, label: str) -> None:
    assert label_of(name) == label


def test_a_ledger_that_is_damaged_leaves_the_results(tmp_path: Path) -> None:
    path = tmp_path / f".pare/runs/{record(tmp_path, 0, {'rose': 'Sf'})}.jsonl"
    ledger = read_ledger(path)
    report = ledger.results.report(1.0)
    report.ledger = path
    path.write_text("no ledger\n")
    write_html(tmp_path / "page.html", report)
    suite = suite_of(page := read_page((tmp_path / "page.html").read_text()))
    assert f"{path}: not a ledger" in suite["no_trace"]
    assert list(page.runs()) == ["rose[run1]", "rose[run2]"]


def test_a_trace_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / f".pare/runs/{record(tmp_path, 0, {'rose': 'f'})}.jsonl"
    traces = path.with_suffix("")
    traces.mkdir()
    (traces / "rose.jsonl.gz").write_bytes(gzip.compress(b"no trace"))
    text = path.read_text().replace('"status":"failed"', f'"trace":"{traces.name}/rose.jsonl.gz","status":"failed"')
    path.write_text(text)
    page = page_of(read_ledger(path), tmp_path / "page.html")
    assert "rose.jsonl.gz: cannot be read" in page.runs()["rose"]["no_trace"]
    assert page.documents() == []
