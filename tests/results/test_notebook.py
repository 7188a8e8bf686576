"""HTML for notebooks: results, comparisons and runs, with hostile texts as texts."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.results import notebook
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.pairing import compare
from pytest_pare.results.run_set import ComparedRun, RunSet
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.simulation.run import Run
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)> & 'a' \x1b[31m \ud800"
SECRET = "sk-abcdefghij0123456789abcdef"
TAGS = {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"}


class Reader(HTMLParser):
    """Reads the tags, their attributes and the texts of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def results_of(text: str) -> str:
    many = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig(agent_type="null"))
    many.add_result(PAREScenarioValidationResult(success=True, number_of_turns=4), "mow", 1)
    many.add_result(PAREScenarioValidationResult(success=False, rationale=text, number_of_turns=6), "weed", 1)
    return many._repr_html_()


def comparison_of(text: str) -> str:
    def runs(name: str, outcome: str) -> RunSet:
        each = [ComparedRun(f"s{number}", text, None, outcome) for number in range(12)]
        return RunSet(name, each, {f"s{number}": "1" for number in range(12)}, agent_version=text)

    return compare(runs(text, "success"), runs("now", "failed"))._repr_html_()


def event(time: float, **values: Any) -> TraceEvent:
    fixed = {"kind": "AGENT", "event_id": "e", "app": "Notes", "app_class": "Notes", "function": "add", "args": {}}
    return TraceEvent(time, **{**fixed, "result": None, "error": None, **values})


def run_of(text: str) -> str:
    result = PAREScenarioValidationResult(success=False, rationale=text, number_of_turns=2, proposal_count=1)
    result.differences = [{"expected": "19:00", "got": text, "event_id": None, "time": None}]
    entries = (
        event(1.0, args={"text": text}),
        # One that is not true is no step.
        event(2.0, kind="CONDITION", app=None, function="check", result=False),
        event(3.5, kind="USER", error=text),
        EngineCall(4.0, 0, "observe", "gpt", "f", text, 1.0),
    )
    return Run(result, Trace("weed", 0.0, entries, run_number=2, agent="null"), warnings=(text,))._repr_html_()


EACH = pytest.mark.parametrize("html", [results_of, comparison_of, run_of])


@EACH
def test_hostile_texts_are_texts(html: Callable[[str], str]) -> None:
    read = Reader(html(HOSTILE))
    assert set(read.tags) <= TAGS
    assert read.names <= {"style", "scope", "class"}
    assert read.open == []
    assert any("<script>alert(1)</script>" in text for text in read.texts)
    html(HOSTILE).encode("utf-8")


@EACH
def test_secrets_are_redacted_before_a_text_is_cut(html: Callable[[str], str]) -> None:
    text = html(f"{'x' * 290} {SECRET} {'y' * 3000}")
    assert SECRET[:12] not in text
    assert "[redacted]" in text


def test_results_have_their_counts_and_a_row_for_each_run() -> None:
    texts = Reader(results_of("the plants are dry")).texts
    assert texts[:2] == ["2 runs", "· success rate 50.0 % · 1 success · 1 failed"]
    assert texts[10:16] == ["mow", "1", "success", "4", "0", "0"]
    assert texts[17:21] == ["weed", "1", "failed", "the plants are dry"]


def test_a_comparison_has_its_verdict_reasons_and_variants() -> None:
    texts = Reader(comparison_of("calm")).texts
    assert texts[:2] == ["FAIL", "· compared with calm · agent calm before, calm now"]
    row = texts.index("calm")
    assert texts[row : row + 3] == ["calm", "FAIL", "-100.0"]
    assert texts[row + 4 : row + 6] == ["12", "12"]


def test_a_run_has_its_verdict_figures_and_steps_by_number() -> None:
    texts = Reader(run_of("too early")).texts
    assert texts[:3] == ["failed", "· weed · run 2 · agent null", "too early"]
    assert texts[3:7] == ["Expected", "Got", "19:00", "too early"]
    assert texts[7] == "2 turns, 1 proposal, 0 acceptances, 0 rejections, 0 reads, 0 writes"
    assert texts[8:10] == ["warning: too early", "3 steps"]
    assert texts[14:] == [
        *("1", "1 s", "agent", "Notes.add(text='too early')"),
        *("2", "3.5 s", "user", "Notes.add()\nraised: too early"),
        *("3", "4 s", "model", "observe (gpt): too early"),
    ]


def test_a_long_table_says_what_it_leaves_out() -> None:
    rows = [[number] for number in range(400)]
    first, last = (Reader(str(notebook.table(["n"], rows, what="row", last=last))).texts for last in (False, True))
    assert first[1:3] == ["0", "1"]
    assert first[-1] == "The last 100 rows of 400 are not shown."
    assert last[1:3] == ["100", "101"]
    assert last[-1] == "The first 100 rows of 400 are not shown."
