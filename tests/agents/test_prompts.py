"""The prompts: whole, versioned, and with nothing left open."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import jinja2
import pytest

from pytest_pare.agents import prompts
from pytest_pare.agents.react import parse_action
from pytest_pare.apps import PAREAgentUserInterface

FACTS: dict[str, dict[str, Any]] = {
    "user": {"goal": "Be at the pier by noon.", "apps": ("Calendar", "Emails")},
    "user_situation": {"screen": "Calendar/DayView", "proposal": "Shall I?", "tools": ["- tap: Tap.", "- wait: Wait."]},
    "observe": {"tools": ["- look: Look.", "- wait: Wait."]},
    "execute": {"tools": ["- do: Do it."], "proposal": "Shall I?", "reply": "Yes."},
    "format": {},
}


def texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("name", prompts.NAMES)
def test_a_prompt_tells_all_its_facts(name: str) -> None:
    text = prompts.render(name, **FACTS[name])
    assert all(fact in text for value in FACTS[name].values() for fact in texts(value))
    assert text == text.strip()
    assert not re.search(r"\{[{%]|%\}|None|\n\n\n", text)


@pytest.mark.parametrize(("name", "missing"), [(name, fact) for name, facts in FACTS.items() for fact in facts])
def test_a_fact_that_is_missing_is_an_error(name: str, missing: str) -> None:
    facts = {fact: value for fact, value in FACTS[name].items() if fact != missing}
    with pytest.raises(jinja2.UndefinedError, match=missing):
        prompts.render(name, **facts)


@pytest.mark.parametrize("name", ["user", "observe", "execute"])
def test_every_system_prompt_explains_the_wire_format_by_an_example_of_it(name: str) -> None:
    text = prompts.render(name, **FACTS[name])
    form = prompts.render("format")
    assert text.count(form) == 1
    example = form[form.index("Thought:") : form.index("<end_action>")]
    assert parse_action(example) == ("full name of the tool", {"argument": "value"})


def test_each_tool_has_lines_of_its_own() -> None:
    assert prompts.render("observe", **FACTS["observe"]).endswith("\n- look: Look.\n- wait: Wait.")
    assert prompts.render("user_situation", **FACTS["user_situation"]).endswith(
        "What you can do now:\n- tap: Tap.\n- wait: Wait."
    )


def test_what_is_not_there_is_not_told() -> None:
    assert prompts.render("user_situation", screen="System", proposal=None, tools=["- wait: Wait."]) == (
        "On the screen: System.\nWhat you can do now:\n- wait: Wait."
    )
    assert "careful owner" in prompts.render("user", goal=None, apps=())
    assert "accepted.\n" in prompts.render("execute", tools=[], proposal="Shall I?", reply=None)


def test_braces_and_markup_in_a_fact_are_no_template() -> None:
    text = prompts.render("execute", tools=["{{ tool }}"], proposal="{% if x %}", reply="<b> & {{ 7 * 7 }}")
    assert all(fact in text for fact in ("{{ tool }}", "{% if x %}", "<b> & {{ 7 * 7 }}"))


@pytest.mark.parametrize("changed", prompts.NAMES)
def test_the_version_names_every_word_of_every_prompt(changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = prompts._source
    before = prompts.version()
    assert re.fullmatch("[0-9a-f]{8}", before)
    monkeypatch.setattr(prompts, "_source", lambda name: source(name) + "." * (name == changed))
    assert prompts.version.__wrapped__() != before


def test_no_prompt_is_left_out_of_the_version() -> None:
    found = {path.name.removesuffix(".jinja") for path in files(prompts).iterdir() if path.name.endswith(".jinja")}
    assert found == set(prompts.NAMES)


@pytest.mark.parametrize(
    ("name", "functions"),
    [
        ("user", ["accept_proposal", "reject_proposal", "send_message_to_agent"]),
        ("observe", ["wait", "send_message_to_user"]),
        ("execute", ["ask_user", "send_message_to_user"]),
    ],
)
def test_the_functions_that_a_prompt_names_are_those_of_the_line(name: str, functions: list[str]) -> None:
    line = PAREAgentUserInterface()
    there = {str(tool.func_name) for tool in [*line.get_tools(), *line.get_user_tools()]}
    there |= {"end_task", "go_back", "go_home", "action_input", "end_action"}
    text = prompts.render(name, **FACTS[name])
    assert all(function in text for function in functions)
    assert set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)) <= there
