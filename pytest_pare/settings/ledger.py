"""The section `ledger` of a suite file."""

from typing import Literal

from pydantic import ConfigDict, Field

from pytest_pare.base.project import PARE_DIR
from pytest_pare.scenarios.fields import FilePath, Setting

LEDGER_DIR = f"{PARE_DIR}/runs"
"""The directory of ledgers in a rootdir."""

FORKS_DIR = f"{PARE_DIR}/forks"
"""The directory of the ledgers of forks in a rootdir."""

KeptTraces = Literal["failed", "all", "none"]


class LedgerSettings(Setting):
    """The record of each session of a suite, and of its runs."""

    model_config = ConfigDict(frozen=True)

    dir: FilePath | None = Field(
        default=None, description="Its directory, relative to the suite file; null is `.pare/runs` in the rootdir."
    )
    keep: int = Field(default=50, ge=1, description="Number of sessions of the suite that are kept.")
    traces: KeptTraces = Field(
        default="failed",
        description="The runs whose traces are kept, compressed, beside the ledger; with a report page, failed is all.",
    )
