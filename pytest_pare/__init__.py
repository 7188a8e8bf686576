"""pytest-pare: regression-test AI agents with pytest.

The authoring API is in `pytest_pare.scenarios` and `pytest_pare.apps`; nothing is imported before it is asked for, and
one module of ARE's not even then.
"""

from pytest_pare.are.lazy_mdconvert import install as _defer

_defer()
