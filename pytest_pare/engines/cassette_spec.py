"""Where the cassette of a run is, and whether the run is recorded or replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class CassetteSpec:
    """Where the cassette of a run is, and whether the run is recorded or replayed.

    Attributes:
        path: The file.
        mode: `none` replays; `once` records if there is no file; `new` records what is missing; `all` records anew.
        on_drift: How a run ends whose requests differ from the recorded ones: `fail`, `rerecord` or `warn`.
        live: Whether models may be called; in the mode `none` only to rerecord.
        variant: The variant of the run; empty for none.
        suite: The suite file of the run, as the cassette names it; empty for none.
    """

    path: Path
    mode: Literal["none", "once", "new", "all"] = "none"
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
