"""The same scenario gives the same trace, byte for byte: in any process, in any thread, after any other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest
from are.simulation.types import ConditionCheckEvent

from pytest_pare.simulation.runner import Run
from tests.stage import play


def busy(s: Any) -> list[Any]:
    """A script in which ARE would draw ids, read the clock, and go by the order of sets."""
    s.messaging.add_users(["Ann", "Bob", "Cem", "Dot"])
    members = [s.messaging.name_to_id[name] for name in ("Dot", "Ann", "Cem", "Bob")]
    arrived = ConditionCheckEvent.from_condition(lambda env: env.time_manager.time_passed() > 4)
    group = s.messaging.create_group_conversation(user_ids=members).oracle().with_id("group").depends_on(arrived)
    events = [
        arrived,
        group,
        s.messaging.send_message_to_group_conversation("{{group}}", "hello").oracle().depends_on(group),
        s.messaging.list_recent_conversations().oracle().depends_on(group, delay_seconds=1),
        s.messaging.lookup_user_id("an").oracle().delayed(2),
        s.contacts.add_new_contact(first_name="Ann", last_name="Lee").oracle().delayed(2),
        s.contacts.get_contacts().oracle().delayed(3),
        s.email.send_email(recipients=["ann@b.c"]).oracle().delayed(3),
        s.email.create_and_add_email_with_time(sender="ann@b.c").delayed(3),
        s.email.list_emails().oracle().delayed(4),
        s.agent_ui.accept_proposal().delayed(4),
        s.agent_ui.get_all_messages().oracle().delayed(5),
    ]
    events += [s.calendar.add_calendar_event(tag=tag).delayed(1) for tag in ("work", "fun", "art", "home")]
    return [*events, s.calendar.get_all_tags().oracle().delayed(6), s.system.get_current_time().oracle().delayed(6)]


def trace(**fields: Any) -> str:
    run = play(busy, **fields)
    assert run.result.status == "success", run.result.exception
    return run.trace.to_jsonl()


def in_process(hash_seed: str) -> str:
    code = "from tests.simulation.test_determinism import trace; print(trace(), end='')"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True, env=environment,
        cwd=__file__.rpartition("/tests/")[0], timeout=60,
    ).stdout  # fmt: skip


def test_in_any_process() -> None:
    first, second = in_process("1"), in_process("2")
    assert first == second == trace()
    assert len(first.splitlines()) > 20


def test_after_any_other_scenario() -> None:
    first = trace()
    play(lambda s: [s.calendar.add_calendar_event().delayed(n) for n in range(5)], seed=9)
    with pytest.raises(KeyboardInterrupt):
        play(lambda s: _interrupt())
    assert trace() == first


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt


def test_in_threads() -> None:
    alone = [trace(seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: trace(seed=seed % 4), range(12)))
    assert together == alone * 3
    assert len({*alone}) == 4


def test_another_seed_another_name_or_another_start_is_another_trace() -> None:
    assert len({trace(), trace(seed=1), trace(scenario_id="other"), trace(start_time=0)}) == 4


def test_nothing_reads_the_wall_clock_sleeps_draws_by_chance_or_starts_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("is not asked in a simulation")

    before = trace()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", forbidden)
        patch.setattr(time, "sleep", forbidden)
        patch.setattr(uuid, "uuid4", forbidden)
        patch.setattr(threading.Thread, "start", forbidden)
        run: Run = play(busy)
    assert run.result.exception is None
    assert run.trace.to_jsonl() == before
