"""`pytest-pare report` prints what the session printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.cli import main

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SWEPT = """\
runs: 2
sweep: {noise.tool_slow.rate: [0, 0.5]}
gate: {robustness: 0.4}
"""


@pytest.mark.parametrize("suite", ["runs: 2\ngate: {min_success_rate: 0.5}\n", SWEPT])
@pytest.mark.parametrize("flags", [[], ["-k", "rose"]])
def test_the_report_of_a_session_is_printed_again(
    example: Example,
    suite: str,
    flags: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example.suite(suite).scenario("rose").scenario("weed", "fail").scenario("root", "raise").scenario("leaf", "none")
    example.scenario("thorn", marks="@pytest.mark.skip(reason='no gloves')").scenario("broken", head="import gone")
    session = example.run("--pare-config", "pare.yaml", *flags)
    shown = [line for line in session.summary if not line.startswith(("wrote ", "ledger "))]
    capsys.readouterr()
    monkeypatch.chdir(example.path)
    with pytest.raises(SystemExit) as end:
        main(["report"])
    title, *printed = capsys.readouterr().out.splitlines()
    assert title.startswith("session ")
    assert printed[-len(shown) :] == shown
    assert (end.value.code == 1) == any(line.startswith("gate FAIL") for line in shown)
