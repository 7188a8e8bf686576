"""The screens of the mail app."""

from pytest_pare.apps.email.states.compose import ComposeDraft, ComposeEmail
from pytest_pare.apps.email.states.detail import EmailDetail
from pytest_pare.apps.email.states.mailbox import MailboxView

__all__ = ["ComposeDraft", "ComposeEmail", "EmailDetail", "MailboxView"]
