"""Runs scenario modules written for PARE: `import pare...` imports their counterparts here.

The ini value `pare_import_alias = true`, `-p pytest_pare.compat` or `install()` switches it on. If PARE itself is
installed, `import pare` imports that.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_APPS = {
    "apartment": ("StatefulApartmentApp", "ApartmentHome", "ApartmentDetail", "ApartmentSearch", "ApartmentFavorites"),
    "cab": ("StatefulCabApp", "CabHome", "CabRideDetail", "CabServiceOptions", "CabQuotationDetail"),
    "calendar": ("StatefulCalendarApp", "AgendaView", "EventDetail", "EditEvent", "EditDraft"),
    "contacts": ("StatefulContactsApp", "ContactsList", "ContactDetail", "ContactEdit"),
    "email": ("StatefulEmailApp", "MailboxView", "EmailDetail", "ComposeEmail", "ComposeDraft"),
    "messaging": ("StatefulMessagingApp", "ConversationList", "ConversationOpened"),
    "note": ("StatefulNotesApp", "NoteList", "NoteDetail", "EditNote", "FolderList"),
    "reminder": ("StatefulReminderApp", "ReminderList", "ReminderDetail", "EditReminder", "ReminderDraft"),
    "shopping": (
        "StatefulShoppingApp",
        "ShoppingHome",
        "ProductDetail",
        "VariantDetail",
        "CartView",
        "OrderListView",
        "OrderDetailView",
    ),
}
"""By package: the class of the app, then its screens and the classes of their content."""

_NOTE_TYPES = ("Note", "ReturnedNotes")
_CORE = {"AppState": "pytest_pare.apps.core", "StatefulApp": "pytest_pare.apps.core"}
_DECORATORS = dict.fromkeys(("pare_event_registered", "user_tool"), "pytest_pare.apps.tool_decorators")
_HOME = {"HomeScreenSystemApp": "pytest_pare.apps.system"}
_INTERFACE = {"PAREAgentUserInterface": "pytest_pare.apps.agent_interface"}
_REGISTRY = {
    "SCENARIO_ENTRY_POINT_GROUP": "pytest_pare.scenarios.library",
    **dict.fromkeys(("ScenarioRegistry", "register_scenario", "registry"), "pytest_pare.scenarios.registry"),
}

_ENVIRONMENT = {"StateAwareEnvironmentWrapper": "pytest_pare.simulation.environment"}
_EXPANDER = {"PAREEnvEventsExpander": "pytest_pare.scenarios.expander"}
_NOTIFICATIONS = {"PARENotificationSystem": "pytest_pare.simulation.notifications"}
_CONFIG = dict.fromkeys(("MultiScenarioRunnerConfig", "ScenarioRunnerConfig"), "pytest_pare.scenarios.config")
_RESULTS = {
    "PAREMultiScenarioValidationResult": "pytest_pare.results.multi_result",
    "PAREScenarioValidationResult": "pytest_pare.results.validation_result",
}


def _app_modules() -> dict[str, dict[str, str]]:
    modules: dict[str, dict[str, str]] = {}
    for package, (app, *screens) in _APPS.items():
        home = f"pytest_pare.apps.{package}"
        states = dict.fromkeys(screens, f"{home}.states")
        types = dict.fromkeys(_NOTE_TYPES, f"{home}.types") if package == "note" else {}
        folder = {"NotesFolder": f"{home}.app"} if package == "note" else {}
        modules[f"pare.apps.{package}"] = {app: f"{home}.app", **states, **types}
        modules[f"pare.apps.{package}.app"] = {app: f"{home}.app", **states, **types, **folder, **_CORE}
        modules[f"pare.apps.{package}.states"] = {**states, **_CORE, **_DECORATORS}
    modules["pare.apps.calendar.states"]["DATETIME_FORMAT"] = "are.simulation.apps.calendar"
    modules["pare.apps.note.app"]["pare_event_registered"] = _DECORATORS["pare_event_registered"]
    modules["pare.apps.note.types"] = dict.fromkeys(_NOTE_TYPES, "pytest_pare.apps.note.types")
    return modules


MODULES: dict[str, dict[str, str]] = {
    "pare": {},
    "pare.apps": {
        "App": "are.simulation.apps.app",
        "user_tool": "are.simulation.tool_utils",
        **_CORE,
        **_HOME,
        **_INTERFACE,
        **{app: f"pytest_pare.apps.{package}.app" for package, (app, *_) in _APPS.items()},
    },
    "pare.apps.core": {**_CORE, **_DECORATORS},
    "pare.apps.proactive_aui": _INTERFACE,
    "pare.apps.system": {**_HOME, **_DECORATORS},
    "pare.apps.tool_decorators": {"APPTOOL_ATTR_NAME": "are.simulation.tool_utils", **_DECORATORS},
    **_app_modules(),
    "pare.agents": {},
    "pare.agents.proactive": {},
    "pare.agents.proactive.utils": {"ProactiveAgentMode": "pytest_pare.agents.protocols"},
    "pare.benchmark": {},
    "pare.benchmark.report_stats": {
        **dict.fromkeys(("calculate_statistics", "combine_results_to_dataframe"), "pytest_pare.results.statistics"),
        **dict.fromkeys(("generate_json_stats_report", "generate_validation_report"), "pytest_pare.results.report"),
    },
    "pare.environment": {
        "StatefulApp": "pytest_pare.apps.core",
        "StatefulReminderApp": "pytest_pare.apps.reminder.app",
        **_ENVIRONMENT,
        **_HOME,
        **_INTERFACE,
    },
    "pare.multi_scenario_runner": {
        "MultiScenarioRunner": "pytest_pare.simulation.multi_runner",
        "ScenarioTimeoutError": "pytest_pare.scenarios.errors",
        "TwoAgentScenarioRunner": "pytest_pare.simulation.runner",
        **_CONFIG,
        **_RESULTS,
    },
    "pare.notification_system": {"PAREMessageType": "pytest_pare.simulation.notifications", **_NOTIFICATIONS},
    "pare.scenario_runner": {
        "TwoAgentScenarioRunner": "pytest_pare.simulation.runner",
        "PAREScenarioValidationResult": "pytest_pare.results.validation_result",
        "StatefulApp": "pytest_pare.apps.core",
        **_ENVIRONMENT,
        **_NOTIFICATIONS,
    },
    "pare.scenarios": {"PAREScenario": "pytest_pare.scenarios.scenario", "registry": "pytest_pare.scenarios.registry"},
    "pare.scenarios.config": {"MAX_SCENARIO_DURATION": "pytest_pare.scenarios.config", **_CONFIG},
    "pare.scenarios.registration": {"register_pare_scenarios": "pytest_pare.scenarios.registration"},
    # PARE's manual names this module, its code the one in `utils`.
    "pare.scenarios.registry": _REGISTRY,
    "pare.scenarios.scenario": {"PAREScenario": "pytest_pare.scenarios.scenario", **_EXPANDER},
    "pare.scenarios.utils": {},
    "pare.scenarios.utils.registry": _REGISTRY,
    "pare.scenarios.utils.scenario_expander": {
        **_EXPANDER,
        **dict.fromkeys(
            ("ENV_EVENT_DEFAULT_HORIZON", "ENV_EVENT_EXPANSION_TAG", "default_weight_per_app_class"),
            "pytest_pare.scenarios.expander",
        ),
    },
    "pare.scenarios.validation_result": {"PARE_RESULT_SCHEMA": "pytest_pare.results.schema", **_RESULTS},
}
"""By module of PARE: each of its names that has a counterpart, and the module of that."""


class _Finder(MetaPathFinder):
    """Finds the modules of the table. It is the last finder, so that an installed `pare` comes first."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parent_is_ours = isinstance(getattr(sys.modules.get("pare"), "__loader__", None), _Loader)
        if fullname in MODULES and (fullname == "pare" or parent_is_ours):
            return ModuleSpec(fullname, _Loader(), is_package=any(m.startswith(f"{fullname}.") for m in MODULES))
        if fullname.startswith("pare.") and parent_is_ours:
            raise ModuleNotFoundError(f"pytest-pare has no counterpart of PARE's module {fullname}", name=fullname)
        return None


class _Module(ModuleType):
    """A module of the table. If a name is also that of a submodule, as `registry` is, it stays the name's value."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, _Module) and name in MODULES[self.__name__]):
            super().__setattr__(name, value)


class _Loader(Loader):
    """Makes a module that looks its names up in the table when they are used."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        names = MODULES[module.__name__]

        def lookup(name: str) -> Any:
            if name not in names:
                raise AttributeError(f"pytest-pare has no counterpart of {name} in PARE's module {module.__name__}")
            return getattr(import_module(names[name]), name)

        vars(module).update(__getattr__=lookup, __all__=sorted(names), __doc__=f"The counterpart of {module.__name__}.")


def install() -> None:
    """Make `import pare` find the modules of the table if PARE is not installed. A second call changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def pytest_configure() -> None:
    """Install the finder, for `-p pytest_pare.compat`."""
    install()
