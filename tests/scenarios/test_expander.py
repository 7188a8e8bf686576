"""Noise in a scenario: its content, its harmlessness, and its reproducibility."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from are.simulation.apps.contacts import Contact
from are.simulation.apps.messaging_v2 import ConversationV2, MessageV2
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.utils.scenario_expander import EnvEventsConfig as EnvEventsConfigOfARE
from are.simulation.scenarios.utils.scenario_expander import EnvEventsExpander
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import StatefulEmailApp, StatefulMessagingApp, StatefulReminderApp
from pytest_pare.scenarios.errors import NoiseError
from pytest_pare.scenarios.expander import (
    ENV_EVENT_DEFAULT_HORIZON,
    ENV_EVENT_EXPANSION_TAG,
    PAREEnvEventsExpander,
    default_weight_per_app_class,
)
from pytest_pare.scenarios.library import bundled_library_dir, bundled_split
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from tests.noise.stages import (
    CLASSES,
    DATA,
    EMAILS,
    RAW,
    STATES,
    args,
    arrivals,
    config,
    count,
    facts,
    noise,
    play,
    played_noise,
    played_with_faults,
    stage,
    with_noise,
)
from tests.noise.words import PEOPLE

if TYPE_CHECKING:
    pass

CHATS: dict[str, Any] = STATES["Messages"]["conversations"]
LIBRARY = bundled_library_dir()
load_library(registry, LIBRARY)
BUNDLED: dict[str, Any] = {
    scenario_id: registry.registered()[scenario_id]
    for scenario_id in bundled_split("core").read_text(encoding="utf-8").split("\n")[1:-1]
}


# -- content


@given(seed=st.integers(0, 10_000), most=st.integers(1, 9))
def test_a_conversation_is_begun_and_goes_on_in_its_own_order(seed: int, most: int) -> None:
    scenario = with_noise(seed=seed, rate=12, n_message_events_per_conversation=most)
    said: dict[str, list[tuple[str, str]]] = {}
    events = [event for event in noise(scenario) if event.action.app_name == "Messages"]
    for event in events:
        values = args(event)
        if event.action.function_name == "start_conversation":
            assert values["conversation_id"] not in said
            said[values["conversation_id"]] = []
        else:
            said[values["conversation_id"]].append((values["sender_id"], values["content"]))
    chats = {chat["conversation_id"]: chat for chat in CHATS.values()}
    assert sum(map(len, said.values())) == 24
    *_, last = said
    for conversation_id, messages in said.items():
        expected = [(message["sender_id"], message["content"]) for message in chats[conversation_id]["messages"]][:most]
        assert messages == (expected if conversation_id != last else expected[: len(messages)])
        assert messages
    # In the list each conversation's beginning is right before its first message, at the same time.
    begun = [n for n, event in enumerate(events) if event.action.function_name == "start_conversation"]
    assert all(
        (args(events[n + 1])["conversation_id"], events[n + 1].event_relative_time)
        == (args(events[n])["conversation_id"], events[n].event_relative_time)
        for n in begun
    )


def test_an_empty_conversation_is_not_shown() -> None:
    scenario = with_noise(rate=30)
    env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, oracle_mode=True)
    seen: list[int] = []
    add_to_log = env.add_to_log

    def watch(events: Any) -> None:
        add_to_log(events)
        if events.action.function_name != "start_conversation":
            seen.append(len(scenario.messaging.conversations))
            assert all(chat.messages for chat in scenario.messaging.conversations.values())
            known = {user_id for chat in scenario.messaging.conversations.values() for user_id in chat.participant_ids}
            assert set(scenario.messaging.id_to_name) == known | {scenario.messaging.current_user_id}

    env.add_to_log = watch  # type: ignore[method-assign]
    with scenario.world.active():
        env.run(scenario)
    assert seen[-1] > 5
    assert env.defects == []


def test_people_have_names_and_the_user_can_answer_them() -> None:
    scenario = with_noise(rate=30)
    assert play(scenario).success
    app = scenario.messaging
    private = [chat for chat in app.conversations.values() if len(chat.participant_ids) == 2]
    assert private
    for chat in private:
        other = next(user_id for user_id in chat.participant_ids if user_id != app.current_user_id)
        assert chat.title == app.id_to_name[other] == STATES["Messages"]["id_to_name"][other]
        assert app.name_to_id[chat.title] == other
        with scenario.world.active():
            assert app._get_or_create_default_conversation([other]) in {one.conversation_id for one in private}


def test_products_come_with_their_variants() -> None:
    scenario = with_noise(rate=30, n_item_events_per_product=3)
    assert play(scenario).success
    of_data = {product["name"]: product for product in STATES["Shopping"]["products"].values()}
    *whole, last = scenario.shop.products.values()
    assert len(whole) > 5
    for product in (*whole, last):
        expected = [
            (one["price"], one["available"], one["options"]) for one in of_data[product.name]["variants"].values()
        ]
        made = [(item.price, item.available, item.options) for item in product.variants.values()]
        assert made == (expected[:3] if product is not last else expected[: len(made)])


@given(seed=st.integers(0, 10_000), schedule=st.sampled_from(["default", "pare"]))
def test_mails_are_those_of_the_data_and_come_to_the_user_unread(seed: int, schedule: str) -> None:
    scenario = with_noise(None, schedule, seed=seed)
    run = play(scenario)
    assert run.success, run.result
    by_text = {(mail["sender"], mail["subject"], mail["content"]) for mail in EMAILS}
    inbox = next(folder for name, folder in scenario.email.folders.items() if name.value == "INBOX").emails
    assert len(inbox) == count(scenario)["Emails"] > 0
    for mail in inbox:
        assert (mail.sender, mail.subject, mail.content) in by_text
        assert mail.recipients == [scenario.email.user_email]
        assert not mail.is_read


def test_each_arrival_is_announced_and_nothing_else_is() -> None:
    scenario = with_noise(rate=30)
    env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, oracle_mode=True)
    with scenario.world.active():
        env.run(scenario)
    queue = [m for m in env.notification_system.message_queue.list_view() if "USER" in m.message_type.value]
    announced = [m.message for m in queue if not m.message.startswith("The simulation")]
    assert len(announced) == len(arrivals(scenario))
    written = [text.partition(" from ")[2].partition(":")[0] for text in announced if text.startswith("Messages: ")]
    assert len(written) == count(scenario)["Messages"]
    assert set(written) <= set(PEOPLE)


def test_data_come_again_with_new_ids_when_they_run_out() -> None:
    scenario = with_noise(stage(duration=600), rate=100)
    assert count(scenario) == {"Emails": 334, "Messages": 333, "Shopping": 333}
    mails = [args(event) for event in noise(scenario) if event.event_id.startswith("env_expansion_email_")]
    assert len({mail["email_id"] for mail in mails}) == len(mails)
    texts = Counter((mail["sender"], mail["subject"], mail["content"]) for mail in mails)
    assert set(texts.values()) == {1, 2}
    # All have come, with their own ids, before one comes again.
    assert {mail["email_id"] for mail in mails[: len(EMAILS)]} == {mail["email_id"] for mail in EMAILS}
    begun = [args(event)["conversation_id"] for event in noise(scenario) if "_conversation_" in event.event_id]
    assert len(set(begun)) == len(begun) > 2 * len(CHATS)
    assert play(scenario).success


def test_apps_are_known_by_their_class_whatever_they_are_called() -> None:
    class Mailbox(StatefulEmailApp):
        """A library's own."""

    def more(scenario: Any) -> None:
        scenario.apps += [Mailbox(name="{{x.y}} mail"), StatefulMessagingApp(name="Chats"), StatefulReminderApp()]

    scenario = with_noise(stage(more), rate=20)
    assert count(scenario) == {"Emails": 20, "{{x.y}} mail": 20, "Messages": 20, "Chats": 20, "Shopping": 40}
    assert play(scenario).success
    # An app that is called as a part of the data gets that part.
    for app in ("Messages", "Chats"):
        begun = {args(e).get("conversation_id") for e in noise(scenario) if e.action.app_name == app}
        assert begun <= {chat["conversation_id"] for chat in STATES[app]["conversations"].values()}
    # Where that part is empty, it gets the others.
    data = copy.deepcopy(RAW["apps"])
    data[0]["app_state"]["conversations"] = {}
    assert count(with_noise(data=data)) == {"Emails": 20, "Messages": 20, "Shopping": 20}


# -- harmlessness


def own_script(scenario: Any) -> list[Any]:
    mail = scenario.email.create_and_add_email(sender="vera@lind.example", subject="Own").delayed(20)
    said = scenario.agent_ui.send_message_to_user(content="Hello").oracle().depends_on(mail, delay_seconds=3)
    return [mail, said]


def test_the_scenario_keeps_its_events_as_they_are() -> None:
    scenario = stage(script=own_script)
    own = list(scenario.events)
    before = [(event.event_id, event.event_relative_time, list(event.dependencies)) for event in own]
    with_noise(scenario)
    assert all(kept is event for kept, event in zip(scenario.events, own, strict=False))
    assert [(event.event_id, event.event_relative_time, list(event.dependencies)) for event in own] == before
    assert {event.event_id for event in own} & {event.event_id for event in noise(scenario)} == set()
    assert not any(event.dependencies or event.successors for event in noise(scenario))


def test_the_ids_of_the_scenarios_own_mails_are_the_same_with_noise() -> None:
    def own_ids(scenario: Any) -> list[Any]:
        return [e.result for e in play(scenario).trace.events if e.args.get("subject") == "Own"]

    quiet, loud = stage(script=own_script), with_noise(stage(script=own_script), rate=30)
    assert own_ids(quiet) == own_ids(loud)
    assert len(noise(loud)) > 100


def planted(scenario: Any, record: dict[str, Any]) -> None:
    """Put a record of the data, or someone in it, into a scenario as its own."""
    if "sender" in record:
        scenario.contacts.add_contact(Contact(first_name="A", last_name="B", email=record["sender"].upper()))
    elif "participant_ids" in record:
        user_id = record["participant_ids"][-1]
        scenario.messaging.add_contacts([(STATES["Messages"]["id_to_name"][user_id], "another-id")])
        people = ["another-id", scenario.messaging.current_user_id]
        message = MessageV2("another-id", "own", 1.0, "Own")
        scenario.messaging.add_conversation(ConversationV2(people, [message], "Own", record["conversation_id"]))
    else:
        variants = {key: Item(price=1.0, item_id=key) for key in record["variants"]}
        scenario.shop.products["own"] = Product(name=record["name"], product_id="own", variants=variants)


RECORDS = [*EMAILS, *CHATS.values(), *STATES["Shopping"]["products"].values()]


@given(record=st.sampled_from(RECORDS), seed=st.integers(0, 99))
def test_nothing_comes_from_people_or_under_names_of_the_scenario(record: dict[str, Any], seed: int) -> None:
    # So many that everything else comes.
    scenario = with_noise(stage(lambda own: planted(own, record)), rate=300, seed=seed)
    made = [args(event) for event in noise(scenario)]
    assert count(scenario) == {"Emails": 600, "Messages": 600, "Shopping": 600}
    if "sender" in record:
        assert {mail["sender"] for mail in EMAILS} - {one.get("sender") for one in made} == {record["sender"]}
    elif "participant_ids" in record:
        people = {user_id for one in made for user_id in one.get("people", ())}
        assert record["participant_ids"][-1] not in people
        assert record["conversation_id"] not in {one.get("conversation_id") for one in made}
    else:
        missing = {product["name"] for product in STATES["Shopping"]["products"].values()}
        assert missing - {one.get("name") for one in made} == {record["name"]}


@pytest.mark.parametrize("record", [EMAILS[0], next(iter(CHATS.values())), RECORDS[-1]])
def test_what_the_scenario_has_stays_as_it_is(record: dict[str, Any]) -> None:
    scenario = stage(lambda own: planted(own, record))
    before = copy.deepcopy({app.name: app.get_state() for app in scenario.apps})
    assert play(with_noise(scenario, rate=30)).success
    after = {app.name: app.get_state() for app in scenario.apps}
    for app, field in (("Messages", "conversations"), ("Messages", "id_to_name"), ("Shopping", "products")):
        own = before[app][field]
        assert {key: after[app][field][key] for key in own} == own
    assert after["Contacts"] == before["Contacts"]
    assert after["Shopping"]["cart"] == before["Shopping"]["cart"] == {}


def test_people_who_come_later_are_known_too() -> None:
    mail, other = EMAILS[0], EMAILS[1]

    def script(scenario: Any) -> list[Any]:
        event = scenario.email.send_email_to_user_with_id(email_id=other["email_id"], sender=mail["sender"]).delayed(5)
        return [event]

    made = [args(event) for event in noise(with_noise(stage(script=script), rate=200))]
    mails = [values for values in made if "email_id" in values]
    assert mail["sender"] not in {values["sender"] for values in mails}
    assert other["email_id"] not in {values["email_id"] for values in mails}
    assert other["content"] in {values["content"] for values in mails}


@pytest.mark.parametrize(
    ("own", "sender", "name", "user_id"),
    [
        ("Zoë Ünal", "a@b.example", "zoë ünal", "7"),
        ('Say "Mo" \\ Poe', "a@b.example", 'Say "Mo" \\ Poe', "7"),
        ("+44 77", "a@b.example", "Someone Else", "+44 77"),
        ("Ann", "a@b.example", "Anna Annable", "7"),
    ],
)
@pytest.mark.parametrize("place", ["content", "goal"])
def test_who_is_known_is_found_however_it_is_written(
    own: str, sender: str, name: str, user_id: str, place: str
) -> None:
    conversation = {"conversation_id": "c", "messages": [{"sender_id": user_id, "content": "Hello"}]}
    data = [
        {"name": "Messages", "app_state": {"conversations": [conversation], "id_to_name": {user_id: name}}},
        {"name": "Emails", "app_state": {"folders": {"INBOX": {"emails": [{"sender": sender, "email_id": "e"}]}}}},
    ]

    def tell(scenario: Any) -> None:
        if place == "content":
            scenario.email.create_and_add_email(sender="c@d.example", subject=f"Call\n{own}, please")
        else:
            scenario.user_goal = f"Call {own}."

    expected = {"Emails": 60} if own != "Ann" else {"Emails": 30, "Messages": 30}
    assert count(with_noise(stage(tell), data=data)) == expected


def test_an_address_is_known_with_a_name_before_it() -> None:
    mails = [{"sender": f"Someone <{name}@b.example>", "email_id": name} for name in ("known", "new")]
    data = [{"name": "Emails", "app_state": {"folders": {"INBOX": {"emails": mails}}}}]

    def tell(scenario: Any) -> None:
        scenario.email.create_and_add_email(sender="Known@b.example")

    senders = {args(event)["sender"] for event in noise(with_noise(stage(tell), data=data))}
    assert senders == {"Someone <new@b.example>"}


def test_what_the_agent_does_to_a_conversation_of_noise_stops_nothing() -> None:
    scenario = with_noise(rate=30)
    env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, oracle_mode=True)
    add_to_log = env.add_to_log

    def put_out(events: Any) -> None:
        add_to_log(events)
        for chat in scenario.messaging.conversations.values():
            chat.participant_ids[:] = [scenario.messaging.current_user_id]

    env.add_to_log = put_out  # type: ignore[method-assign]
    with scenario.world.active():
        env.run(scenario)
    assert env.defects == []
    assert sum(len(chat.messages) for chat in scenario.messaging.conversations.values()) == count(scenario)["Messages"]


def test_the_data_are_not_changed() -> None:
    before = DATA.model_dump_json()
    raw = copy.deepcopy(RAW["apps"])
    assert facts(with_noise()) == facts(with_noise(data=raw))
    with_noise(None, "pare", raw)
    scenario = with_noise()
    play(scenario)
    for product in scenario.shop.products.values():
        for item in product.variants.values():
            item.options["colour"] = "changed"
    assert DATA.model_dump_json() == before
    assert raw == RAW["apps"]


def test_messages_of_the_user_in_the_file_are_left_out() -> None:
    data = copy.deepcopy(RAW["apps"])
    state = data[0]["app_state"]
    me = next(iter(state["id_to_name"]))
    state["current_user_id"] = me
    for chat in state["conversations"].values():
        chat["participant_ids"] = [me, *(one for one in chat["participant_ids"] if one != me)]
        chat["messages"].insert(1, {"sender_id": me, "content": "From me"})
    made = [args(event) for event in noise(with_noise(rate=60, data=data))]
    assert any("people" in values for values in made)
    assert not any(me in values.get("people", ()) or values.get("sender_id") == me for values in made)


@pytest.mark.parametrize("schedule", ["default", "pare"])
@pytest.mark.parametrize("scenario_id", BUNDLED)
def test_bundled_scenarios_succeed_in_noise_and_none_of_it_fails(scenario_id: str, schedule: str) -> None:
    scenario = BUNDLED[scenario_id]()
    scenario.initialize()
    if not {type(app).__name__ for app in scenario.apps} & set(CLASSES):
        with pytest.raises(NoiseError, match=f"^{scenario_id}: no app can get noise"):
            with_noise(scenario, schedule)
        return
    with_noise(scenario, schedule, rate=10)
    run = play(scenario)
    assert run.success, run.result
    assert not any(event.error for event in played_noise(run))
    assert len(played_noise(run)) == len(noise(scenario))
    if schedule == "default":
        assert sum(count(scenario).values()) == 60


def test_most_bundled_scenarios_can_have_noise() -> None:
    apps = []
    for scenario_class in BUNDLED.values():
        scenario = scenario_class()
        scenario.initialize()
        apps.append({type(app).__name__ for app in scenario.apps} & set(CLASSES))
    assert sum(map(bool, apps)) > len(apps) / 2
    assert set.union(*apps) == set(CLASSES)


# -- reproducibility


DIGESTS = """
import hashlib, json, sys
from tests.noise.stages import facts, played_with_faults, stage, with_noise
made = [hashlib.sha256(json.dumps(facts(with_noise(stage(), schedule, seed=7, rate=30))).encode()).hexdigest()
        for schedule in ("default", "pare") for _ in range(25)]
print(json.dumps([*made, hashlib.sha256(played_with_faults().encode()).hexdigest()]))
"""


def test_noise_is_the_same_in_every_process() -> None:
    root = Path(__file__).parents[2]
    made = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", DIGESTS], cwd=root, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
            ).stdout
        )
        for seed in ("1", "random")
    ]
    assert [len(digests) for digests in made] == [51] * 2
    assert len({digest for digests in made for digest in digests[:25]}) == 1
    assert len({digest for digests in made for digest in digests[25:50]}) == 1
    assert {digests[50] for digests in made} == {hashlib.sha256(played_with_faults().encode()).hexdigest()}


def test_other_seeds_make_other_noise() -> None:
    made = [facts(with_noise(stage(seed=seed), seed=own)) for seed in range(4) for own in range(4)]
    made += [facts(with_noise(stage(scenario_id="another")))]
    assert len({json.dumps(one) for one in made}) == len(made)
    of_pare = [json.dumps(facts(with_noise(stage(seed=seed), "pare", seed=own))) for own in (1, 2) for seed in (3, 4)]
    assert of_pare[0] == of_pare[1] != of_pare[2] == of_pare[3]


def test_each_run_of_a_scenario_has_noise_of_its_own() -> None:
    numbers = (None, 1, 2, 3)
    made = [json.dumps(facts(with_noise(stage(run_number=number)))) for number in numbers]
    assert len(set(made)) == len(numbers)
    assert made == [json.dumps(facts(with_noise(stage(run_number=number)))) for number in numbers]
    # In PARE all runs have the same.
    of_pare = [json.dumps(facts(with_noise(stage(run_number=number), "pare"))) for number in numbers]
    assert len(set(of_pare)) == 1


def test_the_noise_of_an_app_does_not_depend_on_the_other_apps() -> None:
    among = facts(with_noise(stage(), rate=30))
    alone = facts(with_noise(stage(), rate=10, weight_per_app_class={"StatefulMessagingApp": 2.0}))
    assert len(alone) > 60
    assert [fact[1:] for fact in alone] == [fact[1:] for fact in among if fact[2] == "Messages"]


@pytest.mark.parametrize("schedule", ["default", "pare"])
def test_nothing_is_drawn_from_the_generators_that_all_share(schedule: str) -> None:
    legacy = np.random.get_state(legacy=False)
    before = random.getstate(), str(legacy)
    one = facts(with_noise(None, schedule))
    assert (random.getstate(), str(np.random.get_state(legacy=False))) == before
    random.seed(1)
    assert facts(with_noise(None, schedule)) == one


# -- errors


def weights(**weight_per_app_class: float) -> EnvEventsConfigOfARE:
    return EnvEventsConfigOfARE(weight_per_app_class=weight_per_app_class)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            EnvEventsConfigOfARE(num_env_events_per_minute=-1),
            r"^env_events_config.num_env_events_per_minute: .* greater than .* 0, got -1$",
        ),
        (
            EnvEventsConfigOfARE(),
            r"^env_events_config.weight_per_app_class: ApartmentListingApp cannot get noise; apps that can",
        ),
        (weights(StatefulCabApp=1.0), "StatefulCabApp cannot get noise; apps that can are"),
        (weights(StatefulEmailApp=0.0), "weight_per_app_class: all weights are 0, so no app would get noise$"),
        (weights(), "weight_per_app_class: all weights are 0"),
    ],
)
def test_a_config_that_cannot_be_is_refused(settings: Any, said: str) -> None:
    with pytest.raises(NoiseError, match=said) as error:
        PAREEnvEventsExpander(settings)
    assert "\n" not in str(error.value)


def test_a_config_of_are_is_accepted() -> None:
    theirs = EnvEventsConfigOfARE(10, 3, weight_per_app_class=default_weight_per_app_class())
    expander = PAREEnvEventsExpander(theirs)
    assert isinstance(expander, EnvEventsExpander)
    assert expander.config == config(10, 3)
    assert (ENV_EVENT_DEFAULT_HORIZON, ENV_EVENT_EXPANSION_TAG) == (360, "env_expansion")


def test_another_schedule_is_refused() -> None:
    with pytest.raises(NoiseError, match="the schedule of noise is default or pare, got 'poisson'"):
        PAREEnvEventsExpander(config(), "poisson")  # type: ignore[arg-type]


@pytest.mark.parametrize("schedule", ["default", "pare"])
@pytest.mark.parametrize(
    "data",
    [[], [{"name": "RentAFlat", "app_state": {}}], [{"name": "Shopping", "app_state": {"products": {}}}]],
)
def test_a_scenario_in_which_nothing_can_come_is_refused(schedule: str, data: list[Any]) -> None:
    said = (
        "^stage: no app can get noise: the scenario has no StatefulEmailApp or StatefulMessagingApp or "
        "StatefulShoppingApp for which there are data$"
    )
    with pytest.raises(NoiseError, match=said):
        with_noise(stage(shop=False), schedule, data)
    assert noise(with_noise(stage(shop=False), schedule, data, rate=0)) == []


@pytest.mark.parametrize("duration", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize("schedule", ["default", "pare"])
def test_a_duration_that_is_none_is_refused(duration: float, schedule: str) -> None:
    with pytest.raises(NoiseError, match="noise: the duration must be a number of seconds, 0 or more, got"):
        with_noise(stage(duration=duration), schedule)


def test_noise_is_added_once() -> None:
    scenario = with_noise()
    events = list(scenario.events)
    with pytest.raises(NoiseError, match=r"^stage: the scenario has an event 'env_expansion_.*', but ids with env_exp"):
        with_noise(scenario)
    assert scenario.events == events


def test_data_that_are_wrong_are_told() -> None:
    with pytest.raises(NoiseError, match=r"^noise data: apps\.0\.app_state\.folders: is missing$"):
        with_noise(data=[{"name": "Emails", "app_state": {}}])
