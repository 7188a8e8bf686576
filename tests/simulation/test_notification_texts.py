"""When the texts of announcements are made."""

from __future__ import annotations

import jinja2
import pytest

from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS, TEMPLATES
from pytest_pare.simulation.notification_texts import rendered

CONVERSATION = ANNOUNCEMENTS["StatefulMessagingApp", "create_group_conversation"].agent


@pytest.mark.parametrize("source", [CONVERSATION, "New conversation with {{ user_ids }}", "With {{ user_ids | list }}"])
def test_a_text_has_the_values_of_its_event(source: str) -> None:
    users = ["ada"]
    text = rendered("Messages: ", source, {"result": "c1", "title": "", "user_ids": users, "app": object()})
    users.append("bert")
    assert "ada" in text()
    assert "bert" not in text()


@pytest.mark.parametrize("source", ["{% if %}", "It is {{ where }}", "{% if where %}It is there{% endif %}"])
def test_a_wrong_template_of_another_package_is_an_error_of_its_event(source: str) -> None:
    assert source not in TEMPLATES
    with pytest.raises(jinja2.TemplateError):
        rendered("Timer: ", source, {"result": "Tea"})
