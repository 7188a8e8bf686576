"""Sends the records of runs from a worker of pytest-xdist to the controller as JSON.

execnet writes and reads each value of a report in Python. For the record of a short run, this takes as long as the run.
Of the rest of a report, the keywords take half of the time: each tag of a scenario is two of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_SENT = ("pare", "pare_attempts", "pare_run")
_KEYWORDS = "keywords"
_JSON = "pare_json"


class ReportSender:
    """A plugin of a worker: writes the attributes of runs on its reports as JSON, each config as a text in it."""

    def __init__(self) -> None:
        self._last: tuple[dict[str, Any] | None, str] = (None, "")

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, dict[str, Any], dict[str, Any]]:
        """Replace the attributes by one text."""
        data = yield
        attached = {name: data.pop(name) for name in _SENT if name in data}
        if attached:
            if _is_plain(data.get(_KEYWORDS)):
                attached[_KEYWORDS] = data.pop(_KEYWORDS)
            data[_JSON] = json.dumps(_with_configs(attached, self._written))
        return data

    def _written(self, config: dict[str, Any]) -> str:
        # Equal configs are mostly one object.
        if config is not self._last[0]:
            self._last = (config, json.dumps(config))
        return self._last[1]


class ReportReceiver:
    """A plugin of the controller: restores the attributes of runs on the reports of workers."""

    def __init__(self) -> None:
        self._configs: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_from_serializable(self, data: dict[str, Any]) -> None:
        """Replace the text by the attributes. Equal configs become one object."""
        text = data.pop(_JSON, None)
        if text is not None:
            data.update(_with_configs(json.loads(text), self._read))

    def _read(self, text: str) -> dict[str, Any]:
        if text not in self._configs:
            self._configs[text] = json.loads(text)
        return self._configs[text]


def _is_plain(keywords: object) -> bool:
    """Tell whether the keywords of a report are as pytest makes them: JSON would change others."""
    return (
        type(keywords) is dict
        and {str}.issuperset(map(type, keywords))
        and {int}.issuperset(map(type, keywords.values()))
    )


def _with_configs(attached: dict[str, Any], convert: Callable[[Any], object]) -> dict[str, Any]:
    """Return the attributes of a report with the configs of its records converted."""

    def converted(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "config": convert(record["config"])} if "config" in record else record

    changed: dict[str, Any] = {**attached}
    if "pare" in attached:
        changed["pare"] = converted(attached["pare"])
    if "pare_attempts" in attached:
        changed["pare_attempts"] = [converted(one) for one in attached["pare_attempts"]]
    return changed
