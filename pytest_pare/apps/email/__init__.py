"""Email."""

from pytest_pare.apps.email.app import StatefulEmailApp
from pytest_pare.apps.email.states import ComposeDraft, ComposeEmail, EmailDetail, MailboxView

__all__ = ["ComposeDraft", "ComposeEmail", "EmailDetail", "MailboxView", "StatefulEmailApp"]
