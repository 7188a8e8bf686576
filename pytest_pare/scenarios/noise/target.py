"""`NoiseTarget`, the part of a scenario that noise reads and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from pytest_pare.are.world import World
    from pytest_pare.scenarios.noise_config import NoiseConfig


class NoiseTarget(Protocol):
    """A scenario whose apps are populated and whose events exist, as `PAREScenario.initialize` leaves it.

    Noise adds to `events`, changes the times and the order of the events in it, and records each fault in `_faults`.
    """

    user_goal: ClassVar[str | None]
    noise_config: NoiseConfig
    world: World
    _faults: dict[str, str]

    # Fields of ARE's `Scenario`, which has no type information.
    scenario_id: Any
    seed: Any
    run_number: Any
    duration: Any
    additional_system_prompt: Any
    apps: Any
    events: Any
    _initial_apps: Any
