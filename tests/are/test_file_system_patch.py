"""The phone's files are told of alike in every run, wherever the host keeps them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps import SandboxLocalFileSystem

from pytest_pare.are.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def filled(folder: Path, names: list[str]) -> SandboxLocalFileSystem:
    files = SandboxLocalFileSystem(name="Files", sandbox_dir=str(folder))
    files.mkdir("Inner")
    for name in names:
        with files.open(name, "wb") as file:
            file.write(b"soup")
    return files


def facts(files: Any) -> list[Any]:
    return [files.ls("/"), files.ls("/", detail=True), files.info("b.txt"), files.tree("/"), files.get_state()]


def test_listings_and_state_do_not_tell_the_host(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with World("a").active():
        one = filled(tmp_path / "one", ["c.txt", "a.txt", "b.txt"])
        two = filled(tmp_path / "two", ["a.txt", "b.txt", "c.txt"])
        os.utime(f"{two.tmpdir}/b.txt", (1.0, 1.0))
        assert facts(one) == facts(two)
        assert one.ls("/") == ["/Inner", "/a.txt", "/b.txt", "/c.txt"]
        assert one.info("b.txt") == {"name": "/b.txt", "size": 4, "type": "file", "islink": False}
        assert str(tmp_path) not in str(facts(one))
        assert [node["name"] for node in one.get_state()["files"]["children"]] == ["Inner", "a.txt", "b.txt", "c.txt"]


def test_what_is_told_can_be_loaded_again(tmp_path: Path) -> None:
    with World("a").active():
        files = filled(tmp_path, ["a.txt"])
        state = files.get_state()
        files.rm("a.txt")
        assert files.get_state() != state
        files.load_state(state)
        assert files.get_state() == state


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda files: files.open("no.txt"), FileNotFoundError, "/no.txt"),
        (lambda files: files.cat("no.txt"), FileNotFoundError, "/no.txt"),
        (lambda files: files.info("no.txt"), FileNotFoundError, "/no.txt"),
        (lambda files: files.ls("none"), FileNotFoundError, "/none"),
        (lambda files: files.mv("no.txt", "new.txt"), FileNotFoundError, "/no.txt"),
        (lambda files: files.rm("no.txt"), FileNotFoundError, "/no.txt"),
        (lambda files: files.read_document("no.txt"), FileNotFoundError, "/no.txt"),
        (lambda files: files.open("../no.txt"), PermissionError, "../no.txt"),
    ],
)
def test_errors_do_not_tell_the_host(
    tmp_path: Path, call: Callable[[Any], Any], error: type[Exception], text: str
) -> None:
    with World("a").active():
        files = filled(tmp_path, [])
        with pytest.raises(error) as raised:
            call(files)
    assert text in str(raised.value)
    assert str(tmp_path) not in str(raised.value)
    assert str(tmp_path) not in repr(raised.value)


def test_outside_of_a_world_nothing_is_different(tmp_path: Path) -> None:
    files = filled(tmp_path, ["a.txt"])
    assert files.get_state()["tmpdir"] == files.tmpdir
    assert {"ino", "mtime"} <= set(files.info("a.txt"))
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        files.open("no.txt")
    with pytest.raises(PermissionError, match=str(tmp_path.parent)):
        files.open("../../no.txt")
