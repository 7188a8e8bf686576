"""The errors of scenarios."""

from typing import ClassVar, Literal


class ScenarioDefect(Exception):  # noqa: N818 - a defect is what it is; it ends as an exception, never as a failure
    """The scenario has a defect: a step of its script failed or can never happen."""


class ScenarioTimeoutError(Exception):
    """A run exceeded its limit of simulated or real time."""


class SimulatedTimeOver(ScenarioTimeoutError):  # noqa: N818 - with agents it is no error, but the end
    """A run exceeded its limit of simulated time.

    Attributes:
        is_error: Whether a span that ends with it has failed.
    """

    is_error: ClassVar[bool] = False


class DuplicateScenarioError(ValueError):
    """One scenario id is registered from two places."""


class InvalidScenarioIdError(ValueError):
    """A scenario id cannot be part of a pytest node id."""


class NoiseError(ValueError):
    """The configured noise is impossible."""

    kind: ClassVar[Literal["configuration"]] = "configuration"


class NoPlaceForNoise(NoiseError):  # noqa: N818 - a scenario without such an app runs without noise
    """The scenario has no app for noise."""
