"""Asks a judge about labelled claims, outside of any run; its calls are recorded and replayed as those of a run."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

from pytest_pare.engines.building import build_engine, import_clients
from pytest_pare.engines.recorder import Recorder
from pytest_pare.engines.reference import Reference
from pytest_pare.simulation.judging import Judge
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.request_inputs import inputs_of_engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.judge.labels import Label
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.simulation.trace_entries import EngineCall

NAME = "judge-calibration"
"""The name in cassettes, and the scenario id of scripted answers."""


class Calibrator:
    """Asks a judge about labels.

    Args:
        config: The engine of the judge.
        cassette: Returns where the calls of a repeat are recorded or replayed; `None` for neither.

    Attributes:
        calls: The calls of the engine.
        warnings: Warnings about cassettes.
    """

    def __init__(self, config: LLMEngineConfig, cassette: Callable[[int], CassetteSpec | None]) -> None:
        self._config = config
        self._cassette = cassette
        self._engine: LLMEngine | None = None
        self.calls: list[EngineCall] = []
        self.warnings: list[str] = []

    def answers(self, labels: list[Label], repeats: int) -> Iterator[tuple[int, bool | None]]:
        """Yield the position of a label and an answer to it, all labels one after another, as often as asked for.

        Raises:
            EngineError: If the engine fails.
        """
        for repeat in range(1, repeats + 1):
            yield from self._repeat(labels, repeat)

    def _repeat(self, labels: list[Label], repeat: int) -> Iterator[tuple[int, bool | None]]:
        config = self._config.for_run(repeat)
        spec = self._cassette(repeat)
        reference = Reference((), SimpleNamespace(limits=Limits()), lambda event: False, frozenset(), NAME)
        build = partial(build_engine, config, "judge", reference)
        recorder: Recorder | None = None
        if spec is not None and config.is_live:
            recorder = Recorder(spec, NAME, repeat, inputs_of_engines({"judge": config}), lambda: 0)
        if spec is None or spec.asks:
            import_clients({"judge": config})
        if recorder is not None:
            engine: LLMEngine = recorder.engine("judge", build)
        elif config.is_live:
            engine = build()
        else:
            # The scripted answers go on with each repeat.
            engine = self._engine = self._engine or build()
        judge = Judge(engine, config, self.calls.append)
        error: Exception | None = None
        is_whole = False
        try:
            for position, label in enumerate(labels):
                yield position, judge.ask(label.claim, label.evidence)[0]
            is_whole = True
        except Exception as raised:
            error = raised
            raise
        finally:
            if recorder is not None:
                recorder.finish(error, is_whole=is_whole)
                self.warnings += recorder.warnings
