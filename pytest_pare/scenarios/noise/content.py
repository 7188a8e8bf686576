"""The format of app content in noise data: mails, conversations and products.

A key of the format that noise does not use may be missing, and other keys are ignored.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from pytest_pare.scenarios.noise_config import APP_CLASSES


def _not_a_placeholder(text: str) -> str:
    # The environment would look for an event with that id.
    if text.strip().startswith("{{") and text.strip().endswith("}}"):
        raise ValueError("must not be a placeholder")
    return text


def _by_key(records: object) -> object:
    """Return a list as a dictionary by position. The format allows both."""
    return {str(position): record for position, record in enumerate(records)} if isinstance(records, list) else records


Text = Annotated[str, AfterValidator(_not_a_placeholder)]
Id = Annotated[Text, Field(min_length=1)]


class Record(BaseModel):
    """An immutable part of the file, which many runs share."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, defer_build=True)


class Mail(Record):
    """A mail. Its time and its attachments are not used."""

    email_id: Id
    sender: Id
    recipients: tuple[str, ...] = ()
    subject: Text = ""
    content: Text = ""


class Message(Record):
    """A message of a conversation."""

    sender_id: Id
    content: Text


class Conversation(Record):
    """A conversation, with its messages in order."""

    conversation_id: Id
    participant_ids: tuple[Id, ...] = ()
    title: str | None = None
    messages: tuple[Message, ...]


class Variant(Record):
    """A variant of a product."""

    price: float = Field(ge=0)
    available: bool = True
    options: dict[str, Any] = Field(default_factory=dict)


class Product(Record):
    """A product with its variants by key."""

    name: Id
    variants: Annotated[dict[str, Variant], BeforeValidator(_by_key)] = Field(default_factory=dict)


class _Folder(Record):
    emails: tuple[Mail, ...]


class _Folders(Record):
    INBOX: _Folder


class _MailState(Record):
    folders: _Folders


class _MessagingState(Record):
    conversations: Annotated[dict[str, Conversation], BeforeValidator(_by_key)]
    current_user_id: str | None = None
    id_to_name: dict[str, str] = Field(default_factory=dict)


class _ShoppingState(Record):
    products: Annotated[dict[str, Product], BeforeValidator(_by_key)]


class _Content(Record):
    """The content of one app.

    Attributes:
        name: Name of the app in the file.
    """

    name: str

    @property
    def app_class(self) -> str | None:
        """Name of the class of the apps for this content; `None` for content that is not used."""
        return APP_CLASSES.get(self.name)


class MailContent(_Content):
    """Mails."""

    app_state: _MailState

    @property
    def records(self) -> tuple[Mail, ...]:
        """The mails, in the order of the file."""
        return self.app_state.folders.INBOX.emails


class MessagingContent(_Content):
    """Conversations and their participants."""

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
    """The content of an app without noise."""

    app_state: dict[str, Any] = Field(default_factory=dict)

    @property
    def records(self) -> tuple[()]:
        """No records."""
        return ()


def _class_of(content: object) -> str:
    name = content.get("name") if isinstance(content, dict) else getattr(content, "name", None)
    return APP_CLASSES.get(name, "") if isinstance(name, str) else ""


Content = Annotated[
    Annotated[MailContent, Tag(APP_CLASSES["Mail"])]
    | Annotated[MessagingContent, Tag(APP_CLASSES["Messages"])]
    | Annotated[ShoppingContent, Tag(APP_CLASSES["Shopping"])]
    | Annotated[OtherContent, Tag("")],
    Discriminator(_class_of),
]
