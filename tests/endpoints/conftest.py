"""A server that is closed after each test, with all of its threads and sockets."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pytest_pare.endpoints import server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _closed_server() -> Iterator[None]:
    yield
    server.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("pytest-pare-end")] == []
