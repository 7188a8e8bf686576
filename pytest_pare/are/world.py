"""The time, the ids and the random numbers of a simulation.

ARE reads the wall clock, draws ids from `uuid4` and seeds its apps with `hash()`, each through names in its own
modules. Importing this module replaces the objects behind those names. The new ones use the world that is active in the
current context, and work as before without one, so that other uses of ARE in the same process do not change. A context
variable holds the active world: runs in several threads have one each.
"""

from __future__ import annotations

import importlib
import itertools
import random
import time
import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from are.simulation.time_manager import TimeManager

from pytest_pare.are import copies, file_system_patch, generators, object_ids, signatures, state_copies, state_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_START_TIME = datetime(2025, 1, 6, 9, 0, tzinfo=UTC).timestamp()
"""The default start of a simulation: a Monday morning, in epoch seconds."""

# The modules of ARE that call `uuid.uuid4()` or `time.time()` while a scenario is populated or played.
_UUID_MODULES = (
    "agents.agent_log",
    "apps.agent_user_interface",
    "apps.apartment_listing",
    "apps.cab",
    "apps.calendar",
    "apps.contacts",
    "apps.email_client",
    "apps.messaging",
    "apps.messaging_v2",
    "apps.sandbox_file_system",
    "apps.shopping",
    "types",
)
_TIME_MODULES = (
    "apps.agent_user_interface",
    "apps.calendar",
    "apps.email_client",
    "apps.messaging",
    "apps.messaging_v2",
    "time_manager",
)

# The bits of a version 4 UUID that are not random, and their values; and an attribute that is slow to read.
_NOT_RANDOM = 0xF000 << 64 | 0xC000 << 48
_VERSION_4 = 4 << 76 | 0x8000 << 48
_UNKNOWN_SAFETY = uuid.SafeUUID.unknown


class SimulatedClock(TimeManager):
    """ARE's time manager without the wall clock: it stands still until `advance` or `advance_to` moves it.

    Attributes:
        start_time: Begin of the simulation, in epoch seconds.
    """

    def __init__(self, start_time: float = DEFAULT_START_TIME) -> None:
        self.reset(start_time)

    def reset(self, start_time: float | None = None) -> None:
        """Go back to the start.

        Args:
            start_time: A new start in epoch seconds; `None` keeps the present one.
        """
        if start_time is not None:
            self.start_time = start_time
        self._now = self.start_time
        self.is_paused = False
        self.offset = 0.0

    def time(self) -> float:
        """Return the simulated time, in epoch seconds."""
        return self._now

    def time_passed(self) -> float:
        """Return the simulated seconds since the start."""
        return self._now - self.start_time

    def real_time_passed(self) -> float:
        """Return the simulated seconds since the start; no other time exists here."""
        return self.time_passed()

    def advance(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass.

        Raises:
            ValueError: If `seconds` is negative; simulated time never runs backwards.
        """
        if not seconds >= 0:
            raise ValueError(f"simulated time cannot run backwards ({seconds} s)")
        self._now += seconds

    def advance_to(self, timestamp: float) -> None:
        """Let time pass up to `timestamp` (epoch seconds); an earlier time changes nothing."""
        # Set, not added: sums of float differences would miss the event's own time by a rounding error.
        self._now = max(self._now, timestamp)

    def pause(self) -> None:
        """Mark the clock as paused. It never moves by itself."""
        self.is_paused = True

    def resume(self) -> None:
        """Remove the mark of `pause`."""
        self.is_paused = False

    def add_offset(self, offset: float) -> None:
        """Let `offset` seconds pass, which ARE names a jump."""
        self.advance(offset)
        self.offset += offset

    def set_offset(self, offset: float) -> None:
        """Let time pass until all offsets together are `offset` seconds."""
        self.add_offset(offset - self.offset)


class World:
    """One simulation's clock and its source of ids.

    Args:
        seed: The seed of the ids; equal seeds give equal ids, in any process.
        start_time: Begin of the simulation, in epoch seconds.

    Attributes:
        clock: The only clock of the simulation.
        phase: A part of the seed of the apps' random generators. ARE seeds each app when it is made, and again once all
            are populated; without the phase, the ids of the first part would come again and overwrite objects.
        variation: The other part of that seed: the name of a redrawn world.
    """

    def __init__(self, seed: str, start_time: float = DEFAULT_START_TIME) -> None:
        self.clock = SimulatedClock(start_time)
        self.phase = "populate"
        self.variation = ""
        self._seed = seed
        self._ids: random.Random | generators.SeededLater = random.Random(f"ids/{seed}")  # noqa: S311 - reproducible on purpose

    def vary(self, name: str) -> None:
        """Draw all ids from now on from other streams, so that a redrawn world has ids of its own.

        Args:
            name: The name of the streams.
        """
        self.variation = name
        self._seed = f"{self._seed}/{name}"
        self._ids = random.Random(f"ids/{self._seed}")  # noqa: S311 - reproducible on purpose

    def uuid4(self) -> uuid.UUID:
        """Return the next id of this world, in the form of a version 4 UUID."""
        # The same as `uuid.UUID(int=..., version=4)`, and faster.
        number = self._ids.getrandbits(128) & ~_NOT_RANDOM | _VERSION_4
        made = object.__new__(uuid.UUID)
        object.__setattr__(made, "int", number)
        object.__setattr__(made, "is_safe", _UNKNOWN_SAFETY)
        return made

    @contextmanager
    def active(self) -> Iterator[World]:
        """Make this the active world of the context."""
        token = _active.set(self)
        try:
            yield self
        finally:
            _active.reset(token)


_numbers = itertools.count()
_active: ContextVar[World | None] = ContextVar("pytest_pare_world", default=None)


@contextmanager
def drawing_apart(name: str, *apps: Any) -> Iterator[None]:
    """Draw the ids of the active world and of apps from other streams, so that their own do not change.

    Args:
        name: The name of the streams.
        *apps: The apps.
    """
    world = _active.get()
    if world is None:
        yield
        return
    ids, rngs = world._ids, [app.rng for app in apps]
    world._ids = generators.SeededLater(f"ids/{world._seed}/{name}")
    for app in apps:
        app.rng = generators.SeededLater(f"{app.name}/{world._seed}/{name}")
    try:
        yield
    finally:
        world._ids = ids
        for app, rng in zip(apps, rngs, strict=True):
            app.rng = rng


def new_uuid() -> uuid.UUID:
    """Return the active world's next id; a random one outside of a world."""
    world = _active.get()
    return world.uuid4() if world is not None else uuid.uuid4()


def skip_uuid() -> None:
    """Draw the active world's next id without making it."""
    world = _active.get()
    if world is not None:
        world._ids.getrandbits(128)


def now() -> float:
    """Return the active world's time in epoch seconds; the wall clock's outside of a world."""
    world = _active.get()
    return world.clock.time() if world is not None else time.time()


def active_clock() -> SimulatedClock | None:
    """Return the active world's clock; `None` outside of a world."""
    world = _active.get()
    return None if world is None else world.clock


def next_number() -> int:
    """Return a number above all earlier ones, which gives the order of two things at the same simulated time."""
    return next(_numbers)


class _Uuid:
    """The `uuid` module, with the active world's ids."""

    def __getattr__(self, name: str) -> Any:
        return getattr(uuid, name)

    def uuid4(self) -> uuid.UUID:
        return new_uuid()


class _Time:
    """The `time` module, with the active world's time."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        return now()


def _app_clock() -> TimeManager:
    world = _active.get()
    return world.clock if world is not None else TimeManager()


def _app_hash(text: str) -> int:
    world = _active.get()
    return hash(text) if world is None else generators.stable_seed(f"{world.variation}{world.phase}/{text}")


def _install() -> None:
    are = "are.simulation."
    for name in _UUID_MODULES:
        importlib.import_module(are + name).__dict__["uuid"] = _Uuid()
    for name in _TIME_MODULES:
        importlib.import_module(are + name).__dict__["time"] = _Time()
    # apps/app.py: `TimeManager()` for an app that is in no environment yet, `hash(seed and name)` for its generator.
    importlib.import_module(are + "apps.app").__dict__.update(TimeManager=_app_clock, hash=_app_hash)
    conversation = importlib.import_module(are + "apps.messaging_v2").ConversationV2
    original, original_update = conversation.__post_init__, conversation.update_last_updated

    def keep_order(self: Any) -> None:
        # `list(set(participant_ids))` in the original: an order that differs from process to process.
        participants = list(dict.fromkeys(self.participant_ids))
        original(self)
        if _active.get() is not None:
            self.participant_ids = participants
        self.update_number = next_number()

    def number_updates(self: Any, timestamp: float) -> None:
        if timestamp >= self.last_updated:
            self.update_number = next_number()
        original_update(self, timestamp)

    conversation.__post_init__, conversation.update_last_updated = keep_order, number_updates
    copies.install(lambda: _active.get() is not None)
    file_system_patch.install(lambda: _active.get() is not None)
    state_copies.install()
    state_texts.install()
    signatures.install()
    object_ids.install()


_install()
