"""ARE's document converter, which is imported when it is wanted."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec
from threading import Thread
from typing import TYPE_CHECKING

import are.simulation.core
import pytest

from pytest_pare.are import lazy_mdconvert

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

PAGE = "<html><body><h1>Minutes</h1><p>Ann has the <b>key</b>.</p></body></html>"
READ = """
import sys
from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem

files = SandboxLocalFileSystem(name="Files", sandbox_dir=sys.argv[1])
with files.open("minutes.html", "w") as page:
    page.write(sys.argv[2])
print("pandas" in sys.modules)
print(files.read_document("minutes.html"))
print("pandas" in sys.modules)
"""


@pytest.fixture
def deferred() -> ModuleType:
    """The module as it is after its first import."""
    lazy_mdconvert.install()
    (finder,) = [one for one in sys.meta_path if type(one).__module__ == lazy_mdconvert.__name__]
    spec = finder.find_spec(lazy_mdconvert.MODULE, are.simulation.core.__path__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_loaded(module: ModuleType) -> bool:
    return "INTERACTIVE_ROLES" in vars(module)


def test_a_document_is_read_as_ever_and_its_readers_are_imported_then(tmp_path: Path) -> None:
    told: list[list[str]] = []
    for first in ("", "import pytest_pare.simulation.runner\n"):
        directory = tmp_path / str(len(told))
        directory.mkdir()
        command = [sys.executable, "-W", "ignore", "-c", first + READ, str(directory), PAGE]
        told.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
    assert [told[0][0], told[1][0]] == ["True", "False"]
    assert told[0][1:] == told[1][1:]
    assert "Ann has the **key**." in told[1]


def test_the_class_is_there_and_makes_what_it_should(deferred: ModuleType) -> None:
    from are.simulation.apps import sandbox_file_system

    make = deferred.MarkdownConverter
    assert not is_loaded(deferred)
    made = make()
    assert type(made) is deferred.MarkdownConverter
    assert type(made).__module__ == lazy_mdconvert.MODULE
    assert type(sandbox_file_system.MarkdownConverter()).__name__ == "MarkdownConverter"
    # By its old name too, once more.
    assert type(make()) is type(made)


@pytest.mark.parametrize("name", ["HtmlConverter", "INTERACTIVE_ROLES", "tempfile"])
def test_whatever_else_is_in_the_module_is_found(name: str, deferred: ModuleType) -> None:
    found = getattr(deferred, name)
    assert found is vars(deferred)[name]
    assert "__getattr__" not in vars(deferred)


def test_what_is_not_in_the_module_is_not_found(deferred: ModuleType) -> None:
    for _ in range(2):
        with pytest.raises(AttributeError, match=r"are\.simulation\.core\.mdconvert.* has no attribute 'Nothing'"):
            _ = deferred.Nothing
    assert is_loaded(deferred)


def test_what_any_module_is_asked_for_loads_nothing(deferred: ModuleType) -> None:
    assert not hasattr(deferred, "__path__")
    assert str(deferred.__file__).endswith("mdconvert.py")
    assert not is_loaded(deferred)
    assert not hasattr(deferred, "__all__")
    assert is_loaded(deferred)


def test_threads_that_want_it_at_the_same_time_get_one_class(deferred: ModuleType) -> None:
    made: list[object] = []
    make = deferred.MarkdownConverter
    threads = [Thread(target=lambda: made.append(make())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len({type(one) for one in made}) == 1


def test_nothing_else_is_deferred(deferred: ModuleType) -> None:
    finders = [one for one in sys.meta_path if type(one).__module__ == lazy_mdconvert.__name__]
    lazy_mdconvert.install()
    assert [one for one in sys.meta_path if type(one).__module__ == lazy_mdconvert.__name__] == finders
    assert finders[0].find_spec("are.simulation.core.other", are.simulation.core.__path__) is None
    assert finders[0].find_spec(lazy_mdconvert.MODULE, []) is None
