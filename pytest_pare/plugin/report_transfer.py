"""Sends the records of runs from a worker of pytest-xdist to the controller: as JSON, and each config once.

execnet writes and reads each value of a report in Python. For the record of a short run, this takes as long as the run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.entries import config_hash

if TYPE_CHECKING:
    from collections.abc import Generator

_SENT = ("pare", "pare_attempts", "pare_run")
_JSON = "pare_json"
_CONFIGS = "configs"


class ReportSender:
    """A plugin of a worker: writes the attributes of runs on its reports as JSON."""

    def __init__(self) -> None:
        self._sent: set[str] = set()
        self._last: tuple[dict[str, Any] | None, str] = (None, "")

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, dict[str, Any], dict[str, Any]]:
        """Replace the attributes by one text."""
        data = yield
        attached = {name: data.pop(name) for name in _SENT if name in data}
        if attached:
            configs: dict[str, Any] = {}
            if "pare" in attached:
                attached["pare"] = self._with_name(attached["pare"], configs)
            if "pare_attempts" in attached:
                attached["pare_attempts"] = [self._with_name(one, configs) for one in attached["pare_attempts"]]
            data[_JSON] = json.dumps({**attached, **({_CONFIGS: configs} if configs else {})})
        return data

    def _with_name(self, record: dict[str, Any], configs: dict[str, Any]) -> dict[str, Any]:
        """Return a record with the name of its config; add the config to those that are sent with it, once."""
        config = record.get("config")
        if config is None:
            return record
        # Equal configs are mostly one object.
        if config is not self._last[0]:
            self._last = (config, config_hash(config))
        name = self._last[1]
        if name not in self._sent:
            self._sent.add(name)
            configs[name] = config
        return {**record, "config": name}


class ReportReceiver:
    """A plugin of the controller: restores the attributes of runs on the reports of workers."""

    def __init__(self) -> None:
        self._configs: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_from_serializable(self, data: dict[str, Any]) -> None:
        """Replace the text by the attributes. A config is known: the reports of a worker arrive in their order."""
        text = data.pop(_JSON, None)
        if text is None:
            return
        attached = json.loads(text)
        self._configs |= attached.pop(_CONFIGS, {})
        for record in (*filter(None, [attached.get("pare")]), *attached.get("pare_attempts", ())):
            if "config" in record:
                record["config"] = self._configs[record["config"]]
        data.update(attached)
