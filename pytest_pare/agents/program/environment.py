"""The environment variables of a program: those of the session, without secrets and what belongs to this Python."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pytest_pare.base.environment import original
from pytest_pare.base.redaction import names_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.scenarios.agent_program import AgentProgram

# Those of this Python's environment would lead the program's Python to the packages of the session.
_NOT_PASSED = re.compile(r"PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|(?:PYTEST|PARE|COV|COVERAGE)_.*")


def environment_of(program: AgentProgram, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a program gets.

    Args:
        program: The program. Its `env` takes precedence over its `pass_env`.
        environ: The variables of this process.
    """
    passed = {
        name: value
        for name, value in environ.items()
        if name in program.pass_env or not (_NOT_PASSED.fullmatch(name) or names_secret(name))
    }
    return {**passed, **program.env}


def withheld_from(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the variables of this process that a program does not get because they look like secrets.

    Args:
        environment: The variables that it gets.
    """
    return frozenset(
        name for name in os.environ.keys() - environment.keys() if names_secret(name) and original(name) is not None
    )
