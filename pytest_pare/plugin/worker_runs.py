"""What workers of pytest-xdist that play several runs at once share, and know of the runs that they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin.session_files import leave, session_file

if TYPE_CHECKING:
    from collections.abc import Iterator


def interactor_of(config: pytest.Config) -> Any:
    """Return the plugin by which pytest-xdist makes this process a worker; `None` if it is none."""
    plugins = config.pluginmanager.get_plugins()
    return next((one for one in plugins if type(one).__name__ == "WorkerInteractor"), None)


class Workers:
    """The runs of this process, if it is a worker.

    A run that a worker has started ahead is not played again by another one when the worker dies: a model may have
    answered it, and its cost would not be counted.

    Args:
        config: The session's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._id: str | None = getattr(config, "workerinput", {}).get("workerid")
        self._is_told = False

    @property
    def are_used(self) -> bool:
        """Whether this process is a worker."""
        return self._id is not None

    def following(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        """Yield the items that this worker was given and has not begun, in their order.

        Args:
            items: All items of the session.
        """
        interactor = interactor_of(self._config)
        if interactor is not None:
            with interactor.torun.lock() as waiting:
                positions = [interactor.nextitem_index, *waiting]
            # The mark of the end is no position.
            yield from (items[one] for one in positions if isinstance(one, int))

    def note_begun(self, item: pytest.Item) -> None:
        """Note that this worker plays a run."""
        if self._id is not None:
            leave(session_file(item.nodeid, "begun"), self._id)

    def has_begun(self, item: pytest.Item) -> bool:
        """Return whether another worker has begun a run."""
        return self._other(item) is not None

    def refuse_begun(self, item: pytest.Item) -> None:
        """Fail an item whose run a worker that has died had begun."""
        other = self._other(item)
        if other is not None:
            message = f"worker {other} died while it played this run ahead of its turn; it is not played again"
            raise pytest.fail.Exception(message, pytrace=False)

    def _other(self, item: pytest.Item) -> str | None:
        path = session_file(item.nodeid, "begun")
        if self._id is None or not path.exists():
            return None
        worker = path.read_text(encoding="utf-8")
        return None if worker == self._id else worker

    # -- for the header

    def report_lines(self, lines: list[str]) -> None:
        """Leave lines for the controller to print."""
        if self._id is not None:
            leave(session_file("", "concurrency"), "\n".join(lines))

    def reported_lines(self) -> list[str]:
        """Return the lines that a worker has left, once; a worker on another machine leaves none."""
        path = session_file("", "concurrency")
        if self._is_told or not path.exists():
            return []
        self._is_told = True
        return path.read_text(encoding="utf-8").splitlines()
