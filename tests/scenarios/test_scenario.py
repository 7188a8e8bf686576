"""`PAREScenario`: how its fields are set, and how it builds its world."""

from __future__ import annotations

import copy
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.app import App
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.scenario import Scenario, ScenarioStatus
from are.simulation.scenarios.utils.scenario_expander import EnvEventsConfig
from are.simulation.types import CapabilityTag, EventRegisterer, Hint, HintType, ToolAugmentationConfig
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulMessagingApp,
)
from pytest_pare.scenarios import PAREScenario, config
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.world import DEFAULT_START_TIME
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2025, 11, 18, 9, 0, tzinfo=UTC).timestamp()


class Plain(PAREScenario):
    """Sets ARE's fields as plain class attributes."""

    scenario_id = "plain"
    start_time = START
    status = ScenarioStatus.Draft
    is_benchmark_ready = True
    additional_system_prompt = "Be brief."
    seed = 4
    duration = 90
    tags = (CapabilityTag.Planning,)
    helper_id = "no field of ARE's"


class Annotated(PAREScenario):
    """Sets them with annotations, and adds a field."""

    scenario_id: str = "annotated"
    start_time: float | None = START
    seed: int = 4
    greeting: str = "hello"


class Child(Plain):
    """Overrides one of its parent's."""

    seed = 5


class Grandchild(Child):
    """Overrides another one."""

    duration = None  # type: ignore[assignment]


class Seeded:
    """A mixin that is no scenario itself."""

    seed = 7
    hints = [Hint(HintType.TASK_HINT, "look", "e")]  # noqa: RUF012 - what an author would write


class Mixed(Seeded, Plain):
    """Takes the seed from a mixin."""


class MixedBehind(Child, Seeded):
    """Has the mixin behind, where the parent's attribute wins."""


# -- fields


def test_class_attributes_are_the_defaults_of_the_fields() -> None:
    plain = Plain()
    assert (plain.scenario_id, plain.start_time, plain.status) == ("plain", START, ScenarioStatus.Draft)
    assert (plain.is_benchmark_ready, plain.additional_system_prompt) == (True, "Be brief.")
    assert (plain.seed, plain.duration, plain.tags) == (4, 90, (CapabilityTag.Planning,))
    assert plain.helper_id == "no field of ARE's"


def test_annotated_attributes_are_fields_too() -> None:
    assert (Annotated().scenario_id, Annotated().start_time, Annotated().seed) == ("annotated", START, 4)
    assert Annotated().greeting == "hello"
    assert Annotated(greeting="ciao", seed=1).greeting == "ciao"


@pytest.mark.parametrize(
    ("cls", "seed", "duration"),
    [
        (PAREScenario, 0, None),
        (Plain, 4, 90),
        (Child, 5, 90),
        (Grandchild, 5, None),
        (Mixed, 7, 90),
        (MixedBehind, 5, 90),
    ],
)
def test_attributes_are_inherited_and_overridden(cls: type[PAREScenario], seed: int, duration: float | None) -> None:
    assert (cls().seed, cls().duration) == (seed, duration)


@given(
    cls=st.sampled_from([PAREScenario, Plain, Annotated, Child, Grandchild, Mixed]),
    given_=st.fixed_dictionaries(
        {},
        optional={
            "seed": st.integers(),
            "scenario_id": st.text(min_size=1),
            "start_time": st.floats(allow_nan=False) | st.none(),
            "duration": st.floats(allow_nan=False) | st.none(),
            "run_number": st.integers(),
            "nb_turns": st.integers(),
            "additional_system_prompt": st.text(),
            "is_benchmark_ready": st.booleans(),
            "time_increment_in_seconds": st.integers(1, 9),
            "tags": st.just(()),
        },
    ),
)
def test_a_constructor_argument_wins_over_everything(cls: type[PAREScenario], given_: dict[str, Any]) -> None:
    scenario, untouched = cls(**given_), cls()
    for name, value in given_.items():
        assert getattr(scenario, name) == value
    for name in ("seed", "start_time", "duration", "status", "additional_system_prompt"):
        if name not in given_:
            assert getattr(scenario, name) == getattr(untouched, name)


def test_a_scenario_that_names_no_start_begins_on_a_fixed_day() -> None:
    """ARE's default is the time at which the instance is made."""
    assert PAREScenario().start_time == DEFAULT_START_TIME
    stage = Stage(start_time=None)
    stage.initialize()
    assert stage.world.clock.time() == DEFAULT_START_TIME


MODULE = """
class InModule(PAREScenario):
    seed = 4
    duration: float | None = 90
    greeting: str = "hello"
    tags: list[str] = ["a"]
"""


@pytest.mark.parametrize("head", ["", "from __future__ import annotations\n"])
def test_annotations_may_be_text(head: str) -> None:
    namespace: dict[str, Any] = {"PAREScenario": PAREScenario, "__name__": __name__}
    exec(compile(head + MODULE, "some_module.py", "exec", dont_inherit=True), namespace)
    cls = namespace["InModule"]
    assert (cls().seed, cls().duration, cls().greeting, cls().tags) == (4, 90, "hello", ["a"])
    assert cls().tags is not cls().tags
    assert cls(greeting="ciao", duration=1).duration == 1


def test_a_class_without_annotations_gives_none_to_its_parents() -> None:
    assert "seed" not in PAREScenario.__annotations__
    assert [field.name for field in dataclasses.fields(Child)] == [field.name for field in dataclasses.fields(Scenario)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("augmentation_data", {"tool_names_mapping": {"a": ["b"]}}),
        ("hints", [Hint(HintType.TASK_HINT, "look", "e")]),
        ("events", []),
        ("tool_augmentation_config", ToolAugmentationConfig(0.5)),
    ],
)
def test_each_instance_has_its_own_copy_of_what_can_change(name: str, value: Any) -> None:
    cls = type("Mutable", (PAREScenario,), {name: value})
    one, other = cls(), cls()
    assert getattr(one, name) == getattr(other, name) == value
    assert len({id(getattr(one, name)), id(getattr(other, name)), id(value)}) == 3
    mine = copy.deepcopy(value)
    assert getattr(cls(**{name: mine}), name) is mine


def test_a_mixins_list_is_copied_and_stays_the_mixins() -> None:
    assert Mixed().hints == Seeded.hints
    assert Mixed().hints is not Seeded.hints


# -- initialize


class Ordered(PAREScenario):
    """Writes down the order in which it is built."""

    scenario_id = "ordered"
    steps: list[Any] | None = None

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        scenario = self

        class Watched(StatefulCalendarApp):
            def set_seed(self, seed: int) -> None:
                # Apps also seed themselves, when they are made.
                if scenario.apps:
                    scenario.note(f"seed {seed}")
                super().set_seed(seed)

            def set_failure_probability(self, failure_probability: float) -> None:
                scenario.note("augment")
                super().set_failure_probability(failure_probability)

            def get_state(self) -> dict[str, Any]:
                scenario.note("snapshot")
                return {"content": "as it was"}

        self.note(("populate", args, kwargs))
        self.apps = [Watched(name="Calendar")]

    def build_events_flow(self) -> None:
        self.note("events")

    def note(self, step: Any) -> None:
        self.steps = [*(self.steps or []), step]


def test_the_world_is_built_in_the_order_of_the_contract() -> None:
    scenario = Ordered(seed=3, tool_augmentation_config=ToolAugmentationConfig())
    scenario.initialize("a", sandbox_dir=Path("b"))
    assert scenario.steps == [
        ("populate", ("a",), {"sandbox_dir": Path("b")}),
        "seed 3",
        "augment",
        "snapshot",
        "events",
    ]
    assert scenario._initial_apps == {
        "Calendar": {"class_name": "Watched", "serialized_state": '{"content": "as it was"}'}
    }


def test_a_second_initialize_changes_nothing() -> None:
    scenario = Ordered()
    scenario.initialize()
    steps, world = scenario.steps, scenario.world
    scenario.initialize("again")
    assert (scenario.steps, scenario.world) == (steps, world)
    assert scenario._initialized


def test_the_snapshot_holds_all_apps_with_attachments_and_all(tmp_path: Path) -> None:
    """ARE's own encoder fails at the bytes of an attachment."""
    (tmp_path / "plan.txt").write_text("at noon")

    def content(stage: Any) -> None:
        stage.email.send_email_to_user_with_id("m1", "ann@b.c", attachment_paths=[str(tmp_path / "plan.txt")])
        stage.messaging.add_users(["Ann"])
        stage.messaging.send_message(stage.messaging.name_to_id["Ann"], "here", str(tmp_path / "plan.txt"))

    stage = Stage(content=content)
    stage.initialize()
    assert stage._initial_apps is not None
    assert {name: entry["class_name"] for name, entry in stage._initial_apps.items()} == {
        "PAREAgentUserInterface": "PAREAgentUserInterface",
        "System": "HomeScreenSystemApp",
        "Emails": "StatefulEmailApp",
        "Calendar": "StatefulCalendarApp",
        "Contacts": "StatefulContactsApp",
        "Messages": "StatefulMessagingApp",
    }
    emails = json.loads(stage._initial_apps["Emails"]["serialized_state"])
    inbox = emails["folders"]["INBOX"]["emails"]
    assert [mail["attachments"] for mail in inbox] == [{"plan.txt": "YXQgbm9vbg=="}]
    assert json.loads(stage._initial_apps["System"]["serialized_state"]) is None


def test_two_apps_of_one_name_are_refused() -> None:
    class Twins(PAREScenario):
        scenario_id = "twins"

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.apps = [StatefulCalendarApp(name="Same"), StatefulContactsApp(name="Same")]

    with pytest.raises(ScenarioDefect, match="twins: two apps are named 'Same'"):
        Twins().initialize()


@pytest.mark.parametrize("noise", [EnvEventsConfig(), config.EnvEventsConfig()])
def test_noise_in_the_world_is_refused(noise: Any) -> None:
    stage = Stage(env_events_config=noise)
    with pytest.raises(ScenarioDefect, match="stage: env_events_config has no effect"):
        stage.initialize()
    assert not stage._initialized


def test_a_scenario_without_apps_is_built_too() -> None:
    empty = PAREScenario(scenario_id="empty", apps=None)
    empty.initialize()
    assert empty._initial_apps == {}


# -- ids

DRAWN: dict[str, Callable[[Any], Any]] = {
    "calendar": lambda s: s.calendar.add_calendar_event(),
    "contacts": lambda s: s.contacts.add_new_contact(f"A{len(s.contacts.contacts)}", "B"),
    "emails": lambda s: s.email.create_and_add_email("a@b.c"),
    "sent": lambda s: s.email.send_email(["a@b.c"]),
    "agent_ui": lambda s: s.agent_ui.accept_proposal(),
    "users": lambda s: s.messaging.add_users([f"A{len(s.messaging.name_to_id)}"]) or [*s.messaging.id_to_name][-1],
    "conversations": lambda s: s.messaging.create_group_conversation(
        [s.messaging.name_to_id["Ann"], s.messaging.name_to_id["Bob"]]
    ),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("seed", [0, 1])
def test_ids_of_the_content_do_not_come_again_while_it_is_played(draw: Callable[[Any], Any], seed: int) -> None:
    """ARE seeds the apps alike before and after they are populated."""
    populated: list[str] = []

    def content(stage: Any) -> None:
        stage.messaging.add_users(["Ann", "Bob"])
        populated.extend(draw(stage) for _ in range(5))

    def played() -> list[str]:
        stage = Stage(content=content, seed=seed)
        stage.initialize()
        with stage.world.active():
            return [draw(stage) for _ in range(5)]

    first, second = played(), played()
    assert first == second
    assert populated[:5] == populated[5:]
    assert len({*populated, *first}) == 10


def test_other_seeds_draw_other_ids() -> None:
    drawn = set()
    for seed in range(3):
        stage = Stage(seed=seed)
        stage.initialize()
        drawn.add((stage.calendar.add_calendar_event(), stage.world.uuid4()))
    assert len(drawn) == len({a for a, _ in drawn}) == len({b for _, b in drawn}) == 3


def test_events_of_the_flow_have_ids_that_depend_on_the_seed_alone() -> None:
    def ids(**fields: Any) -> list[str]:
        stage = Stage(script=lambda s: [s.user_says("a"), s.agent_says("b")], **fields)
        stage.initialize()
        return [event.event_id for event in stage.events]

    assert ids() == ids()
    assert not {*ids()} & {*ids(seed=1)}


# -- failing tools


def tool_outcomes(scenario: PAREScenario, app_name: str, tool: str, times: int = 40, **arguments: Any) -> list[bool]:
    scenario.initialize()
    (found,) = [t for t in scenario.get_app(app_name).get_tools() if t.name == f"{app_name}__{tool}"]
    outcomes = []
    for _ in range(times):
        try:
            found(**arguments)
        except Exception as error:  # noqa: BLE001 - ARE raises no better one
            assert "Internal error - Retry again later" in str(error)  # noqa: PT017 - some calls fail, some do not
            outcomes.append(False)
        else:
            outcomes.append(True)
    return outcomes


def test_failures_are_the_same_at_equal_seeds() -> None:
    noise = ToolAugmentationConfig(tool_failure_probability=0.5)
    first, again, other = (
        tool_outcomes(Stage(tool_augmentation_config=noise, seed=seed), "Calendar", "get_all_tags")
        for seed in (0, 0, 1)
    )
    assert first == again != other
    assert {*first} == {True, False}


def test_each_tool_fails_in_a_row_of_its_own() -> None:
    def stage() -> Stage:
        return Stage(tool_augmentation_config=ToolAugmentationConfig(tool_failure_probability=0.5))

    assert tool_outcomes(stage(), "Calendar", "get_all_tags") != tool_outcomes(
        stage(), "Calendar", "read_today_calendar_events"
    )


@pytest.mark.parametrize(
    "noise", [ToolAugmentationConfig(1.0), config.ToolAugmentationConfig(tool_failure_probability=1)]
)
def test_certain_failure_hits_every_tool_but_the_phones_own_whatever_they_are_called(noise: Any) -> None:
    """ARE goes by two names; here the home screen and the interface have others."""

    class Renamed(PAREScenario):
        scenario_id = "renamed"

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            line = PAREAgentUserInterface()
            line.name = "Line"
            self.apps = [line, HomeScreenSystemApp(name="Home"), StatefulMessagingApp(name="SystemApp")]

    scenario = Renamed(tool_augmentation_config=noise)
    assert tool_outcomes(scenario, "Home", "get_current_time", 3) == [True] * 3
    assert tool_outcomes(scenario, "Line", "wait", 3) == [True] * 3
    assert tool_outcomes(scenario, "SystemApp", "get_user_id", 3, user_name="x") == [False] * 3


def test_no_tool_of_the_users_or_the_worlds_fails() -> None:
    stage = Stage(tool_augmentation_config=ToolAugmentationConfig(1.0))
    stage.initialize()
    with stage.world.active():
        for tool in stage.email.get_env_tools():
            if tool.name == "Emails__send_email_to_user_with_id":
                tool(email_id="m1", sender="a@b.c")
    assert [mail.email_id for mail in stage.email.folders[EmailFolderName.INBOX].emails] == ["m1"]


MAPPING = {
    "tool_names_mapping": {"Calendar__get_all_tags": "Calendar__labels"},
    "tool_descriptions_mapping": {"Calendar__get_all_tags": "Labels."},
}


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("descriptions", [True, False])
def test_names_and_descriptions_are_replaced_where_it_is_asked_for(names: bool, descriptions: bool) -> None:
    noise = ToolAugmentationConfig(0.0, names, descriptions)
    stage = Stage(tool_augmentation_config=noise, augmentation_data=MAPPING)
    stage.initialize()
    tools = {tool.name: tool for tool in stage.calendar.get_tools()}
    replaced, other = tools["Calendar__get_all_tags"], tools["Calendar__search_events"]
    assert replaced._public_name == ("Calendar__labels" if names else "Calendar__get_all_tags")
    assert replaced._public_description == ("Labels." if descriptions else replaced.function_description)
    assert (other._public_name, other._public_description) == (other.name, other.function_description)


def test_no_mapping_means_no_other_names() -> None:
    stage = Stage(tool_augmentation_config=ToolAugmentationConfig(), augmentation_data=None)
    stage.initialize()
    assert all(tool._public_name == tool.name for tool in stage.calendar.get_tools())


def test_without_a_config_no_tool_fails() -> None:
    assert tool_outcomes(Stage(), "Calendar", "get_all_tags", 5) == [True] * 5


# -- lookups


def test_apps_are_found_by_class_and_name() -> None:
    stage = Stage()
    stage.initialize()
    assert stage.get_typed_app(StatefulCalendarApp, "Calendar") is stage.calendar
    assert stage.get_typed_app(PAREAgentUserInterface) is stage.agent_ui
    assert isinstance(stage.get_app("System"), App)
    with pytest.raises(ValueError, match="not found"):
        stage.get_typed_app(StatefulCalendarApp)


def test_events_that_are_captured_are_not_executed() -> None:
    stage = Stage()
    stage.initialize()
    with EventRegisterer.capture_mode():
        event = stage.calendar.add_calendar_event("x")
    assert event.event_id.startswith("ENV-Calendar.add_calendar_event-")
    assert stage.calendar.events == {}
