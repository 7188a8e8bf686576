"""Minutes come by mail with a file; they become a note with the file attached."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
from pare.apps.note import StatefulNotesApp
from pare.apps.reminder import StatefulReminderApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("minutes_with_attachment")
class MinutesWithAttachment(PAREScenario):
    """Files go from the mail to the disk to the note; the disk is in a directory that the caller may choose."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Draft
    is_benchmark_ready = True

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.files = SandboxLocalFileSystem(name="Files", sandbox_dir=kwargs.get("sandbox_dir"))
        self.email = StatefulEmailApp(name="Emails")
        self.note = StatefulNotesApp(name="Notes")
        self.reminder = StatefulReminderApp(name="Reminders")
        self.email.internal_fs = self.files
        self.note.internal_fs = self.files

        self.minutes_path = str(Path("Outbox") / "minutes.txt")
        self.files.makedirs("Outbox", exist_ok=True)
        self.files.makedirs("Downloads", exist_ok=True)
        with self.files.open(self.minutes_path, "w") as f:
            f.write("Decided: the launch is on 1 December.")
        self.note_id = self.note.create_note_with_time(
            folder="Work",
            title="Launch",
            content="When is it?",
            created_at="2025-11-17 10:00:00",
            updated_at="2025-11-17 10:00:00",
        )

        self.apps = [self.agent_ui, self.system_app, self.files, self.email, self.note, self.reminder]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        files_app = self.get_typed_app(SandboxLocalFileSystem, "Files")
        email_app = self.get_typed_app(StatefulEmailApp, "Emails")
        note_app = self.get_typed_app(StatefulNotesApp, "Notes")
        reminder_app = self.get_typed_app(StatefulReminderApp, "Reminders")

        with EventRegisterer.capture_mode():
            mail = email_app.send_email_to_user_with_id(
                email_id="minutes",
                sender="lee@company.example",
                subject="Minutes",
                content="They are attached.",
                attachment_paths=[self.minutes_path],
            ).delayed(10)
            downloaded = (
                email_app.download_attachments(email_id="minutes", folder_name="INBOX", path_to_save="Downloads/")
                .oracle()
                .depends_on(mail, delay_seconds=1)
            )
            read = (
                files_app.read_document(file_path="Downloads/minutes.txt")
                .oracle()
                .depends_on(downloaded, delay_seconds=1)
            )
            searched = note_app.search_notes(query="Launch").oracle().depends_on(read, delay_seconds=1)
            proposal = (
                aui.send_message_to_user(content="The launch is on 1 December. Shall I put that into your note?")
                .oracle()
                .depends_on(searched, delay_seconds=1)
            )
            acceptance = aui.accept_proposal(content="Yes").oracle().depends_on(proposal, delay_seconds=2)
            updated = (
                note_app.update_note(note_id=self.note_id, content="The launch is on 1 December.")
                .oracle()
                .depends_on(acceptance, delay_seconds=1)
            )
            attached = (
                note_app.add_attachment_to_note(note_id=self.note_id, attachment_path="Downloads/minutes.txt")
                .oracle()
                .depends_on(updated, delay_seconds=1)
            )
            reminded = (
                reminder_app.add_reminder(
                    title="Launch", due_datetime="2025-12-01 09:00:00", description="The launch is today"
                )
                .oracle()
                .depends_on(attached, delay_seconds=1)
            )

        self.events = [mail, downloaded, read, searched, proposal, acceptance, updated, attached, reminded]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            agent_actions = [
                e.action
                for e in env.event_log.list_view()
                if e.event_type == EventType.AGENT and isinstance(e.action, Action)
            ]
            attached = any(
                a.class_name == "StatefulNotesApp"
                and a.function_name == "add_attachment_to_note"
                and a.resolved_args.get("note_id", a.args.get("note_id")) == self.note_id
                for a in agent_actions
            )
            reminded = any(
                a.class_name == "StatefulReminderApp"
                and a.function_name == "add_reminder"
                and "launch" in a.args.get("title", "").lower()
                for a in agent_actions
            )
            return ScenarioValidationResult(success=attached and reminded)
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
