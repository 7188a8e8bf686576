"""Where the cassette of a run is, and whether the run is recorded or replayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pytest_pare.engines.cassette import Cassette

if TYPE_CHECKING:
    from pathlib import Path

RecordMode = Literal["none", "once", "new", "all"]
"""`none` replays; `once` records if there is no file; `new` records what is missing; `all` records anew."""


@dataclass(frozen=True)
class CassetteSpec:
    """Where the cassette of a run is, and whether the run is recorded or replayed.

    Attributes:
        path: The file.
        mode: What is recorded.
        on_drift: How a run ends whose requests differ from the recorded ones: `fail`, `rerecord` or `warn`.
        live: Whether models may be called; in the mode `none` only to rerecord.
        variant: The variant of the run; empty for none.
        suite: The suite file of the run, as the cassette names it; empty for none.
    """

    path: Path
    mode: RecordMode = "none"
    on_drift: Literal["fail", "rerecord", "warn"] = "fail"
    live: bool = True
    variant: str = ""
    suite: str = ""

    @property
    def asks(self) -> bool:
        """Whether a live engine may be called."""
        return self.live and (self.mode != "none" or self.on_drift == "rerecord")

    @property
    def rerecords(self) -> bool:
        """Whether a run whose requests differ from the recorded ones is recorded anew from there on."""
        return self.live and self.on_drift == "rerecord"

    @property
    def name(self) -> str:
        """The name of the file in messages."""
        # Without the directories above: the name is part of traces, which are equal on all machines.
        return f"{self.path.parent.name}/{self.path.name}"

    def read(self) -> Cassette | None:
        """Return the cassette; `None` if there is none.

        Raises:
            EngineConfigurationError: If the file cannot be read, or is no cassette.
        """
        return Cassette.read(self.path)

    def write(self, cassette: Cassette) -> None:
        """Write the cassette.

        Raises:
            OSError: If it cannot be written.
        """
        cassette.write(self.path)


@dataclass(frozen=True)
class CassetteText(CassetteSpec):
    """A cassette whose file is in another process.

    Attributes:
        recorded: The content of the file; `None` if there is none.
        written: What a recording has written, if it has.
    """

    recorded: str | None = None
    written: list[str] = field(default_factory=list)

    def read(self) -> Cassette | None:
        """Return the cassette; `None` if there is none."""
        return None if self.recorded is None else Cassette.from_text(self.recorded)

    def write(self, cassette: Cassette) -> None:
        """Keep the content of the file that the other process writes."""
        self.written.append(cassette.to_text())
