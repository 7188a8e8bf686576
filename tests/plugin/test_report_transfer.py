"""Records of runs on their way from a worker to the controller."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_pare.plugin.report_transfer import ReportReceiver, ReportSender

CONFIG = {"oracle": True, "max_turns": 10, "noise": {"tools": {"Mail__send": 0.5}}}


def record(config: dict[str, Any], rationale: str = "grün \ud800") -> dict[str, Any]:
    return {"result": {"success": True, "rationale": rationale, "duration": 0.25}, "config": config, "key": None}


def sent(sender: ReportSender, data: dict[str, Any]) -> dict[str, Any]:
    """Return what the worker sends of a report."""
    hook = sender.pytest_report_to_serializable()
    next(hook)
    try:
        hook.send({**data})
    except StopIteration as ended:
        result: dict[str, Any] = ended.value
    return result


def received(receiver: ReportReceiver, data: dict[str, Any]) -> dict[str, Any]:
    receiver.pytest_report_from_serializable(data)
    return data


def test_records_arrive_as_they_were() -> None:
    report = {
        "nodeid": "pare.yaml::a",
        "user_properties": [("pare_status", "success")],
        "pare": record(CONFIG),
        "pare_attempts": [record(CONFIG, "first"), {"result": None, "reason": "a fixture failed"}],
        "pare_run": {"scenario_id": "a", "run_number": 1, "level": ["noise.x", 0.5]},
    }
    assert received(ReportReceiver(), sent(ReportSender(), report)) == report


def test_equal_configs_of_all_workers_become_one_object() -> None:
    receiver, other = ReportReceiver(), {**CONFIG, "oracle": False}
    configs = [
        received(receiver, sent(sender, {"pare": record(config)}))["pare"]["config"]
        for sender in (ReportSender(), ReportSender())
        for config in (CONFIG, {**CONFIG}, other, CONFIG)
    ]
    assert configs == [CONFIG, CONFIG, other, CONFIG] * 2
    assert len({id(config) for config in configs}) == 2


def test_a_report_that_is_written_twice_arrives_whole() -> None:
    # Another plugin of the worker may write it for itself.
    sender, report = ReportSender(), {"pare": record(CONFIG)}
    sent(sender, report)
    assert received(ReportReceiver(), sent(sender, report)) == report


def test_reports_of_other_tests_are_left_as_they_are() -> None:
    report = {"nodeid": "test_a.py::test_a", "sections": [("out", "x")], "keywords": {"test_a": 1}}
    assert sent(ReportSender(), report) == report
    assert received(ReportReceiver(), {**report}) == report


@pytest.mark.parametrize(
    "keywords", [{"b": 1, "a \ud800": 1, "": 1}, {"a": 1, 2: 1}, {"a": (1, 2)}, {"a": True}, ["a"], {}]
)
def test_keywords_arrive_as_they_were(keywords: Any) -> None:
    report = {"pare_run": {"scenario_id": "a"}, "keywords": keywords}
    arrived = received(ReportReceiver(), sent(ReportSender(), report))
    assert arrived == report
    assert repr(arrived["keywords"]) == repr(keywords)


def test_the_keywords_of_a_run_are_a_part_of_the_text() -> None:
    assert set(sent(ReportSender(), {"pare_run": {"scenario_id": "a"}, "keywords": {"a": 1}})) == {"pare_json"}
