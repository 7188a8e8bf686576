"""`PAREScenario`: its fields, and the construction of its world."""

from __future__ import annotations

import copy
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.app import App
from are.simulation.scenarios.scenario import Scenario, ScenarioStatus
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
from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.scenarios import PAREScenario, config
from pytest_pare.scenarios.errors import NoiseError, ScenarioDefect
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

HINT = Hint(HintType.TASK_HINT, "look", "agent")
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

            def get_tools(self) -> list[Any]:
                scenario.note("augment")
                return list(super().get_tools())

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
    """ARE's encoder fails at the bytes of an attachment."""
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


# -- other names of tools

DATA = {
    "tool_names_mapping": {"Calendar__get_all_tags": "Calendar__labels"},
    "tool_descriptions_mapping": {"Calendar__get_all_tags": "Labels."},
}


def renamed(**fields: Any) -> Stage:
    """Return a stage on which no tool fails, but which may have other names."""
    stage = Stage(tool_augmentation_config=config.ToolAugmentationConfig(tool_failure_probability=1), **fields)
    stage.initialize()
    return stage


def names(scenario: PAREScenario) -> dict[str, str]:
    return {tool.name: tool._public_name for app in scenario.apps or [] for tool in app.get_tools()}


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("by_description", [True, False])
def test_names_and_descriptions_are_replaced_where_it_is_asked_for(by_name: bool, by_description: bool) -> None:
    noise = ToolAugmentationConfig(0.0, by_name, by_description)
    stage = Stage(tool_augmentation_config=noise, augmentation_data=DATA)
    stage.initialize()
    tools = {tool.name: tool for tool in stage.calendar.get_tools()}
    replaced, other = tools["Calendar__get_all_tags"], tools["Calendar__search_events"]
    assert replaced._public_name == ("Calendar__labels" if by_name else "Calendar__get_all_tags")
    assert replaced._public_description == ("Labels." if by_description else replaced.function_description)
    assert (other._public_name, other._public_description) == (other.name, other.function_description)


def test_names_are_those_of_the_bundled_data_where_the_scenario_has_none() -> None:
    assert names(renamed())["Calendar__get_all_tags"] == "Calendar__show_tags"
    assert names(renamed(augmentation_data={"apps": []}))["Calendar__get_all_tags"] == "Calendar__show_tags"


def test_the_phones_own_tools_keep_their_names_whatever_they_are_called() -> None:
    """ARE goes by two names; here the home screen and the interface have others."""

    class Renamed(PAREScenario):
        scenario_id = "renamed"

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            line = PAREAgentUserInterface()
            line.name = "Line"
            self.apps = [line, HomeScreenSystemApp(name="Home"), StatefulMessagingApp(name="SystemApp")]

    every = {f"{app}__{name}" for app in ("Line", "Home", "SystemApp") for name in ("wait", "get_current_time")}
    data = {"tool_names_mapping": {name: f"x{number}" for number, name in enumerate(sorted(every))}}
    scenario = Renamed(tool_augmentation_config=ToolAugmentationConfig(), augmentation_data=data)
    scenario.initialize()
    assert names(scenario) == {name: name for name in names(scenario)}
    assert every & set(names(scenario)) == {"Line__wait", "Home__get_current_time"}


def test_an_app_with_a_name_of_its_own_is_known_by_its_class() -> None:
    class Agenda(StatefulCalendarApp):
        """A library's own."""

    def more(stage: Any) -> None:
        stage.apps.append(Agenda(name="My agenda"))

    own = {"Agenda__search_events": "Agenda__look_up"}
    found = names(renamed(content=more))
    assert found["My agenda__get_all_tags"] == "My agenda__show_tags"
    assert names(renamed(content=more, augmentation_data={"tool_names_mapping": own})) == {
        name: "My agenda__look_up" if name == "My agenda__search_events" else name for name in found
    }


def test_two_tools_of_one_name_are_refused() -> None:
    data = {"tool_names_mapping": {"Calendar__get_all_tags": "System__get_current_time"}}
    said = "^noise.data: tool_names_mapping: two tools would have the name System__get_current_time$"
    with pytest.raises(NoiseError, match=said):
        renamed(augmentation_data=data)


def test_data_of_the_scenario_that_are_wrong_are_told() -> None:
    with pytest.raises(NoiseError, match=r"^augmentation_data: tool_names_mapping\.a: input should be a valid string"):
        renamed(augmentation_data={"tool_names_mapping": {"a": ["b"]}})


def test_no_tool_of_the_apps_fails_by_itself() -> None:
    stage = renamed()
    tools = {tool.name: tool for tool in stage.calendar.get_tools()}
    assert tools["Calendar__get_all_tags"]() == []


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
