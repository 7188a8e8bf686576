"""Other names and descriptions of the agent's tools, by class of app; each means what the original means."""

from __future__ import annotations

APP_NAMES = {
    "SandboxLocalFileSystem": ("Files",),
    "StatefulApartmentApp": ("Apartment", "Apartments"),
    "StatefulCabApp": ("Cab",),
    "StatefulCalendarApp": ("Calendar",),
    "StatefulContactsApp": ("Contacts",),
    "StatefulEmailApp": ("Emails",),
    "StatefulMessagingApp": ("Messages",),
    "StatefulNotesApp": ("Notes",),
    "StatefulReminderApp": ("Reminders",),
    "StatefulShoppingApp": ("Shopping",),
}
"""The names that apps usually have. One that is given no name has that of its class."""

IDS = {"StatefulMessagingApp": " People are told by their internal user ids, which have to be looked up by name."}
"""What is said of every tool of an app."""

TOOLS: dict[str, dict[str, tuple[str, str]]] = {
    "SandboxLocalFileSystem": {
        "open": ("access_file", "Opens a file so that it can be read or written."),
        "cat": ("show_file", "Returns what a file contains."),
        "mkdir": ("create_folder", "Makes a folder."),
        "makedirs": ("create_folder_path", "Makes a folder together with all folders above it that are missing."),
        "mv": ("relocate", "Moves a file or a folder to another place."),
        "ls": ("show_folder", "Names what is in a folder."),
        "rm": ("erase", "Deletes a file or a folder."),
        "exists": ("is_there", "Tells whether a file or a folder is there."),
        "display": ("show_on_screen", "Shows the file at this path on the screen; the agent does not get to read it."),
        "info": ("describe", "Returns facts about a file or a folder."),
        "tree": ("show_structure", "Returns folders and files as a text in the form of a tree."),
        "read_document": (
            "extract_text",
            "Takes the text out of documents of many kinds (PDF, Word, Excel, PowerPoint, HTML and others) and returns "
            "it in a structured form. It is wise to set max_lines: a long document takes up much of your memory.",
        ),
    },
    "StatefulApartmentApp": {
        "list_all_apartments": ("show_all_flats", "Returns all apartments that are on offer."),
        "get_apartment_details": ("describe_flat", "Returns everything about the apartment with the given id."),
        "save_apartment": (
            "mark_flat",
            "Puts an apartment among the favorites; one that is there already stays there.",
        ),
        "remove_saved_apartment": ("unmark_flat", "Takes an apartment out of the favorites."),
        "list_saved_apartments": ("show_marked_flats", "Returns the apartments that are among the favorites."),
        "search_apartments": ("filter_flats", "Finds the apartments that fit several conditions."),
    },
    "StatefulCabApp": {
        "list_rides": ("show_offers", "Returns all rides that can be had from one place to another."),
        "order_ride": ("book", "Books a ride and returns its details."),
        "get_current_ride_status": ("track_ride", "Tells how it stands with the ride that is ordered now."),
        "get_quotation": ("estimate", "Works out what a ride costs and how long one has to wait for it, roughly."),
        "user_cancel_ride": ("call_off_ride", "Calls off the ride that is ordered now."),
        "get_ride": ("show_past_ride", "Returns one ride of the past ones."),
        "get_ride_history": ("show_past_rides", "Returns past rides, from the given position on."),
        "get_ride_history_length": ("count_past_rides", "Tells how many past rides there are."),
    },
    "StatefulCalendarApp": {
        "edit_calendar_event": (
            "change_appointment",
            "Changes an event of the calendar; what is None stays as it is. A tag, a description or a location that is "
            "empty, and a list of attendees that is empty, takes away what the event had.",
        ),
        "read_today_calendar_events": ("show_agenda_of_today", "Returns the events that the calendar has today."),
        "get_all_tags": ("show_tags", "Returns all tags that occur in the calendar."),
        "add_calendar_event": (
            "enter_appointment",
            "Enters a new event into the calendar. A week goes from Monday to Sunday unless the task says otherwise.",
        ),
        "get_calendar_event": ("show_appointment", "Returns one event of the calendar."),
        "delete_calendar_event": ("drop_appointment", "Takes an event out of the calendar."),
        "get_calendar_events_from_to": (
            "show_appointments_between",
            "Returns the events that share some time with the given range; to touch its edge is not enough. A "
            "week goes "
            "from Monday to Sunday unless the task says otherwise.",
        ),
        "get_calendar_events_by_tag": (
            "show_appointments_tagged",
            "Returns the events of the calendar that have a tag.",
        ),
        "search_events": (
            "find_appointments",
            "Finds events of the calendar by a text, which may be a part of a title, a description, a location or an "
            "attendee.",
        ),
    },
    "StatefulContactsApp": {
        "edit_contact": ("change_person", "Changes some of the fields of the contact with the given contact_id."),
        "get_contacts": (
            "show_people",
            "Returns contacts from the given position on. Only so many are shown at a time; raise the offset for more.",
        ),
        "get_contact": ("show_person", "Returns the contact with the given contact_id."),
        "get_current_user_details": (
            "show_owner",
            "Returns who the user is: name, phone number, email address, nationality and country of residence.",
        ),
        "add_new_contact": ("enter_person", "Enters a new contact into the contacts app."),
        "delete_contact": ("drop_person", "Removes the contact with the given contact_id."),
        "search_contacts": (
            "find_people",
            "Finds contacts by a text, which may be a part of a first name, a last name, a phone number or an email "
            "address.",
        ),
    },
    "StatefulEmailApp": {
        "list_emails": ("show_mails", "Returns the emails of a folder, from the given position on."),
        "search_emails": (
            "find_mails",
            "Finds emails of a folder by a text, which may be a part of the sender, the recipients, the subject or the "
            "content.",
        ),
        "get_email_by_id": ("open_mail", "Returns the email of a folder that has the given id."),
        "get_email_by_index": ("open_mail_at", "Returns the email of a folder that is at the given position."),
        "forward_email": ("pass_on_mail", "Sends an email on to the given recipients."),
        "reply_to_email": ("answer_mail", "Sends an answer to an email."),
        "download_attachments": ("save_attachments", "Saves the files that are attached to an email."),
        "move_email": ("file_mail", "Puts an email from one folder into another one."),
        "delete_email": ("discard_mail", "Removes an email from the given folder."),
        "send_email": ("write_mail", "Sends a new email to the given recipients."),
    },
    "StatefulMessagingApp": {
        "download_attachment": (
            "save_attachment",
            "Saves the file that is attached in the conversation with the given conversation_id.",
        ),
        "get_user_id": (
            "id_of_person",
            "Returns the id of the user with EXACTLY this name, and None if there is none.",
        ),
        "get_user_name_from_id": (
            "person_of_id",
            "Returns the name of the user with EXACTLY this id, and None if there is none.",
        ),
        "lookup_user_id": (
            "find_person",
            "Finds users whose names are like the given one, which need not be exact. Returns a dictionary of name to "
            "user id for all names that come close enough, an empty one if none does.",
        ),
        "send_message": (
            "write_to",
            "Sends a message to one person; there is no other way to do that. It goes into the conversation that "
            "exists "
            "with the person, or else into a new one.",
        ),
        "send_message_to_group_conversation": (
            "write_to_group",
            "Sends a message to a group conversation that exists.",
        ),
        "create_group_conversation": (
            "start_group",
            "Begins a group conversation with the given people, at least two besides the user. Without a title it is "
            "called by their names.",
        ),
        "get_existing_conversation_ids": (
            "ids_of_chats_with",
            "Returns the ids of the conversations of the given people.",
        ),
        "list_recent_conversations": (
            "show_latest_chats",
            "Returns conversations, the one that changed last first, from an offset on and up to the view limit. "
            "With offset 0 and limit 5 these are the latest five.",
        ),
        "list_conversations_by_participant": (
            "show_chats_with",
            "Returns all conversations in which the given person takes part.",
        ),
        "read_conversation": (
            "open_chat",
            "Returns the messages of the conversation with the given conversation_id, the latest first: 'limit' "
            "of them "
            "after the offset, that is from offset to offset + limit.",
        ),
        "add_participant_to_conversation": (
            "invite_to_chat",
            "Adds a user to the conversation with the given conversation_id. A title that lists the participants is "
            "brought up to date.",
        ),
        "remove_participant_from_conversation": (
            "take_out_of_chat",
            "Takes a participant out of the conversation with the given conversation_id. A title that lists the "
            "participants is brought up to date.",
        ),
        "change_conversation_title": (
            "rename_chat",
            "Gives the conversation with the given conversation_id another title.",
        ),
        "search": (
            "find_chats",
            "Finds conversations by a text in their participants, titles and messages, and returns their ids.",
        ),
        "regex_search": (
            "find_chats_by_pattern",
            "Finds conversations by a regular expression, in upper or lower case, in their participants, titles and "
            "messages, and returns their ids.",
        ),
    },
    "StatefulNotesApp": {
        "new_folder": ("add_binder", "Creates a folder for notes."),
        "delete_folder": ("drop_binder", "Removes a folder and all notes in it; not Inbox, Personal and Work."),
        "rename_folder": ("retitle_binder", "Changes the name of a folder; not of Inbox, Personal and Work."),
        "list_folders": ("show_binders", "Returns the folders that there are."),
        "create_note": ("jot_down", "Adds a new note."),
        "get_note_by_id": ("open_note", "Returns a note."),
        "update_note": ("revise_note", "Gives a note another title, another content, or both."),
        "delete_note": ("discard_note", "Removes a note."),
        "move_note": ("file_note", "Puts a note from one folder into another one."),
        "duplicate_note": (
            "copy_note",
            'Makes a copy of a note in the same folder, with a title that begins with "Copy of".',
        ),
        "list_notes": ("show_notes", "Returns the notes of a folder."),
        "search_notes": (
            "find_notes",
            "Finds notes in all folders by a text in title or content; case does not matter.",
        ),
        "search_notes_in_folder": (
            "find_notes_in_binder",
            "Finds notes in one folder by a text in title or content; case does not matter.",
        ),
        "add_attachment_to_note": ("pin_file_to_note", "Adds a file to a note as an attachment."),
        "remove_attachment": ("unpin_file", "Takes an attachment off a note."),
        "list_attachments": ("show_pinned_files", "Returns what is attached to a note."),
    },
    "StatefulReminderApp": {
        "add_reminder": ("set_alarm", "Sets a new reminder, with its repetitions if it is to come again."),
        "update_reminder": (
            "change_alarm",
            "Changes a reminder and makes its repetitions again. A single repetition can be changed too, but how it "
            "repeats only at the first of its series.",
        ),
        "delete_reminder": (
            "drop_alarm",
            "Removes a reminder with all its repetitions. A single repetition can be removed too.",
        ),
        "get_due_reminders": ("show_due_alarms", "Returns all reminders that are due."),
        "get_all_reminders": ("show_alarms", "Returns all reminders."),
        "delete_all_reminders": ("drop_all_alarms", "Removes every reminder that there is."),
    },
    "StatefulShoppingApp": {
        "search_product": ("find_goods", "Finds products of the shop by name."),
        "get_all_discount_codes": (
            "show_vouchers",
            "Returns every discount code that can be used now, with the items that it is for.",
        ),
        "list_all_products": ("browse_goods", "Returns all products of the shop."),
        "get_product_details": ("describe_goods", "Returns everything about the product with the given id."),
        "add_to_cart": ("put_in_basket", "Puts an item into the cart."),
        "remove_from_cart": ("take_from_basket", "Takes an item out of the cart."),
        "list_cart": ("show_basket", "Returns what is in the cart."),
        "checkout": (
            "place_order",
            "Orders what is in the cart now. IMPORTANT: a discount code has to be valid for EVERY item in the cart; if "
            "there is one item that does not take it, the whole order fails with a ValueError. It is all or nothing.",
        ),
        "get_discount_code_info": (
            "describe_voucher",
            "Returns which items a discount code is for, and how many percent it takes off each.",
        ),
        "list_orders": ("show_orders", "Returns all orders."),
        "get_order_details": ("describe_order", "Returns everything about an order."),
        "cancel_order": ("call_off_order", "Calls off an order that has not been delivered yet."),
    },
}
