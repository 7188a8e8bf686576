"""The calibration file of a judge: how well it agrees with people, for one model and one version of the prompt."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.records import Count, from_fields
from pytest_pare.base.run_files import write_whole
from pytest_pare.judge import prompt

if TYPE_CHECKING:
    from pathlib import Path

LEAST_LABELS: Final = 50
"""The labels that a judge needs to decide on success."""

_FORMAT: Final = "pytest-pare/judge-calibration"
_VERSION: Final = 1
_AGAIN: Final = "run pytest-pare judge calibrate again"


class CalibrationError(ValueError):
    """A calibration file that cannot be used."""


@dataclass(frozen=True)
class Calibration:
    """How well a judge agrees with the labels of people.

    Attributes:
        model: The judge's model.
        prompt: The version of the judge's prompt.
        labels: The number of labels.
        people: The number of people who made them.
        labels_digest: A hash of the labels.
        repeats: How often each was judged.
        figures: The figures of the agreement, by name.
    """

    model: str
    prompt: str
    labels: Count
    people: Count
    labels_digest: str
    repeats: Count
    figures: dict[str, Any]

    @property
    def answered(self) -> int:
        """The number of labels to which the judge gave an answer that could be read."""
        counts = self.figures.get("counts", {})
        return sum(number for name, number in counts.items() if name != "unknown")

    @property
    def lack(self) -> str | None:
        """Why the judge may not decide on success by these labels; `None` if it may."""
        if self.answered < LEAST_LABELS:
            return f"{self.answered} labels have an answer, and {LEAST_LABELS} are needed"
        counts = self.figures.get("counts", {})
        for names, kind in (("both", "only_label"), "holds"), (("only_judge", "neither"), "does not hold"):
            if not any(counts.get(name) for name in names):
                return f"no label with an answer says that a claim {kind}, so that the judge's errors there are unknown"
        return None

    @property
    def is_sufficient(self) -> bool:
        """Whether the judge may decide on success."""
        return self.lack is None

    def problem(self, model: str) -> str | None:
        """Return why a judge may not decide by this calibration; `None` if it may.

        Args:
            model: The judge's model.
        """
        if self.model != model:
            return f"it was made for the judge {self.model}, and the judge is {model}; {_AGAIN}"
        if self.prompt != prompt.version():
            now = prompt.version()
            return f"it was made with version {self.prompt} of the judge's prompt, and the version is {now}; {_AGAIN}"
        return None if self.lack is None else f"it does not suffice: {self.lack}; add labels, and {_AGAIN}"

    def write(self, path: Path) -> None:
        """Write the file.

        Raises:
            OSError: If it cannot be written.
        """
        document = {"format": _FORMAT, "version": _VERSION, **asdict(self), "sufficient": self.is_sufficient}
        write_whole(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Return the calibration in a file.

        Raises:
            CalibrationError: If the file cannot be read, or is no calibration.
        """
        try:
            document: object = json.loads(path.read_bytes())
        except OSError as error:
            raise CalibrationError(
                f"cannot be read: {error.strerror}; make it with pytest-pare judge calibrate"
            ) from error
        except (ValueError, RecursionError):
            raise CalibrationError(f"is no JSON; {_AGAIN}") from None
        if not isinstance(document, dict) or document.pop("format", None) != _FORMAT:
            raise CalibrationError(f"is no calibration of a judge, expected the format {_FORMAT!r}; {_AGAIN}")
        if (version := document.pop("version", None)) != _VERSION:
            raise CalibrationError(f"has version {version!r}, this version of pytest-pare reads {_VERSION}; {_AGAIN}")
        document.pop("sufficient", None)
        try:
            read = from_fields(cls, document)
            counts = read.figures["counts"]
            if not all(type(number) is int and number >= 0 for number in counts.values()):
                raise ValueError("figures.counts: expected numbers")  # noqa: TRY301
            if sum(counts.values()) != read.labels:
                raise ValueError(f"figures.counts: expected {read.labels} in all, got {sum(counts.values())}")  # noqa: TRY301
        except (ValueError, KeyError, AttributeError) as error:
            raise CalibrationError(f"is no calibration of a judge: {error}; {_AGAIN}") from None
        return read


def problem_with(path: Path, model: str | None) -> str | None:
    """Return why a judge may not decide by a calibration file; `None` if it may.

    Args:
        path: The file.
        model: The judge's model; `None` if there is no judge, which needs no calibration.
    """
    try:
        read = Calibration.read(path)
    except CalibrationError as error:
        return str(error)
    return None if model is None else read.problem(model)
