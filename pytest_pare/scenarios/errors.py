"""What can be wrong with a scenario, apart from the agent."""


class ScenarioDefect(Exception):  # noqa: N818 - a defect is what it is; it ends as an exception, never as a failure
    """The scenario itself is broken: a step of its script failed or could never happen."""


class ScenarioTimeoutError(Exception):
    """A run came to the end of its simulated or wall-clock time."""


class SimulatedTimeOver(ScenarioTimeoutError):  # noqa: N818 - with agents it is no error, but the end
    """A run came to the end of its simulated time."""


class DuplicateScenarioError(ValueError):
    """One scenario id is registered from two places."""


class InvalidScenarioIdError(ValueError):
    """A scenario id cannot be part of a pytest node id."""
