"""A request of an agent to its model, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Api: TypeAlias = Literal["chat", "responses", "embeddings"]
"""Which of OpenAI's formats a request has: chat completions, Responses or embeddings."""


@dataclass(frozen=True)
class ModelRequest:
    """A request of an agent to its model.

    Attributes:
        api: The format of the request.
        body: The body as the client sent it.
        retry: How often the client has sent this request before, by its header; 0 without one.
    """

    api: Api
    body: dict[str, Any]
    retry: int = 0


@dataclass(frozen=True)
class ModelAnswer:
    """The answer of a model.

    Attributes:
        body: The whole body in the format of the request, not streamed, with ids that are the same in each replay.
    """

    body: dict[str, Any]


class InvalidRequestError(ValueError):
    """A request has no valid body, or needs what the endpoint does not offer.

    Attributes:
        param: The field of the body; `None` if it is the body as a whole.
    """

    def __init__(self, param: str | None, what: str) -> None:
        super().__init__(what if param is None else f"{param}: {what}")
        self.param = param
