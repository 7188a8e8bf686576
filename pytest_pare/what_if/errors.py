"""The error of a fork."""


class ForkError(ValueError):
    """A run cannot be forked as asked: the step, the change or the permission is wrong, or its past has changed."""
