"""Records of runs on their way from a worker to the controller."""

from __future__ import annotations

from typing import Any

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


def test_a_config_is_sent_once() -> None:
    sender, receiver = ReportSender(), ReportReceiver()
    other = {**CONFIG, "oracle": False}
    reports = [{"pare": record(config)} for config in (CONFIG, {**CONFIG}, other, CONFIG)]
    texts = [sent(sender, report) for report in reports]
    assert [str(text).count("Mail__send") for text in texts] == [1, 0, 1, 0]
    configs = [received(receiver, text)["pare"]["config"] for text in texts]
    assert configs == [CONFIG, CONFIG, other, CONFIG]
    # One object, which the tables of many runs share.
    assert configs[0] is configs[1] is configs[3]


def test_each_worker_sends_its_configs() -> None:
    receiver = ReportReceiver()
    for sender in (ReportSender(), ReportSender()):
        assert received(receiver, sent(sender, {"pare": record(CONFIG)}))["pare"] == record(CONFIG)


def test_reports_of_other_tests_are_left_as_they_are() -> None:
    report = {"nodeid": "test_a.py::test_a", "sections": [("out", "x")]}
    assert sent(ReportSender(), report) == report
    assert received(ReportReceiver(), {**report}) == report
