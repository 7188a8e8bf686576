"""The requests that an agent sends to its model, and their answers, in OpenAI's formats."""

from pytest_pare.engines.agent_requests.facts import facts_of
from pytest_pare.engines.agent_requests.ids import upstream_body, with_own_ids, with_upstream_ids
from pytest_pare.engines.agent_requests.normalization import messages_of
from pytest_pare.engines.agent_requests.reading import read_request
from pytest_pare.engines.agent_requests.requests import Api, InvalidRequestError, ModelAnswer, ModelRequest
from pytest_pare.engines.agent_requests.storage import from_stored, to_stored

__all__ = [
    "Api", "InvalidRequestError", "ModelAnswer", "ModelRequest", "facts_of", "from_stored", "messages_of",
    "read_request", "to_stored", "upstream_body", "with_own_ids", "with_upstream_ids",
]  # fmt: skip
