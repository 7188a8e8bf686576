"""Tables of the manual that come from the code: a function for each name in `<!-- table: NAME -->`."""

from __future__ import annotations

import inspect
import json
import re
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import ToolAttributeName
from pydantic import BaseModel

from pytest_pare import plugin
from pytest_pare.agents import protocols
from pytest_pare.apps import StatefulApp
from pytest_pare.base.project import INI_ALIAS, INI_CONFIG
from pytest_pare.engines.facts import FINISH_REASONS
from pytest_pare.plugin import options
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig, NoiseConfig
from pytest_pare.scenarios.noise_config import Fault
from pytest_pare.settings import RunnerSettings, SuiteSettings
from pytest_pare.settings.keys import parts_of
from pytest_pare.simulation.app_tools import screens_of
from pytest_pare.simulation.runner import Run
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from pytest_pare.simulation.trace_details import AppChange, Notified
from tests.docs.phone import app_classes, tools_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

# The types of PARE's configuration, as its interface declares them.
PARE_TYPES = Path(__file__).parents[1] / "data" / "pare_types.json"


def settings_keys(
    model: type[BaseModel] = SuiteSettings, prefix: str = ""
) -> Iterator[tuple[str, Any, dict[str, Any], str]]:
    """Yield dotted key, field, JSON schema and class of every key that is no section."""
    schema = model.model_json_schema(by_alias=True)
    for name, one in model.model_fields.items():
        key = one.alias or name
        section = section_of(one.annotation)
        if key in schema["properties"] and section is not one.annotation:
            yield prefix + key, one, schema["properties"][key], model.__name__
        if key in schema["properties"] and section is not None:
            yield from settings_keys(section, f"{prefix}{key}.")


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model behind a key that has keys of its own, and no table of its own."""
    for one in parts_of(annotation):
        if isinstance(one, type(BaseModel)) and one not in (LLMEngineConfig, NoiseConfig):
            return one
    return None


def kind(schema: dict[str, Any]) -> str:
    """Return the kinds of values of a key."""
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(kind(part) for part in schema.get("anyOf", schema.get("oneOf", [])))
    if "$ref" in schema:
        return {"LLMEngineConfig": "engine", "NoiseConfig": "[noise](#set-noise)"}.get(
            schema["$ref"].rpartition("/")[2], "mapping"
        )
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"list of {kind(schema['items'])}s" if schema["items"] else "list"
    if schema["type"] == "object":
        return "mapping"
    word = {
        "string": "text",
        "boolean": "true or false",
        "integer": "whole number",
        "number": "number",
        "null": "null",
    }[schema["type"]]
    if "minimum" in schema and "maximum" in schema:
        return f"{word} from {schema['minimum']:g} to {schema['maximum']:g}"
    if "minimum" in schema:
        return f"{word} from {schema['minimum']:g}"
    return word + (f" above {schema['exclusiveMinimum']:g}" if "exclusiveMinimum" in schema else "")


def literal(value: Any) -> str:
    if isinstance(value, BaseModel):
        given = value.model_dump(exclude_unset=True)
        return f"`{{{', '.join(f'{name}: {text}' for name, text in given.items())}}}`"
    return f"`{json.dumps(value)}`"


def default_of(one: FieldInfo) -> str:
    return "required" if one.is_required() else literal(one.default)


def keys_table() -> Iterator[str]:
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    for key, one, schema, _ in settings_keys():
        if "x-without-effect" not in schema:
            yield f"| `{key}` | {kind(schema)} | {default_of(one)} | {one.description} |"


def later_table() -> Iterator[str]:
    yield "| key | only value | purpose |"
    yield "|---|---|---|"
    for key, one, schema, _ in settings_keys():
        if "x-without-effect" in schema:
            purpose = re.sub(r" (Not implemented yet|Without effect in a suite);.*", "", one.description)
            yield f"| `{key}` | {literal(one.default)} | {purpose} |"


_EFFECTS = {
    None: "works",
    "anywhere": "not yet: accepts only the default",
    "suite": "works in `MultiScenarioRunner`; a suite accepts only the default",
}


def fields_table() -> Iterator[str]:
    """Yield the effect of each field of PARE's configuration."""
    yield "| field | default | in a suite | effect |"
    yield "|---|---|---|---|"
    own = json.loads(PARE_TYPES.read_text(encoding="utf-8"))["config"][
        "pare.scenarios.config.MultiScenarioRunnerConfig"
    ]
    properties = MultiScenarioRunnerConfig.model_json_schema()["properties"]
    for name, one in MultiScenarioRunnerConfig.model_fields.items():
        if name in own:
            default, of_suite = literal(one.default), literal(RunnerSettings.model_fields[name].default)
            effect = _EFFECTS[properties[name].get("x-without-effect")]
            effect = "works in a suite" if properties[name].get("x-only-in") == "suite" else effect
            yield f"| `{name}` | {default} | {'' if of_suite == default else of_suite} | {effect} |"


def engine_table() -> Iterator[str]:
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    properties = LLMEngineConfig.model_json_schema()["properties"]
    for name, one in LLMEngineConfig.model_fields.items():
        yield f"| `{name}` | {kind(properties[name])} | {default_of(one)} | {one.description} |"


def noise_table() -> Iterator[str]:
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    properties = NoiseConfig.model_json_schema()["properties"]
    for name, one in NoiseConfig.model_fields.items():
        if not isinstance(one.default, Fault):
            yield f"| `noise.{name}` | {kind(properties[name])} | {literal(one.default)} | {one.description} |"
    for name, one in Fault.model_fields.items():
        schema = Fault.model_json_schema()["properties"][name]
        yield f"| `noise.FAULT.{name}` | {kind(schema)} | {literal(one.default)} | {one.description} |"


def faults_table() -> Iterator[str]:
    yield "| fault | effect | further keys |"
    yield "|---|---|---|"
    for name, one in NoiseConfig.model_fields.items():
        if isinstance(one.default, Fault):
            own = {k: v for k, v in type(one.default).model_fields.items() if k not in Fault.model_fields}
            more = " ".join(f"`{k}`, {literal(v.default)}: {v.description}" for k, v in own.items())
            yield f"| `{name}` | {one.description} | {more} |"


def flags_table() -> Iterator[str]:
    yield "| flag | key that it sets | effect |"
    yield "|---|---|---|"
    for option in options.OPTIONS:
        value = f" {option.settings['metavar']}" if "metavar" in option.settings else ""
        if option.settings.get("nargs") == "?":
            value = f"[={value.strip()}]"
        yield f"| `{option.flag}{value}` | {f'`{option.key}`' if option.key else ''} | {option.settings['help']} |"
    yield f"| ini `{INI_CONFIG}` | | {options.INI_HELP} |"
    yield f"| ini `{INI_ALIAS}` | | {options.INI_ALIAS_HELP} |"


def fixtures_table() -> Iterator[str]:
    yield "| fixture | value |"
    yield "|---|---|"
    for name in plugin.__all__:
        function = getattr(plugin, name)
        text = inspect.getdoc(getattr(function, "__wrapped__", function)) or ""
        yield f"| `{name}` | {' '.join(text.split())} |"


def apps_table() -> Iterator[str]:
    yield "| class | screens | tools of the agent | tools of the world |"
    yield "|---|---|---|---|"
    for name, cls in app_classes().items():
        screens = screens_of(cls) if issubclass(cls, StatefulApp) else []
        counts = [len(tools_of(cls, kind)) for kind in (ToolAttributeName.APP, ToolAttributeName.ENV)]
        yield f"| [`{name}`](apps.md#{name.lower()}) | {len(screens)} | {counts[0]} | {counts[1]} |"


def members_table(cls: type) -> Iterator[str]:
    """Yield what an object of `cls` offers: the attributes in its docstring, its properties and methods."""
    yield "| name | meaning |"
    yield "|---|---|"
    attributes = attributes_of(inspect.getdoc(cls) or "")
    yield from (f"| `{name}` | {about} |" for name, about in attributes.items())
    for name, member in vars(cls).items():
        is_attribute = isinstance(member, property | cached_property)
        functions = (getattr(member, kind, None) for kind in ("fget", "func", "__func__"))
        function = next(filter(None, functions), member)
        if not name.startswith("_") and name not in attributes and callable(function):
            called = "" if is_attribute else in_brackets(function)
            yield f"| `{name}{called}` | {summary_of(inspect.getdoc(function) or '')} |"


def attributes_of(doc: str) -> dict[str, str]:
    """Return what the section `Attributes:` of a docstring says, by name."""
    section = doc.partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = re.split(r"^    (?=\w)", section, flags=re.MULTILINE)
    found = (entry.partition(": ") for entry in entries if entry.strip())
    return {name: " ".join(about.split()) for name, _, about in found}


def summary_of(doc: str) -> str:
    """Return what a docstring says before its sections."""
    return " ".join(re.split(r"^\w+:$", doc, flags=re.MULTILINE)[0].split())


def in_brackets(function: Callable[..., Any]) -> str:
    """Return how a method is called, without `self` and annotations."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return str(inspect.Signature([one.replace(annotation=inspect.Parameter.empty) for one in parameters]))


def finish_reasons_table() -> Iterator[str]:
    yield "| word | values of providers |"
    yield "|---|---|"
    for reason, words in FINISH_REASONS.items():
        yield f"| `{reason}` | {', '.join(f'`{word}`' for word in words)} |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "keys": keys_table,
    "later": later_table,
    "fields": fields_table,
    "engine": engine_table,
    "finish_reasons": finish_reasons_table,
    "noise": noise_table,
    "faults": faults_table,
    "flags": flags_table,
    "fixtures": fixtures_table,
    "apps": apps_table,
    "turn": partial(members_table, protocols.Turn),
    "notification": partial(members_table, protocols.Notification),
    "proposal": partial(members_table, protocols.Proposal),
    "run": partial(members_table, Run),
    "trace": partial(members_table, Trace),
    "event": partial(members_table, TraceEvent),
    "call": partial(members_table, EngineCall),
    "notified": partial(members_table, Notified),
    "state": partial(members_table, AppChange),
}
