"""The steps of a run, by the numbers that every command and page uses."""

from __future__ import annotations

from pytest_pare.simulation.trace_steps import Lane, Step, step_at, steps_of

__all__ = ["Lane", "Step", "step_at", "steps_of"]
