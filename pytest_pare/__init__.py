"""pytest-pare: regression-test AI agents with pytest.

The authoring API is in `pytest_pare.scenarios` and `pytest_pare.apps`; nothing is imported before it is asked for.
"""
