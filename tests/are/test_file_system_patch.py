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


def write_no_text(files: SandboxLocalFileSystem, name: str) -> None:
    with files.open(name, "wb") as file:
        file.write(b"\xffsoup")


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


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("list.xlsx", "ValueError: Excel file format cannot be determined, you must specify an engine manually."),
        ("letter.docx", "BadZipFile: File is not a zip file"),
        ("slides.pptx", "BadZipFile: File is not a zip file"),
        ("letter.pdf", "PDFSyntaxError: No /Root object! - Is this really a PDF?"),
        ("letter.txt", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ("letter.cdr9", "The format .cdr9 is not supported."),
        ("letter", "The format of a file without an extension is not supported."),
    ],
)
def test_a_document_that_cannot_be_read_says_why(tmp_path: Path, name: str, why: str) -> None:
    with World("a").active():
        files = filled(tmp_path, [])
        write_no_text(files, name)
        for _ in range(2):
            with pytest.raises(FileNotFoundError) as raised:
                files.read_document(name)
            assert str(raised.value) == f"File not found or could not be read: {name}. Error: {why}"


def test_a_missing_package_is_the_reason_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def needs_a_package(*_args: Any, **_options: Any) -> None:
        raise ImportError("Missing optional dependency 'openpyxl'.")

    monkeypatch.setattr("are.simulation.core.mdconvert.pd.read_excel", needs_a_package)
    with World("a").active():
        files = filled(tmp_path, [])
        write_no_text(files, "list.xlsx")
        with pytest.raises(FileNotFoundError, match=r"Error: ImportError: Missing optional dependency 'openpyxl'\.$"):
            files.read_document("list.xlsx")


def test_a_document_that_can_be_read_is_as_are_reads_it(tmp_path: Path) -> None:
    with World("a").active():
        files = filled(tmp_path, ["a.txt"])
        assert files.read_document("a.txt") == "soup"


def test_outside_of_a_world_nothing_is_different(tmp_path: Path) -> None:
    files = filled(tmp_path, ["a.txt"])
    assert files.get_state()["tmpdir"] == files.tmpdir
    assert {"ino", "mtime"} <= set(files.info("a.txt"))
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        files.open("no.txt")
    with pytest.raises(PermissionError, match=str(tmp_path.parent)):
        files.open("../../no.txt")
    write_no_text(files, "letter.docx")
    with pytest.raises(FileNotFoundError, match=r"mdconvert\.py"):
        files.read_document("letter.docx")
