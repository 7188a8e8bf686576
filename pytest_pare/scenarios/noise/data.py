"""What noise is made of: a file of mails, conversations and products.

The file is the bundled one, or another of the same format, PARE's too. A part of the format that nothing here uses may
be missing, and what the format does not have may be there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError

from pytest_pare.base.documents import DocumentError, Location, read_text
from pytest_pare.base.json_documents import parse_json, with_lines

ENVIRONMENT_VARIABLE = "ENV_AUGMENTATION_DATA_PATH"

APP_CLASSES = {
    "EmailClientV2": "StatefulEmailApp",
    "Mail": "StatefulEmailApp",
    "Emails": "StatefulEmailApp",
    "Messages": "StatefulMessagingApp",
    "Chats": "StatefulMessagingApp",
    "Shopping": "StatefulShoppingApp",
}
"""Name of an app in the file to the class of the apps that its content is for. Content of other apps is not used."""


class NoiseError(ValueError):
    """Noise that was asked for cannot be made."""

    kind: ClassVar[Literal["configuration"]] = "configuration"


class NoPlaceForNoise(NoiseError):  # noqa: N818 - for the scenario it is no error
    """The scenario has no app in which noise can come."""


def _not_a_placeholder(text: str) -> str:
    # The environment would look for an event of that id.
    if text.strip().startswith("{{") and text.strip().endswith("}}"):
        raise ValueError("must not be a placeholder")
    return text


def _by_key(records: object) -> object:
    """Return a list as a dictionary by position: the format has either."""
    return {str(position): record for position, record in enumerate(records)} if isinstance(records, list) else records


def _all_different(names: dict[str, str]) -> dict[str, str]:
    if len(set(names.values())) < len(names):
        raise ValueError("must give each tool a name of its own")
    return names


Text = Annotated[str, AfterValidator(_not_a_placeholder)]
Id = Annotated[Text, Field(min_length=1)]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Record(BaseModel):
    """A part of the file; one file serves many runs, so nothing changes it."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Mail(_Record):
    """A mail. The time of the file's is not used, nor are attachments."""

    email_id: Id
    sender: Id
    recipients: tuple[str, ...] = ()
    subject: Text = ""
    content: Text = ""


class Message(_Record):
    """A message of a conversation."""

    sender_id: Id
    content: Text


class Conversation(_Record):
    """A conversation. Its messages are in the order in which they are written."""

    conversation_id: Id
    participant_ids: tuple[Id, ...] = ()
    title: str | None = None
    messages: tuple[Message, ...]


class Variant(_Record):
    """A variant of a product."""

    price: float = Field(ge=0)
    available: bool = True
    options: dict[str, Any] = Field(default_factory=dict)


class Product(_Record):
    """A product with its variants by key."""

    name: Id
    variants: Annotated[dict[str, Variant], BeforeValidator(_by_key)] = Field(default_factory=dict)


class _Folder(_Record):
    emails: tuple[Mail, ...]


class _Folders(_Record):
    INBOX: _Folder


class _MailState(_Record):
    folders: _Folders


class _MessagingState(_Record):
    conversations: Annotated[dict[str, Conversation], BeforeValidator(_by_key)]
    current_user_id: str | None = None
    id_to_name: dict[str, str] = Field(default_factory=dict)


class _ShoppingState(_Record):
    products: Annotated[dict[str, Product], BeforeValidator(_by_key)]


class _Content(_Record):
    """The content of one app.

    Attributes:
        name: Name of the app in the file.
    """

    name: str

    @property
    def app_class(self) -> str | None:
        """Name of the class of the apps that it is for; `None` for content that is not used."""
        return APP_CLASSES.get(self.name)


class MailContent(_Content):
    """Mails."""

    app_state: _MailState

    @property
    def records(self) -> tuple[Mail, ...]:
        """The mails, in the order of the file."""
        return self.app_state.folders.INBOX.emails


class MessagingContent(_Content):
    """Conversations, and the people in them."""

    app_state: _MessagingState

    @cached_property
    def records(self) -> tuple[Conversation, ...]:
        """The conversations, in the order of the file."""
        return tuple(self.app_state.conversations.values())


class ShoppingContent(_Content):
    """Products."""

    app_state: _ShoppingState

    @cached_property
    def records(self) -> tuple[Product, ...]:
        """The products, in the order of the file."""
        return tuple(self.app_state.products.values())


class OtherContent(_Content):
    """The content of an app in which no noise is made."""

    app_state: dict[str, Any] = Field(default_factory=dict)

    @property
    def records(self) -> tuple[()]:
        """Nothing that is used."""
        return ()


def _class_of(content: object) -> str:
    name = content.get("name") if isinstance(content, dict) else getattr(content, "name", None)
    return APP_CLASSES.get(name, "") if isinstance(name, str) else ""


Content = Annotated[
    Annotated[MailContent, Tag("StatefulEmailApp")]
    | Annotated[MessagingContent, Tag("StatefulMessagingApp")]
    | Annotated[ShoppingContent, Tag("StatefulShoppingApp")]
    | Annotated[OtherContent, Tag("")],
    Discriminator(_class_of),
]


class NoiseData(_Record):
    """All that noise is made of.

    Attributes:
        apps: The content of each app, in the order of the file.
        tool_names_mapping: Name of a tool to another name for it.
        tool_descriptions_mapping: Name of a tool to another description of it.
    """

    apps: tuple[Content, ...]
    tool_names_mapping: Annotated[dict[str, ToolName], AfterValidator(_all_different)] = Field(default_factory=dict)
    tool_descriptions_mapping: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of_apps(cls, apps: Sequence[Any]) -> NoiseData:
        """Return data for the value of the key `apps`, as JSON holds it or as `NoiseData` does.

        Raises:
            NoiseError: If it is not what the format says.
        """
        try:
            return cls(apps=tuple(apps))
        except ValidationError as error:
            _refuse("noise data", error)

    def updated(self, given: Mapping[str, Any]) -> NoiseData:
        """Return these data with what `given`, a scenario's `augmentation_data`, has in its place.

        Raises:
            NoiseError: If it is not what the format says.
        """
        try:
            return type(self).model_validate({**dict(self), **given})
        except ValidationError as error:
            _refuse("augmentation_data", error)


def load_noise_data(path: Path | None = None) -> NoiseData:
    """Return the noise data of a file, which is read again when it has changed.

    Args:
        path: The file; `None` is the one that the environment variable `ENV_AUGMENTATION_DATA_PATH` names, and the
            bundled one where it names none.

    Raises:
        NoiseError: If the file cannot be read, or is not what the format says.
    """
    if path is not None:
        return _loaded(path, "noise.data")
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return _loaded(Path(named), ENVIRONMENT_VARIABLE) if named else _bundled()


def _loaded(path: Path, key: str) -> NoiseData:
    """Return the data of the file that the setting `key` names."""
    try:
        # Where the paths are relative, and what they lead to, may change in a session.
        found = path.stat()
        return _parsed(str(path.resolve()), found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise NoiseError(f"{key}: {path}: cannot be read: {error.strerror}") from error
    except DocumentError as error:
        raise NoiseError(f"{key}: {error.problems[0]}") from error
    except ValidationError as error:
        _, line = with_lines(read_text(path, str(path)), str(path)).locate(_location(error))
        _refuse(f"{key}: {path}:{line}", error)


@lru_cache(maxsize=8)
def _parsed(path: str, _mtime_ns: int, _size: int) -> NoiseData:
    return NoiseData.model_validate(parse_json(read_text(Path(path), path), path))


@cache
def _bundled() -> NoiseData:
    with as_file(files("pytest_pare") / "data" / "noise.json") as path:
        return _loaded(path, "the bundled noise data")


def _location(error: ValidationError) -> Location:
    """Return where the first thing is that is wrong."""
    location = error.errors()[0]["loc"]
    # The third part is pydantic's own mark of which class it tried.
    return (*location[:2], *location[3:]) if location[:1] == ("apps",) else location


def _refuse(name: str, error: ValidationError) -> NoReturn:
    """Raise with the first thing that is wrong, in words."""
    first, *others = error.errors()
    location = map(str, _location(error))
    words = first["msg"].removeprefix("Value error, ").removeprefix("Field is ").removeprefix("Field ")
    said = "is missing" if first["type"] == "missing" else words[:1].lower() + words[1:]
    more = f" (and {len(others)} more)" if others else ""
    raise NoiseError(": ".join(part for part in (name, ".".join(location), said + more) if part)) from error
