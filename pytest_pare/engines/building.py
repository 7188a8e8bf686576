"""Engines by the name of their provider."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.base.extensions import named
from pytest_pare.base.serialization import error_text
from pytest_pare.engines.errors import EngineConfigurationError, EngineError
from pytest_pare.engines.model_resolution import is_asked_directly, is_hugging_face

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.base.extensions import Extension
    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.scenarios.config import LLMEngineConfig


class EngineBuilder(Protocol):
    """Makes the engine of one role in one run."""

    def __call__(self, config: LLMEngineConfig, role: Role, reference: Reference, /) -> LLMEngine:
        """Return a new engine.

        Args:
            config: The configuration of the engine.
            role: The role that the engine answers: `user`, `observe`, `execute`, `judge`, or `agent`, for requests
                without tools of an agent of the user's own.
            reference: The reference steps of the run, its scenario id and its limits in real time.

        Raises:
            EngineConfigurationError: If the engine cannot be made from its configuration.
        """
        ...


def build_engine(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine of a configuration.

    Raises:
        EngineConfigurationError: If there is no such provider, no key for it, or its configuration is wrong otherwise.
    """
    provider = config.provider or ""
    extension = named("offline_engine").get(provider) or named("engine").get(provider)
    engine: LLMEngine
    if extension is None:
        engine = _live(config, role, reference)
    elif config.is_extension:
        engine = ExtensionEngine(extension, _built(extension, config, role, reference))
    else:
        engine = extension.load()(config, role, reference)
    if not config.is_live:
        # Its answers take the fixed simulated time, and cost nothing.
        engine.offline = True
    return engine


class ExtensionEngine(LLMEngine):
    """Checks the answers of an extension's engine, and names the extension in its errors.

    Args:
        extension: The extension.
        engine: Its engine.
    """

    def __init__(self, extension: Extension, engine: LLMEngine) -> None:
        super().__init__(str(engine.model_name))
        self._extension = extension
        self._engine = engine

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the engine's answer.

        Raises:
            EngineError: If the engine raises, or its answer is no text with metadata.
        """
        try:
            answered: object = self._engine(messages, stop_sequences, **kwargs)
        except EngineError:
            raise
        except (Exception, SystemExit) as error:
            raise EngineError(f"{self._extension}: chat_completion raised {error_text(error)}") from error
        match answered:
            case (str() as answer, None | dict() as metadata):
                return answer, metadata
            case tuple():
                got = f"a tuple of {', '.join(type(one).__name__ for one in answered) or 'nothing'}"
            case _:
                got = type(answered).__name__
        raise EngineConfigurationError(
            f"{self._extension}: chat_completion must return a tuple of the answer, a str, and its metadata, a dict or "
            f"None; got {got}"
        )


def _built(extension: Extension, config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    try:
        engine: object = extension.load()(config, role, reference)
    except EngineError:
        raise
    except (Exception, SystemExit) as error:
        raise EngineConfigurationError(f"{extension}: raised {error_text(error)}") from error
    if not isinstance(engine, LLMEngine):
        raise EngineConfigurationError(f"{extension}: must return an LLMEngine, got {type(engine).__name__}")
    return engine


def import_clients(engines: Mapping[str, LLMEngineConfig]) -> None:
    """Import the clients of live engines. The first import of LiteLLM takes seconds.

    Args:
        engines: The configurations, by role.
    """
    asked = [one for one in engines.values() if one.is_live and not one.is_extension and not is_hugging_face(one)]
    if any(map(is_asked_directly, asked)):
        from pytest_pare.engines.openai_endpoint import client

        # The engine that needs the client raises the error again.
        with suppress(EngineConfigurationError):
            client()
    if not all(map(is_asked_directly, asked)):
        from pytest_pare.engines.litellm_client import prepare_litellm

        # The engine that needs the client raises the error again.
        with suppress(Exception):
            prepare_litellm()


def _live(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    # Only live engines need these imports.
    from pytest_pare.engines.live import LiveEngine

    return LiveEngine(config, role, reference.limits)
