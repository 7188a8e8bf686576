"""Modules written for PARE import and run under its names."""

from __future__ import annotations

import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.scenario import ScenarioStatus
from are.simulation.types import EventType

from pytest_pare import compat
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import ids_in_source
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.runner import Run, run_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.scenarios.scenario import PAREScenario

DATA = Path(__file__).parent / "data"
LIBRARY = DATA / "pare_library"
IDS = sorted(ids_in_source(LIBRARY))
PARE_MODULES: dict[str, list[str]] = json.loads((DATA / "pare_modules.json").read_text())

# What PARE has and this project has under no name of PARE's: its agents and what builds them, its command line and
# caches, and names that its modules merely import or keep for themselves.
NOT_PROVIDED_MODULES = (
    "pare.agents.agent_builder",
    "pare.agents.agent_config_builder",
    "pare.agents.agent_factory",
    "pare.agents.agent_log",
    "pare.agents.pare_agent_config",
    "pare.agents.proactive.agent",
    "pare.agents.proactive.steps",
    "pare.agents.user",
    "pare.apps.notification_templates",
    "pare.benchmark.scenario_executor",
    "pare.benchmark.scenario_loader",
    "pare.cli",
    "pare.constants",
    "pare.data_handler",
    "pare.logging_config",
    "pare.main",
    "pare.scenarios.utils.caching",
)
NOT_PROVIDED_NAMES = {
    ("pare", "PROJECT_ROOT"),
    ("pare.agents", "ProactiveAgent"),
    ("pare.agents", "UserAgent"),
    ("pare.agents.proactive.utils", "DEFAULT_PROACTIVE_STEP_2_MESSAGE"),
    ("pare.agents.proactive.utils", "DEFAULT_PROACTIVE_STEP_2_ROLE"),
    ("pare.agents.proactive.utils", "DEFAULT_STEP_2_MESSAGE"),
    ("pare.agents.proactive.utils", "DEFAULT_STEP_2_ROLE"),
    ("pare.apps", "ALL_APPS"),
    ("pare.apps.contacts.app", "USER_CONTACT"),
    ("pare.environment", "PAREEventMetadata"),
    ("pare.multi_scenario_runner", "MAX_RETRIES"),
    ("pare.multi_scenario_runner", "RETRYABLE_ERRNOS"),
    ("pare.multi_scenario_runner", "maybe_run_scenario"),
    ("pare.multi_scenario_runner", "process_scenario"),
    ("pare.notification_system", "NOTIFICATION_TEMPLATES"),
    ("pare.notification_system", "get_content_for_environment_message"),
    ("pare.scenario_runner", "PAREJsonScenarioExporter"),
    ("pare.scenario_runner", "ProactiveAgentBuilder"),
    ("pare.scenario_runner", "ProactiveAgentConfigBuilder"),
    ("pare.scenario_runner", "UserAgentBuilder"),
    ("pare.scenario_runner", "UserAgentConfigBuilder"),
    ("pare.scenarios.scenario", "PROJECT_ROOT"),
}


@pytest.fixture(autouse=True)
def _alias() -> Iterator[None]:
    before = list(sys.meta_path)
    compat.install()
    yield
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] == "pare"]:
        del sys.modules[name]


def is_left_out(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in NOT_PROVIDED_MODULES)


def test_every_module_of_pares_is_provided_or_left_out_by_name() -> None:
    assert {module for module in PARE_MODULES if not is_left_out(module)} <= set(compat.MODULES)
    assert not [module for module in compat.MODULES if is_left_out(module)]


@pytest.mark.parametrize("module", sorted(set(PARE_MODULES) & set(compat.MODULES)))
def test_every_name_is_provided_or_left_out_by_name(module: str) -> None:
    missing = {(module, name) for name in PARE_MODULES[module] if name not in compat.MODULES[module]}
    assert missing == {left_out for left_out in NOT_PROVIDED_NAMES if left_out[0] == module}


@pytest.mark.parametrize("module", sorted(compat.MODULES))
def test_every_name_of_the_table_can_be_imported(module: str) -> None:
    alias = importlib.import_module(module)
    for name, home in compat.MODULES[module].items():
        assert getattr(alias, name) is getattr(importlib.import_module(home), name)


def test_every_import_of_pares_own_library_works() -> None:
    imports = json.loads((DATA / "pare_library_imports.json").read_text())
    for module, names in imports.items():
        for name in names:
            assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


@pytest.mark.parametrize("module", sorted(PARE_MODULES))
def test_every_import_from_a_module_of_pares_works_or_says_that_there_is_no_counterpart(module: str) -> None:
    """Written out, as a script has it: each name by itself, after all that the module has here."""
    provided = compat.MODULES.get(module, {})
    for name in [*provided, *PARE_MODULES[module]]:
        names: dict[str, object] = {}
        if name in provided:
            exec(f"from {module} import {name}", names)
            assert names[name] is getattr(importlib.import_module(provided[name]), name)
        else:
            with pytest.raises(ImportError) as caught:
                exec(f"from {module} import {name}", names)
            assert "pytest-pare has no counterpart of" in str(caught.value) or f"cannot import name {name!r}" in str(
                caught.value
            )


def test_the_registry_is_a_module_too_as_pares_manual_has_it() -> None:
    names: dict[str, Any] = {}
    exec("from pare.scenarios.registry import register_scenario, registry", names)
    assert names["registry"] is registry
    # In the package, the name stays what it was, whatever is imported first.
    exec("from pare.scenarios import registry, PAREScenario\nimport pare.scenarios.registry", names)
    assert names["registry"] is registry
    exec("from pare.scenarios.utils import registry", names)
    assert names["registry"].register_scenario is names["register_scenario"]


def test_a_name_without_counterpart_says_so() -> None:
    apps: Any = importlib.import_module("pare.apps")
    with pytest.raises(AttributeError, match=r"no counterpart of ALL_APPS in PARE's module pare\.apps"):
        _ = apps.ALL_APPS
    with pytest.raises(ImportError, match="ALL_APPS"):
        exec("from pare.apps import ALL_APPS")


def test_a_module_without_counterpart_says_so() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"no counterpart of PARE's module pare\.cli"):
        importlib.import_module("pare.cli")


def test_installing_twice_adds_one_finder() -> None:
    count = len(sys.meta_path)
    compat.install()
    assert len(sys.meta_path) == count


def test_a_pare_that_is_installed_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pare").mkdir()
    (tmp_path / "pare" / "__init__.py").write_text("REAL = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert importlib.import_module("pare").REAL
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'pare\.apps'$"):
        importlib.import_module("pare.apps")


# -- a library in PARE's idiom


@pytest.fixture
def classes() -> dict[str, Any]:
    assert load_library(registry, LIBRARY) == []
    registered = registry.registered()
    return {scenario_id: registered[scenario_id] for scenario_id in IDS}


def play(scenario: PAREScenario) -> Run:
    return run_scenario(scenario, MultiScenarioRunnerConfig(oracle=True))


def session(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A session of pytest's in a folder that holds nothing but PARE's library and a suite file."""
    shutil.copytree(LIBRARY, folder / "library", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pare.yaml").write_text("scenarios: {paths: [library]}\n")
    command = [sys.executable, "-m", "pytest", "pare.yaml", "--pare-oracle", "-v", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("switch", ["flag", "ini"])
def test_the_library_passes_from_its_own_folder(tmp_path: Path, switch: str) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{'pare_import_alias = true' if switch == 'ini' else ''}\n")
    done = session(tmp_path, *(["-p", "pytest_pare.compat"] if switch == "flag" else []), "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [i for i in IDS if f"pare.yaml::{i} PASSED" not in done.stdout] == []
    assert f"{len(IDS)} passed" in done.stdout


def test_without_the_switch_each_module_says_what_it_misses(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npare_import_alias = false\n")
    done = session(tmp_path)
    assert done.returncode == 2
    assert "visit of a client.py" in done.stdout
    assert "ModuleNotFoundError: No module named 'pare'" in done.stdout
    assert f"{len(IDS)} errors" in done.stdout


def test_the_library_imports_what_pares_own_library_imports() -> None:
    imported: dict[str, set[str]] = {}
    for path in LIBRARY.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.setdefault(str(node.module), set()).update(alias.name for alias in node.names)
    expected = json.loads((DATA / "pare_library_imports.json").read_text())
    assert {module: sorted(names) for module, names in imported.items()} == {m: sorted(n) for m, n in expected.items()}


@pytest.mark.parametrize("scenario_id", IDS)
def test_two_runs_are_alike_wherever_the_files_are(classes: dict[str, Any], scenario_id: str, tmp_path: Path) -> None:
    run = play(classes[scenario_id]())
    assert run.result.success, run.result
    assert run.warnings == ()
    again = classes[scenario_id]()
    again.initialize(sandbox_dir=str(tmp_path))
    # An instance that has been initialized is played as it is.
    assert play(again).trace.to_jsonl() == run.trace.to_jsonl()


def test_traces_are_the_same_in_another_process(classes: dict[str, Any]) -> None:
    code = (
        "import sys; from pathlib import Path; from pytest_pare import compat; compat.install()\n"
        "from pytest_pare.scenarios.registration import load_library\n"
        "from pytest_pare.scenarios.registry import registry\n"
        "from pytest_pare.scenarios.config import MultiScenarioRunnerConfig\n"
        "from pytest_pare.simulation.runner import run_scenario\n"
        "load_library(registry, Path(sys.argv[1]))\n"
        "for i in sys.argv[2:]:\n"
        "    print(run_scenario(registry.registered()[i](), MultiScenarioRunnerConfig(oracle=True)).trace.to_jsonl())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "17"}
    other = subprocess.run(
        [sys.executable, "-c", code, str(LIBRARY), *IDS], env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout == "".join(play(classes[i]()).trace.to_jsonl() + "\n" for i in IDS)


def test_class_attributes_without_annotation_count(classes: dict[str, Any]) -> None:
    scenario = classes["late_train"]()
    assert scenario.start_time == 1743296340.0
    assert scenario.status is ScenarioStatus.Valid
    assert scenario.additional_system_prompt == "You wait for a train and answer at once."
    assert (scenario.is_benchmark_ready, scenario.ALEX_EMAIL_ID) == (True, "alex-late")
    assert classes["late_train"](start_time=5.0).start_time == 5.0
    assert classes["cab_to_the_airport"]().is_benchmark_ready is False


def test_the_sandbox_is_where_the_caller_says(classes: dict[str, Any], tmp_path: Path) -> None:
    scenario = classes["minutes_with_attachment"]()
    scenario.initialize(sandbox_dir=str(tmp_path))
    files = scenario.get_typed_app(SandboxLocalFileSystem, "Files")
    assert Path(files.tmpdir).parent == tmp_path
    assert str(tmp_path) not in json.dumps(scenario._initial_apps)


def test_what_the_quirks_come_to(classes: dict[str, Any]) -> None:
    visit, order = classes["visit_of_a_client"](), classes["order_that_is_stuck"]()
    visit.initialize()
    order.initialize()
    # `add_event` is no tool of the calendar's: it adds nothing.
    assert list(visit.calendar.events) == ["visit"]
    assert order.email.user_email == "alex.morgan@company.com"
    assert play(order).result.success
    (reply,) = order.email.folders[EmailFolderName.SENT].emails
    assert reply.sender == "alex.morgan@company.com"


def test_an_acceptance_is_the_users_be_it_oracle_or_plain(classes: dict[str, Any]) -> None:
    for scenario_id in ("late_train", "flat_price_drop"):
        (acceptance,) = (e for e in play(classes[scenario_id]()).trace.events if e.function == "accept_proposal")
        assert acceptance.kind == "USER"


def test_the_oracle_user_plays_an_acceptance_that_is_plain(classes: dict[str, Any]) -> None:
    def slow(turn: Turn) -> None:
        # It proposes later than the script has its acceptance.
        if turn.mode is ProactiveAgentMode.EXECUTE:
            turn.call("Emails__reply_to_email", {"email_id": "alex-late", "content": "At 01:20."})
            turn.report("Done.")
        elif any("alex" in news.text.lower() for news in turn.notifications):
            turn.call("System__wait_for_notification", {"timeout": 30})
            turn.propose("Shall I send Alex the timetable?")

    oracle = LLMEngineConfig(model_name="oracle", provider="oracle")
    engines: dict[str, Any] = {f"{role}_engine_config": oracle for role in ("user", "observe", "execute")}
    for agent in (None, slow):
        run = run_scenario(classes["late_train"](), MultiScenarioRunnerConfig(**engines), agent=agent)
        assert run.success, run.result
        answered = ("send_message_to_user", "accept_proposal")
        said = [(event.kind, event.function) for event in run.trace.events if event.function in answered]
        assert said[:2] == [("AGENT", "send_message_to_user"), ("USER", "accept_proposal")]


def test_the_last_of_two_delays_counts_as_in_pare(classes: dict[str, Any]) -> None:
    # `.depends_on(proposal, delay_seconds=3).delayed(2)`
    events = {event.function: event.time for event in play(classes["flat_price_drop"]()).trace.events}
    assert events["accept_proposal"] == events["send_message_to_user"] + 2


def test_what_validators_read_of_an_event(classes: dict[str, Any]) -> None:
    scenario = classes["cab_to_the_airport"]()
    scenario.initialize()
    with scenario.world.active():
        env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, oracle_mode=True)
        env.run(scenario)
    ordered = env.event_log.list_view()[-1]
    assert ordered.event_type is EventType.AGENT
    assert (ordered.action.class_name, ordered.action.function_name) == ("StatefulCabApp", "order_ride")
    assert ordered.action.args["end_location"] == "Airport"
    assert ordered.action.resolved_args["end_location"] == "Airport"
    assert ordered.get_args()["end_location"] == "Airport"
    # The first ride ends at 35 s; the condition is asked each second from 9 s on.
    assert [e.event_type.value for e in env.event_log.list_view()].count("CONDITION") == 27
    assert ordered.event_time - env.start_time == 37
