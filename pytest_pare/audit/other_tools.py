"""Other tools with the same effect: a reply and a new mail, a message to a person and to their conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.audit.world_values import objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.steps import Step


class SameEffect(NamedTuple):
    """A call of another tool that does the same."""

    tool: str
    args: dict[str, Any]


def same_effects(reference: Reference, write: Step) -> Iterator[SameEffect]:
    """Yield the calls of other tools of the app that have the effect of a write."""
    app = next(app for app in reference.unwritten.apps or [] if app.name == write.app)
    args = {name: value for name, value in reference.args(write).items() if value is not None}
    if args.get("attachment_paths") or args.get("attachment_path") or args.get("cc"):
        return
    find, other = _OTHERS.get(write.tool, (None, ""))
    if find is None or not hasattr(app, other):
        return
    content = {"content": args["content"]} if "content" in args else {}
    found = find(app, args, reference.env.start_time)
    if found is not None:
        yield SameEffect(other, found | content)


def _new_mail(app: Any, args: dict[str, Any], _: float) -> dict[str, Any] | None:
    mail = next((one for one in objects_in(app) if getattr(one, "email_id", None) == args.get("email_id")), None)
    return None if mail is None else {"recipients": [mail.sender], "subject": f"Re: {getattr(mail, 'subject', '')}"}


def _reply(app: Any, args: dict[str, Any], start: float) -> dict[str, Any] | None:
    recipients = args.get("recipients", [])
    # Only what came in this run is what the mail answers.
    received = [
        one
        for one in objects_in(app)
        if [getattr(one, "sender", None)] == recipients and getattr(one, "timestamp", 0) >= start
    ]
    return {"email_id": received[-1].email_id} if received else None


def _to_conversation(app: Any, args: dict[str, Any], _: float) -> dict[str, Any] | None:
    people = {args.get("user_id"), getattr(app, "current_user_id", None)}
    known = getattr(app, "conversations", {}).values()
    return next(({"conversation_id": one.conversation_id} for one in known if set(one.participant_ids) == people), None)


def _to_person(app: Any, args: dict[str, Any], _: float) -> dict[str, Any] | None:
    conversation = getattr(app, "conversations", {}).get(args.get("conversation_id"))
    others = set(getattr(conversation, "participant_ids", ())) - {getattr(app, "current_user_id", None)}
    return {"user_id": others.pop()} if len(others) == 1 else None


# By tool: finds the arguments of the other tool, but for the content; and the name of that.
_OTHERS: dict[str, tuple[Callable[[Any, dict[str, Any], float], dict[str, Any] | None], str]] = {
    "reply_to_email": (_new_mail, "send_email"),
    "send_email": (_reply, "reply_to_email"),
    "send_message": (_to_conversation, "send_message_to_group_conversation"),
    "send_message_to_group_conversation": (_to_person, "send_message"),
}
