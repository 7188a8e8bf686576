"""What can be wrong with an engine, apart from the agent."""

from __future__ import annotations


class EngineError(Exception):
    """An engine could not answer. The run ends as an exception, never as the agent's failure."""


class EngineConfigurationError(EngineError):
    """An engine cannot be made from its configuration."""


class CassetteDrift(EngineConfigurationError):  # noqa: N818 - it is no error of anyone's, but a change
    """A run asks something else than was recorded."""
