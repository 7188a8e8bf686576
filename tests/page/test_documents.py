"""The documents that the tests of the page make are those that runs have."""

from __future__ import annotations

import json

import pytest

from pytest_pare.timeline.diff import compare_traces, diff_document
from pytest_pare.timeline.document import run_document
from tests.page.documents import DOCUMENTS
from tests.timeline.made import agent, answer, call, proposal, report, trace

TRACE = trace(proposal(time=4), answer(time=6), agent("send_email", time=7), call("execute", time=8), report(time=9))
OF_A_RUN = run_document(TRACE, None, run="plants[run1]")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_made_document_has_the_keys_of_a_real_one(name: str) -> None:
    run = DOCUMENTS[name]()["run"]
    assert run.keys() == OF_A_RUN.keys()
    event, model = ({*one} for one in (OF_A_RUN["steps"][0], OF_A_RUN["steps"][3]))
    for step in run["steps"]:
        assert step.keys() == (model if step["lane"] == "model" else event)
        assert step.get("model", {}).keys() in ({}.keys(), OF_A_RUN["steps"][3]["model"].keys())
    assert all(one.keys() == OF_A_RUN["turns"][0].keys() for one in run["turns"])
    assert all(one.keys() == OF_A_RUN["consent"][0].keys() for one in run["consent"])
    json.dumps(run)


@pytest.mark.parametrize("name", ["failing", "missed", "hostile"])
def test_a_made_comparison_has_the_keys_of_a_real_one(name: str) -> None:
    diff = DOCUMENTS[name]()["nearest"]["diff"]
    assert diff.keys() == diff_document(compare_traces(TRACE, TRACE)).keys()
