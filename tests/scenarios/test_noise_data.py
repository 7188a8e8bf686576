"""Noise data: the bundled file, and the errors of invalid files."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import PAREAgentUserInterface
from pytest_pare.scenarios.errors import NoiseError
from pytest_pare.scenarios.library import bundled_library_dir, library_modules
from pytest_pare.scenarios.noise.content import MailContent, Product, Variant
from pytest_pare.scenarios.noise.data import NoiseData, load_noise_data
from tests.apps.full_phone import full_phone
from tests.noise import generate
from tests.noise.words import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RAW: dict[str, Any] = json.loads(generate.FILE.read_text(encoding="utf-8"))
STATES: dict[str, Any] = {content["name"]: content["app_state"] for content in RAW["apps"]}
MAILS: list[dict[str, Any]] = STATES["Emails"]["folders"]["INBOX"]["emails"]
CHATS: list[dict[str, Any]] = [chat for app in ("Messages", "Chats") for chat in STATES[app]["conversations"].values()]
PRODUCTS: list[dict[str, Any]] = list(STATES["Shopping"]["products"].values())

# Words that a text must not have, because the time of the scenario is unknown.
TIMES = re.compile(
    r"\b(january|february|march|april|may (?=\d)|june|july|august|september|october|november|december|\d{4}-\d\d|"
    r"(19|20)\d\d(?!\d)|spring|summer|autumn|winter|christmas|easter|new year|ramadan|"
    r"good (morning|evening|night|afternoon)|tonight|today|yesterday|this (morning|afternoon|evening))\b"
)

# As PARE's file has them, with less in it.
SMALL: dict[str, Any] = {
    "apps": [
        {
            "name": "Messages",
            "app_state": {
                "conversations": {
                    "conversation_a": {
                        "participant_ids": ["+1", "+2"],
                        "messages": [
                            {"sender_id": "+1", "message_id": "m1", "timestamp": 1.0, "content": "Hello"},
                            {"sender_id": "+2", "message_id": "m2", "timestamp": 2.0, "content": "Hello you"},
                        ],
                        "title": "Two",
                        "conversation_id": "a",
                        "last_updated": 2.0,
                    }
                }
            },
        },
        {"name": "Emails", "app_state": {"folders": {"INBOX": {"emails": [
            {"sender": "a@b.example", "recipients": ["c@d.example"], "subject": "S", "content": "C", "email_id": "e1",
             "parent_id": None, "cc": [], "attachments": {}, "timestamp": 1.0, "is_read": True},
            {"sender": "f@b.example", "email_id": "e2"},
        ]}}}},
        {"name": "RentAFlat", "app_state": {"apartments": {}}},
        {"name": "Calendar", "app_state": {"events": []}},
        {"name": "Shopping", "app_state": {"products": {"p": {"name": "Lamp", "product_id": "p", "variants": {
            "v": {"price": 3, "available": True, "item_id": "v", "options": {"colour": "red"}}
        }}}, "discount_codes": {}}},
    ]
}  # fmt: skip


def texts() -> Iterator[str]:
    for mail in MAILS:
        yield from (mail["subject"], mail["content"])
    for chat in CHATS:
        yield chat["title"]
        yield from (message["content"] for message in chat["messages"])
    yield from (product["name"] for product in PRODUCTS)


def loaded(value: Any, directory: Path) -> NoiseData:
    file = directory / "noise.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return load_noise_data(file)


# -- the bundled file


def test_the_file_is_what_its_seed_makes() -> None:
    assert generate.FILE.read_bytes() == generate.text(generate.data()).encode()
    assert generate.text(generate.data(generate.SEED + 1)) != generate.text(generate.data())


@pytest.mark.parametrize("hash_seed", ["0", "77"])
def test_any_python_makes_it_without_anything_installed(hash_seed: str) -> None:
    code = (
        f"import sys, hashlib; sys.path.insert(0, {str(ROOT)!r}); from tests.noise import generate as g; "
        "print(hashlib.sha256(g.text(g.data()).encode()).hexdigest())"
    )
    made = subprocess.run(
        [sys.executable, "-S", "-P", "-c", code], env={"PYTHONHASHSEED": hash_seed}, capture_output=True, check=True
    )
    assert made.stdout.decode().strip() == hashlib.sha256(generate.FILE.read_bytes()).hexdigest()


def test_the_file_is_in_the_documented_format() -> None:
    assert [content["name"] for content in RAW["apps"]] == ["Messages", "Chats", "Emails", "RentAFlat", "Shopping"]
    assert STATES["RentAFlat"] == {"apartments": {}}
    documented = "sender recipients subject content email_id parent_id cc attachments timestamp is_read"
    assert all(mail.keys() == set(documented.split()) for mail in MAILS)
    assert all(
        chat.keys() == {"participant_ids", "messages", "title", "conversation_id", "last_updated"} for chat in CHATS
    )
    assert all(
        message.keys() == {"sender_id", "message_id", "timestamp", "content"}
        for chat in CHATS
        for message in chat["messages"]
    )
    assert all(product.keys() == {"name", "product_id", "variants"} for product in PRODUCTS)


def test_there_is_enough_of_everything() -> None:
    assert len(MAILS) >= 150
    assert len(CHATS) >= 50
    assert {len(chat["messages"]) for chat in CHATS} == set(range(2, 9))
    assert len(PRODUCTS) >= 150
    assert {len(product["variants"]) for product in PRODUCTS} == {2, 3, 4, 5}


def test_no_two_are_alike() -> None:
    assert len({(mail["subject"], mail["content"]) for mail in MAILS}) == len(MAILS)
    # A kind of mail comes four times at most, from different senders.
    assert len({mail["sender"] for mail in MAILS}) > 100
    assert len({" ".join(message["content"] for message in chat["messages"]) for chat in CHATS}) > 50
    assert len({product["name"] for product in PRODUCTS}) == len(PRODUCTS)


def test_ids_are_unique_and_of_their_kind() -> None:
    ids = [mail["email_id"] for mail in MAILS] + [chat["conversation_id"] for chat in CHATS]
    ids += [product["product_id"] for product in PRODUCTS] + [i for product in PRODUCTS for i in product["variants"]]
    ids += [message["message_id"] for chat in CHATS for message in chat["messages"]]
    assert len(set(ids)) == len(ids)
    for name, is_right in (("Messages", is_phone_number), ("Chats", is_uuid)):
        state = STATES[name]
        for key, chat in state["conversations"].items():
            assert key != chat["conversation_id"]
            assert key.endswith(chat["conversation_id"])
            assert len(set(chat["participant_ids"])) == len(chat["participant_ids"])
            assert all(is_right(user_id) for user_id in chat["participant_ids"])
            assert {message["sender_id"] for message in chat["messages"]} == set(chat["participant_ids"])
        assert sorted(state["id_to_name"].values()) == sorted(PEOPLE)


def is_phone_number(user_id: str) -> bool:
    return re.fullmatch(r"\+447700900\d{3}", user_id) is not None


def is_uuid(user_id: str) -> bool:
    return uuid.UUID(user_id).version == 4


def test_a_record_is_a_line_and_the_file_is_small() -> None:
    lines = generate.FILE.read_text(encoding="utf-8").splitlines()
    assert sum(len(line) + 1 for line in lines) < 600_000
    for kind, records in (("email_id", MAILS), ("conversation_id", CHATS), ("product_id", PRODUCTS)):
        assert sum(f'"{kind}":' in line for line in lines) == len(records)


def test_texts_say_nothing_about_the_date() -> None:
    assert [text for text in texts() if TIMES.search(text.lower())] == []
    assert TIMES.search("see you on 2025-01-06")


def test_texts_are_filled_in() -> None:
    assert [text for text in texts() if re.search(r"[{}]|\ba [aeio]|  |^[a-z]", text)] == []


def test_all_addresses_are_reserved_for_examples() -> None:
    words = " ".join(texts()).split() + [mail["sender"] for mail in MAILS]
    addresses = [word for word in words if "@" in word or "://" in word]
    assert addresses
    assert [address for address in addresses if not address.endswith(".example")] == []


def test_no_person_is_in_a_bundled_scenario() -> None:
    library = " ".join(path.read_text(encoding="utf-8") for path in library_modules(bundled_library_dir()))
    known = {word.lower() for word in re.findall(r"\w+", library)}
    names = {part for name in PEOPLE for part in name.lower().split()}
    assert names & known == set()
    assert [mail["sender"] for mail in MAILS if mail["sender"].partition("@")[2] in library] == []
    assert [product["name"] for product in PRODUCTS if product["name"].lower() in library.lower()] == []


def test_prices_are_prices() -> None:
    prices = [variant["price"] for product in PRODUCTS for variant in product["variants"].values()]
    assert all(0 < price < 500 and price == round(price, 2) for price in prices)
    available = [variant["available"] for product in PRODUCTS for variant in product["variants"].values()]
    assert {True, False} == set(available)


def test_every_tool_of_the_agent_has_another_name_and_another_description() -> None:
    names, descriptions = RAW["tool_names_mapping"], RAW["tool_descriptions_mapping"]
    with full_phone() as phone:
        # What belongs to the phone itself is never renamed.
        apps = [
            app for app in phone.apps.values() if not isinstance(app, PAREAgentUserInterface) and app.name != "System"
        ]
        tools = [tool for app in apps for tool in app.get_tools()]
        assert len(tools) > 90
        for tool in tools:
            app, _, function = tool.name.partition("__")
            assert names[tool.name].startswith(f"{app}__")
            assert descriptions[tool.name].split() != (tool.function_description or "").split()
            of_class = f"{type(phone.apps[tool.class_name]).__name__}__{function}"
            assert names[of_class].partition("__")[2] == names[tool.name].partition("__")[2]
            assert descriptions[of_class] == descriptions[tool.name]
    assert names.keys() == descriptions.keys()
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names.values())
    assert len(set(names.values())) == len(names)
    assert set(names.values()) & set(names) == set()


def test_the_tools_of_the_bundled_library_are_named() -> None:
    library = " ".join(path.read_text(encoding="utf-8") for path in library_modules(bundled_library_dir()))
    used = set(re.findall(r'Stateful\w+App\(name="(\w+)"', library))
    assert used
    assert used <= {name.partition("__")[0] for name in RAW["tool_names_mapping"]}


# -- loading


def test_without_a_path_the_bundled_file_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for named in (None, ""):
        monkeypatch.delenv("ENV_AUGMENTATION_DATA_PATH", raising=False)
        if named is not None:
            monkeypatch.setenv("ENV_AUGMENTATION_DATA_PATH", named)
        data = load_noise_data()
        assert [len(content.records) for content in data.apps] == [32, 32, len(MAILS), 0, len(PRODUCTS)]
        assert data.tool_names_mapping == RAW["tool_names_mapping"]


def test_the_environment_variable_names_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(SMALL))
    monkeypatch.setenv("ENV_AUGMENTATION_DATA_PATH", str(tmp_path / "mine.json"))
    assert [content.name for content in load_noise_data().apps] == [content["name"] for content in SMALL["apps"]]
    assert len(load_noise_data(generate.FILE).apps[2].records) == len(MAILS)
    monkeypatch.setenv("ENV_AUGMENTATION_DATA_PATH", str(tmp_path / "gone.json"))
    with pytest.raises(
        NoiseError, match=r"^ENV_AUGMENTATION_DATA_PATH: .*gone\.json: cannot be read: No such file or directory$"
    ):
        load_noise_data()


def test_the_example_of_the_manual_is_noise_data(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "noise.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```", manual, flags=re.DOTALL | re.MULTILINE)
    data = loaded(example, tmp_path)
    assert [len(content.records) for content in data.apps] == [1, 1, 1]
    assert len(data.tool_names_mapping) == len(data.tool_descriptions_mapping) == 1


def test_records_come_by_key_or_in_a_list(tmp_path: Path) -> None:
    by_key, in_lists = copy.deepcopy(SMALL), copy.deepcopy(SMALL)
    for content in in_lists["apps"]:
        for key in content["app_state"].keys() & {"conversations", "products"}:
            content["app_state"][key] = list(content["app_state"][key].values())
            for record in content["app_state"][key]:
                if "variants" in record:
                    record["variants"] = list(record["variants"].values())
    one, other = loaded(by_key, tmp_path), loaded(in_lists, tmp_path)
    assert [content.records for content in one.apps[:4]] == [content.records for content in other.apps[:4]]
    for data in (one, other):
        (product,) = data.apps[4].records
        assert isinstance(product, Product)
        assert [product.name, *product.variants.values()] == ["Lamp", Variant(price=3, options={"colour": "red"})]


def test_data_do_not_change(tmp_path: Path) -> None:
    content = loaded(SMALL, tmp_path).apps[1]
    assert isinstance(content, MailContent)
    with pytest.raises(ValueError, match="frozen"):
        content.records[0].subject = "Another"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: is not JSON: Expecting value in column 1"),
        ('{\n"apps": [}', ":2: is not JSON: Expecting value in column 10"),
        ("[" * 100_000, ": is not JSON: "),
        ('{"apps": [], "apps": []}', ":1: apps: duplicate key, already set in line 1"),
        ('{"apps":\n\t[{"a":1,\n"app_state":{"a": 1,\n"a":2}}]}', ":4: apps[0].app_state.a: duplicate key, already "),
        ('{"a\x7f": 1, "a\x7f": 2}', ": a\x7f: duplicate key"),
        ("[]", "input should be a valid dictionary or instance of NoiseData"),
        ("{}", "apps: is missing"),
        ('{"apps": {}}', "apps: input should be a valid tuple"),
        ('{"apps": [3]}', "apps.0: input should be"),
        ('{"apps": [{"app_state": {}}]}', "apps.0.name: is missing"),
        ('{"apps": [{"name": "Emails"}]}', "apps.0.app_state: is missing"),
        ('{"apps": [], "tool_names_mapping": {"a": "b c"}}', "tool_names_mapping.a: string should match"),
        (
            '{"apps": [], "tool_names_mapping": {"a": "b", "c": "b"}}',
            "tool_names_mapping: must give each tool a name of its own",
        ),
    ],
)
def test_a_malformed_file_is_named_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(NoiseError) as error:
        loaded(text, tmp_path)
    place = "" if said.startswith(":") else ":1: "
    assert str(error.value).startswith(f"noise.data: {tmp_path / 'noise.json'}{place}{said}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("folder", None, "cannot be read: Is a directory"),
        ("bytes", b"{\n\xff\xfe\x00", "is not UTF-8 text"),
    ],
)
def test_what_is_no_text_file_is_named_too(name: str, content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(NoiseError, match=rf"^noise.data: {path}(:2)?: {said}$"):
        load_noise_data(path)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("apps.1.app_state.folders.INBOX.emails.1.sender", 3, "input should be a valid string"),
        ("apps.1.app_state.folders.INBOX.emails.0.subject", "{{another_event}}", "must not be a placeholder"),
        ("apps.0.app_state.conversations.conversation_a.messages.1.content", None, "input should be a valid string"),
        ("apps.4.app_state.products.p.variants.v.price", -1, "input should be greater than or equal to 0"),
        ("apps.4.app_state.products.p.variants.v.price", float("nan"), "input should be a finite number"),
    ],
)
def test_what_is_wrong_in_a_record_is_told_with_its_key(place: str, value: Any, said: str, tmp_path: Path) -> None:
    broken = copy.deepcopy(SMALL)
    *path, last = place.split(".")
    at(broken, path)[last] = value
    with pytest.raises(NoiseError) as error:
        loaded(broken, tmp_path)
    assert str(error.value).endswith(f"noise.json:1: {place}: {said}")


REQUIRED = (
    "apps.0.app_state.conversations.conversation_a.conversation_id",
    "apps.0.app_state.conversations.conversation_a.messages",
    "apps.0.app_state.conversations.conversation_a.messages.0.sender_id",
    "apps.0.app_state.conversations.conversation_a.messages.1.content",
    "apps.0.app_state.conversations",
    "apps.1.app_state.folders.INBOX.emails.0.sender",
    "apps.1.app_state.folders.INBOX.emails.1.email_id",
    "apps.1.app_state.folders.INBOX.emails",
    "apps.1.app_state.folders.INBOX",
    "apps.1.app_state.folders",
    "apps.4.app_state.products.p.name",
    "apps.4.app_state.products.p.variants.v.price",
    "apps.4.app_state.products",
    "apps.2.name",
    "apps",
)


@given(places=st.sets(st.sampled_from(REQUIRED), min_size=1))
def test_a_key_that_is_missing_is_named(places: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    broken = copy.deepcopy(SMALL)
    for place in sorted(places, reverse=True, key=len):
        *path, last = place.split(".")
        del at(broken, path)[last]
    with pytest.raises(NoiseError) as error:
        loaded(broken, tmp_path_factory.getbasetemp())
    found = re.fullmatch(r"noise\.data: \S+: (\S+): is missing( \(and \d+ more\))?", str(error.value))
    assert found is not None
    assert found[1] in places


def at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
