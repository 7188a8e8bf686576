"""Tags and the linter in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Example


def test_scenarios_are_selected_by_tag_and_linted(example: Example) -> None:
    example.scenario("prune").scenario("water").scenario("weed")
    for name, tags in (("prune", "('skill:timing', 'level:easy')"), ("water", "('skill:timing',)")):
        path = example.path / f"scenarios/{name}.py"
        path.write_text(
            path.read_text().replace(
                "class Scenario(PAREScenario):\n",
                f"{{}}    tags = {tags}\n".format("class Scenario(PAREScenario):\n    'A sentence.'\n"),
            )
        )
    suite = ("--pare-config", "pare.yaml")
    tagged = example.run(*suite, "--pare-tag=skill:*", "--pare-tag", "level:easy")
    assert tagged.header[0] == "pare.yaml, 1 run planned (1 x 1), agent: reference steps"
    assert tagged.code == 0
    by_mark = example.run(*suite, "-m", "skill:timing and not level:easy")
    by_mark.result.assert_outcomes(passed=1, deselected=2)
    strict = example.run(*suite, "--strict-markers", "-m", "skill_timing and not level_easy")
    strict.result.assert_outcomes(passed=1, deselected=2)
    unknown = example.run(*suite, "--pare-tag=skill:timings")
    assert "'skill:timings' matches no tag; did you mean 'skill:timing'?" in unknown.out
    strict = example.run(*suite, "--pare-strict")
    strict.result.assert_outcomes(passed=2, failed=1)
    assert "Scenario has no docstring" in strict.out
    assert "1 exception" in strict.out


def test_tags_that_are_no_texts_are_a_collection_error(example: Example) -> None:
    example.scenario("prune")
    path = example.path / "scenarios/prune.py"
    path.write_text(
        path.read_text().replace(
            "class Scenario(PAREScenario):\n", "class Scenario(PAREScenario):\n    tags = 'level:easy'\n"
        )
    )
    session = example.run("--pare-config", "pare.yaml")
    assert "tags must be a tuple of texts, got str: 'level:easy'; write tags =" in session.out
