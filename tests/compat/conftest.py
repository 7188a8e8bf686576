"""Sessions with other plugins, in the environment of `make compat`; the project's other sessions leave them out."""

from __future__ import annotations

import os

from tests.plugin.conftest import example

__all__ = ["example"]

collect_ignore_glob = [] if os.environ.get("PARE_COMPAT") else ["test_*.py"]
