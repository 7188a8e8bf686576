"""A fixture that creates a client of OpenAI's without arguments, as agents do, in a session of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import openai  # noqa: F401 - a session in this process would import it anew

if TYPE_CHECKING:
    import pytest

_SUITE = """
scenarios: {bundled: true, include: [new_number]}
gate: {min_success_rate: 0}
runner:
  max_turns: 1
  agent_engine_config: {model_name: scripted, provider: scripted, answers: [Nothing to do.]}
"""
_CONFTEST = """
import openai
import pytest

@pytest.fixture
def proactive_agent():
    with openai.OpenAI() as client:
        def agent(turn):
            answer = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Well?"}])
            raise RuntimeError(answer.choices[0].message.content)

        yield agent
"""


def test_a_client_of_the_agents_fixture_finds_the_endpoint(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".yaml", pare=_SUITE)
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(
        test_own="def test_own(pare):\n    run = pare.run('new_number')\n    assert run.result.rationale == ''"
    )
    result = pytester.runpytest_inprocess("--pare-config", "pare.yaml", ".", "-p", "no:cacheprovider")
    failure = "*turn 0: the agent raised RuntimeError: Nothing to do.*"
    result.stdout.fnmatch_lines([failure, failure])
    assert "OPENAI_API_KEY" not in os.environ
