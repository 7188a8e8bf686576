"""What GitHub Actions gets: commands that make annotations, and the step summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.results.github import STEP_SUMMARY, Annotation, append_step_summary, commands
from pytest_pare.results.markdown import Block

ON_GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/home/runner/work/app"}
SUITE = Path("/home/runner/work/app/tests/pare.yaml")


def error(message: str, title: str = "pare", path: Path = SUITE) -> Annotation:
    return Annotation("error", title, message, path)


def test_a_command_names_file_line_and_title() -> None:
    annotation = Annotation("warning", "pare: a, b", "100 %\nand more", SUITE, 12)
    assert commands([annotation], ON_GITHUB) == [
        "::warning file=tests/pare.yaml,line=12,title=pare%3A a%2C b::100 %25%0Aand more"
    ]


def test_a_file_outside_of_the_checkout_keeps_its_path() -> None:
    (command,) = commands([error("x", path=Path("/tmp/pare.yaml"))], ON_GITHUB)
    assert command.startswith("::error file=/tmp/pare.yaml,")


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_WORKSPACE": "/x"}])
def test_elsewhere_nothing_is_printed(environment: dict[str, str]) -> None:
    assert commands([error("x")], environment) == []


def test_no_more_than_ten_of_a_kind_and_the_last_says_so() -> None:
    many = [error(f"e{n}") for n in range(12)] + [Annotation("warning", "pare", f"w{n}", SUITE) for n in range(10)]
    printed = commands(many, ON_GITHUB)
    assert len(printed) == 20
    assert printed[9].endswith("::e9%0A2 more errors: see the summary")
    assert printed[19].endswith("::w9")


def test_secrets_are_redacted_and_long_messages_cut() -> None:
    secret = "sk-" + "1a" * 20
    (command,) = commands([error(f"{secret} {'x' * 2000}", title=secret)], ON_GITHUB)
    assert "1a1a" not in command
    assert len(command) < 1200


@given(st.text(max_size=300), st.text(max_size=100))
def test_a_command_is_one_line_with_the_properties_that_it_was_given(message: str, title: str) -> None:
    (command,) = commands([error(message, title)], ON_GITHUB)
    assert command.isprintable()
    parsed = re.fullmatch(r"::error file=([^,:]*),line=1,title=([^,:]*)::(.*)", command)
    assert parsed is not None
    unescaped = parsed[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert len(unescaped) <= len(message)


def test_a_summary_is_appended(tmp_path: Path) -> None:
    environment = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    assert append_step_summary([Block(["first"])], environment)
    assert append_step_summary([Block(["second"])], environment)
    assert (tmp_path / "summary.md").read_text(encoding="utf-8") == "\nfirst\n\n\nsecond\n\n"
    assert append_step_summary([Block(["nowhere"])], {})


@pytest.mark.parametrize("used", [0, 1000, STEP_SUMMARY.most - 200])
def test_with_what_is_there_already_a_summary_keeps_to_the_limit(tmp_path: Path, used: int) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * used)
    blocks = [Block(["first"]), Block(["rows"], ("é" * 100 for _ in range(10_000)))]
    assert append_step_summary(blocks, {"GITHUB_STEP_SUMMARY": str(path)})
    assert used < path.stat().st_size <= STEP_SUMMARY.most
    assert path.read_text(encoding="utf-8").endswith("at most._\n")


def test_a_full_summary_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * (STEP_SUMMARY.most - 10))
    assert not append_step_summary([Block(["first"])], {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.stat().st_size == STEP_SUMMARY.most - 10
