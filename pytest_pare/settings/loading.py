"""Loads a suite from its file and its overrides."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from pytest_pare.base.documents import DocumentError, display, read_text, shown
from pytest_pare.settings.engines import without_other_models
from pytest_pare.settings.errors import SettingsError, describe, location_of
from pytest_pare.settings.models import SuiteSettings
from pytest_pare.settings.overrides import Override, overridden, parse_settings
from pytest_pare.settings.suite import Suite, problem_at
from pytest_pare.settings.variants import Finding, VariantsError, without_stage


def load_suite(path: Path, overrides: Sequence[Override] = ()) -> Suite:
    """Return the suite of a file.

    Args:
        path: The file.
        overrides: The values that replace those of the file; later ones win.

    Raises:
        SettingsError: If the file cannot be read, or something in it or in an override is wrong.
    """
    try:
        text = read_text(path, display(path))
    except DocumentError as error:
        raise SettingsError(error.problems) from error
    document = parse_settings(text, display(path))
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        message = f"a suite must be a mapping of sections, got {shown(data)}"
        raise SettingsError([problem_at(path, document, (), (), message)])
    # Twice: an override can name another model, and the file's keys of its own model do not hold for that one.
    data = overridden(without_other_models(data, overridden(data, overrides)), overrides)
    problems = list(document.problems)
    findings: list[Finding] = []
    try:
        suite = Suite(path, SuiteSettings.model_validate(data), tuple(overrides), document)
        # The variants are made now, so that their errors are reported together with the others.
        findings = list(without_stage(suite.settings, suite.variants, {one.location for one in overrides}))
    except ValidationError as error:
        findings = [(location_of(details), describe(details)) for details in error.errors(include_url=False)]
    except VariantsError as error:
        findings = error.findings
    problems += [problem_at(path, document, overrides, location, message) for location, message in findings]
    if problems:
        raise SettingsError(problems)
    return suite
