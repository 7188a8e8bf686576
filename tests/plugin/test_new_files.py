"""`pytest-pare new`: each file that it writes works as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pytest_pare.cli import main

if TYPE_CHECKING:
    from tests.plugin.conftest import Example


def new(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["new", *args])
    return done.exit_code, done.output


@pytest.fixture
def project(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    example.write("pytest.ini", "[pytest]\n")
    (example.path / "pare.yaml").unlink(missing_ok=True)
    monkeypatch.chdir(example.path)
    monkeypatch.syspath_prepend(str(example.path))
    return example


def test_scenario_agent_and_suite_work_together(project: Example) -> None:
    assert new("scenario", "late_dinner") == (
        0,
        "wrote scenarios/late_dinner.py\n"
        "write a suite:  pytest-pare new suite pare\n"
        "play it:        pytest pare.yaml -k late_dinner --pare-strict\n"
        "audit it:       pytest-pare audit pare.yaml -k late_dinner\n",
    )
    assert new("suite", "pare") == (0, "wrote pare.yaml\nrun it:         pytest pare.yaml\n")
    assert new("agent", "my_agent") == (
        0,
        "wrote my_agent.py\n"
        "test it:        python -m pytest pare.yaml --pare-set runner.agent_type=my_agent:my_agent\n",
    )
    reference = project.run("pare.yaml", "--pare-strict")
    reference.result.assert_outcomes(passed=3)
    tested = project.run("pare.yaml", "--pare-set", "runner.agent_type=my_agent:my_agent")
    tested.result.assert_outcomes(passed=3)
    assert "agent: my_agent:my_agent" in tested.header[0]


def test_the_agent_of_a_directory_is_found(project: Example) -> None:
    new("suite", "pare")
    new("scenario", "late_dinner")
    code, text = new("agent", "my_agent", "--into", "agents/dinner")
    assert (code, text.splitlines()[1].rpartition("=")[2]) == (0, "agents.dinner.my_agent:my_agent")
    tested = project.run("pare.yaml", "--pare-set", "runner.agent_type=agents.dinner.my_agent:my_agent")
    tested.result.assert_outcomes(passed=3)


def test_an_app_works_in_a_scenario(project: Example) -> None:
    assert new("app", "garden_plants") == (
        0,
        "wrote garden_plants.py\nsee its tools:  pytest-pare tools garden_plants:GardenPlants\n",
    )
    new("suite", "pare")
    new("scenario", "dry_fern")
    path = project.path / "scenarios/dry_fern.py"
    text = path.read_text()
    for old, added in (
        ("from pytest_pare.apps", "from garden_plants import GardenPlants\n"),
        (
            "        self.add_apps(",
            "        self.plants = GardenPlants(name='Plants')\n        self.plants.plants['fern'] = ''\n",
        ),
        ("\n    # The verdict", "            flow.then(1, self.plants.water_plant(name='fern'))\n"),
        ('Write("StatefulCalendarApp"', "Write('GardenPlants', 'water_plant', {'name': 'fern'}), "),
    ):
        assert text.count(old) == 1
        text = text.replace(old, added + old)
    path.write_text(text.replace("self.add_apps(", "self.add_apps(self.plants, "))
    project.run("pare.yaml").result.assert_outcomes(passed=3)


def test_wrong_names_and_files_that_exist(project: Example) -> None:
    code, text = new("scenario", "Late-Dinner")
    assert (code, "'Late-Dinner' cannot be the name of a module; expected lower-case letters" in text) == (4, True)
    assert new("agent", "class")[0] == 4
    code, text = new("agent", "json")
    assert (code, "is a module of Python, which the new file would hide" in text) == (4, True)
    assert [new("scenario", name)[0] for name in ("setup_module", "test_tea")] == [4, 4]
    assert new("suite", "nightly")[0] == 0
    code, text = new("suite", "nightly")
    assert (code, text) == (4, "Error: nightly.pare.yaml exists; choose another name, or remove it\n")
    (project.path / "taken").write_text("a file")
    code, text = new("app", "plants", "--into", "taken/apps")
    assert (code, "cannot be written" in text) == (4, True)
