"""The configuration of the judge beside its engine."""

from pydantic import Field

from pytest_pare.scenarios.fields import FilePath, Value


class JudgeConfig(Value):
    """What lets a judge decide on success."""

    calibration: FilePath | None = Field(
        default=None,
        description="Calibration file of `pytest-pare judge calibrate`, relative to the suite file: the judge decides "
        "on success only with it; null only shows its judgements.",
    )
