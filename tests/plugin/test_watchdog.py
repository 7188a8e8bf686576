"""What the controller can tell of a run whose process was ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.plugin import watchdog


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)


def dump(*frames: str) -> str:
    stack = "\n".join(f'  File "{frame}", line {number} in call' for number, frame in enumerate(frames, start=7))
    return f"9\nTimeout (0:00:14)!\nThread 0x00007f (most recent call first):\n{stack}\n"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (dump(__file__), f"{__file__}:7"),
        (dump(str(Path(pytest.__file__)), "agents/mine.py", "agents/yours.py"), "agents/mine.py:8"),
        (dump(str(Path(watchdog.__file__))), f"{watchdog.__file__}:7"),
        ("9\n", None),
        ("", None),
    ],
)
def test_the_first_line_of_the_users_own_is_reported(text: str, where: str | None) -> None:
    watchdog._path("pare.yaml::dig").write_text(text)
    expected = f"still in {where} 5 s after timeout_seconds (9), so its process was ended"
    assert watchdog.why_ended("pare.yaml::dig") == (None if where is None else expected)
    assert watchdog.why_ended("pare.yaml::mow") is None
