"""A worker of pytest-xdist in another checkout, with another Python, or on another machine.

The controller tells it what it has itself, in `workerinput`. The worker refuses to start where it differs, and sends
what a local worker writes: see `hosts` for the other side.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.base.run_files import write_whole
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.plugin import options
from pytest_pare.plugin.checkout import Checkout, compared_versions, differences, version_differences
from pytest_pare.plugin.sent_files import FileSender, send_from, send_nothing
from pytest_pare.plugin.session_files import send_session_files, session_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.settings import Suite

INPUT = "pare"
"""The key of what the controller tells a worker, in `workerinput`."""
CHANNEL = "pare_channel"
"""The key of the channel of execnet by which a worker sends files of the session."""

# The first state of a checkout in this process: a server of execnet plays session after session.
_EARLIER: dict[Path, Checkout] = {}

# So many differences are named.
_MOST_NAMED = 3


def join(config: pytest.Config) -> None:
    """Share the session of the controller: its directory, or an own one, and the suite files that it names.

    Raises:
        pytest.UsageError: If a suite file is missing here.
    """
    given: dict[str, Any] = config.workerinput[INPUT]  # type: ignore[attr-defined]
    # The process may be a server, and play the next session.
    config.add_cleanup(_leave_session)
    if _shares_directory(given):
        # A server has not inherited the variable.
        os.environ[VARIABLE] = str(Path(given["token"][0]).parent)
    else:
        _use_own_directory(config, given)
    for name in given["suites"]:
        if not (config.rootpath / name).is_file():
            raise pytest.UsageError(_no_suite(config, given, name))
    # The directory in which the worker was started is another one.
    config.option.pare_config = [str(config.rootpath / name) for name in given["flagged"]]
    if not is_same_checkout(config, given):
        send_from(config.rootpath, given["rootdir"])
        config.pluginmanager.register(FileSender, "pare-file-sender")


def is_same_checkout(config: pytest.Config, given: Mapping[str, Any]) -> bool:
    """Return whether this process has the files of the controller, so that it writes where the controller reads."""
    return str(config.rootpath) == given["rootdir"] and _shares_directory(given)


def check(config: pytest.Config, suites: Mapping[Path, Suite]) -> None:
    """Compare what runs depend on with what the controller has.

    Args:
        config: The configuration of this worker.
        suites: The suites, by path.

    Raises:
        pytest.UsageError: If something differs.
    """
    given: dict[str, Any] = config.workerinput[INPUT]  # type: ignore[attr-defined]
    root = config.rootpath
    named = {path.relative_to(root).as_posix(): suite for path, suite in suites.items()}
    expected = Checkout(**json.loads(given["checkout"]))
    if is_same_checkout(config, given):
        found = version_differences(expected.versions, compared_versions())
    elif list(named) != given["suites"]:
        found = [f"suites: expected {', '.join(given['suites'])}, got {', '.join(named)}"]
    else:
        own = Checkout.of(named, root)
        found = differences(expected, own, root)
        _refuse_stale(own, root)
    if found:
        more = len(found) - _MOST_NAMED
        shown = "; ".join([*found[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
        where = f"{platform.node()}:{root}"
        raise pytest.UsageError(
            redacted(f"{where} differs from the controller: {shown}. Bring both to the same state, or leave it out")
        )


def _refuse_stale(own: Checkout, root: Path) -> None:
    """Refuse to play with modules that this process may have imported before they were changed."""
    before, now = (one.files | one.imported for one in (_EARLIER.setdefault(root, own), own))
    for name, digest in before.items():
        if name.endswith(".py") and now.get(name) != digest:
            raise pytest.UsageError(
                f"{platform.node()}:{root}: {name} has changed since a session that this process has played; start the "
                "server of execnet anew"
            )


def _no_suite(config: pytest.Config, given: Mapping[str, Any], name: str) -> str:
    where = f"{platform.node()}:{config.rootpath}"
    copied = Path(given["rootdir"]).name
    hint = "let //chdir= in its spec name a checkout of the project"
    if (config.rootpath / copied / name).is_file():
        hint = (
            f"it has {copied}/{name}: add a pytest.ini to {given['rootdir']}, and name the suite by its absolute path, "
            f"without {options.CONFIG.flag}"
        )
    return f"{where}, the rootdir of the worker, has no file {name}; {hint}"


# -- the directory of the session


def _leave_session() -> None:
    os.environ.pop(VARIABLE, None)
    send_session_files(None)
    send_nothing()


def _shares_directory(given: Mapping[str, Any]) -> bool:
    path: str
    content: str
    path, content = given["token"]
    try:
        return Path(path).read_text(encoding="utf-8") == content
    except (OSError, ValueError):
        return False


def _use_own_directory(config: pytest.Config, given: Mapping[str, Any]) -> None:
    """Let the workers of this machine have a directory of their own, and remove it after the last of them."""
    run = hashlib.sha256(given["token"][1].encode()).hexdigest()[:16]
    directory = Path(tempfile.gettempdir()) / f"pytest-pare-{run}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and directory.stat().st_uid != os.getuid():
        raise pytest.UsageError(f"{directory} belongs to another user; set TMPDIR to a directory of your own")
    os.environ[VARIABLE] = str(directory)
    own = directory / f"worker-{os.getpid()}"
    own.touch()
    config.add_cleanup(lambda: _leave_directory(directory, own))
    send_session_files(config.workerinput[CHANNEL].send)  # type: ignore[attr-defined]
    for name, path in given["ledgers"].items():
        session_file(name, "ledger").write_text(path, encoding="utf-8")
    for name, (file, text) in given["resumed"].items():
        write_whole(directory / file, text)
        session_file(name, "resumed").write_text(str(directory / file), encoding="utf-8")


def _leave_directory(directory: Path, own: Path) -> None:
    import shutil

    own.unlink(missing_ok=True)
    with suppress(OSError):
        if not any(_is_running(path) for path in directory.glob("worker-*")):
            shutil.rmtree(directory, ignore_errors=True)


def _is_running(marker: Path) -> bool:
    if os.name != "posix":
        # There, signal 0 ends a process.
        return True
    try:
        os.kill(int(marker.name.rpartition("-")[2]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True
