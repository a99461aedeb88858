"""Make one change in Mailman, and say how it is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

from sterna.mailman.api import MailmanApi, segment
from sterna.mailman.changes import (
    AddMember,
    AddOwner,
    Ban,
    Change,
    ChangeMember,
    CreateList,
    RemoveMember,
    RemoveOwner,
    SetSettings,
    Unban,
    WriteText,
)
from sterna.mailman.decide import setting_text, state_text
from sterna.mailman.errors import MailmanRefusedError, TemplateError
from sterna.mailman.found import text_path
from sterna.mailman.wanted import Action, MemberState, Setting, Status, WantedList
from sterna.state.loaded_lists import Key

_CONFLICT = 409


def carry_out(api: MailmanApi, wanted: WantedList, change: Change, template_dir: Path | None, language: str) -> None:
    """Make one change.

    Args:
        api: Mailman.
        wanted: the list that it is about.
        change: the change.
        template_dir: Mailman's folder of templates; without one no text is written.
        language: the list's, in whose folder its texts are looked for.

    Raises:
        MailmanRefusedError: Mailman does not do it.
        TemplateError: a text cannot be written.
        SternaError: with scope SERVER: Mailman cannot be used.
    """
    what = str(change)
    match change:
        case CreateList():
            _create(api, wanted, what)
        case SetSettings(values):
            api.patch(f"/lists/{segment(wanted.list_id)}/config", values, what)
        case WriteText(name, text) if template_dir is not None:
            _write(text_path(template_dir, wanted, name, language), text)
        case WriteText():
            pass
        case Unban(email):
            api.delete(f"/lists/{segment(wanted.list_id)}/bans/{segment(email)}", what)
        case Ban(email):
            api.post(f"/lists/{segment(wanted.list_id)}/bans", {"email": email}, what)
        case _:
            _member(api, wanted, change, what)


def _member(
    api: MailmanApi,
    wanted: WantedList,
    change: AddOwner | RemoveOwner | AddMember | ChangeMember | RemoveMember,
    what: str,
) -> None:
    match change:
        case AddOwner(person):
            form = {"list_id": wanted.list_id, "subscriber": person.address, "role": "owner"}
            api.post("/members", form | {"display_name": person.display_name}, what)
        case RemoveOwner(_, member_id) | RemoveMember(_, member_id):
            # It is certain already on the source, so nobody is asked again.
            query = urlencode({"pre_confirmed": "true", "pre_approved": "true"})
            api.delete(f"/members/{segment(member_id)}?{query}", what)
        case AddMember():
            _add(api, wanted, change, what)
        case ChangeMember(_, member_id, old, new):
            _change(api, member_id, old, new, what)


def states(changes: Iterable[Change]) -> dict[Key, str]:
    """Return how the changes that bring something are recorded."""
    result: dict[Key, str] = {}
    for change in changes:
        match change:
            case SetSettings(values):
                result |= {("setting", name): setting_text(value) for name, value in values.items()}
            case WriteText(name, text):
                result["text", name] = text
            case AddOwner(person):
                result["owner", person.address] = ""
            case AddMember(member):
                result["member", member.address] = state_text(member.state)
            case ChangeMember(email, _, _, new):
                result["member", email] = state_text(new)
            case Ban(email):
                result["ban", email] = ""
            case _:
                pass
    return result


def removed(changes: Iterable[Change]) -> list[Key]:
    """Return what is no longer there after the changes."""
    kinds = {RemoveOwner: "owner", RemoveMember: "member", Unban: "ban"}
    return [
        (kinds[type(change)], change.email)
        for change in changes
        if isinstance(change, RemoveOwner | RemoveMember | Unban)
    ]


def _create(api: MailmanApi, wanted: WantedList, what: str) -> None:
    domain = wanted.address.domain
    if api.get(f"/domains/{segment(domain)}") is None:
        api.post("/domains", {"mail_host": domain}, f"create the domain {domain}")
    api.post("/lists", {"fqdn_listname": str(wanted.address), "style_name": "legacy-default"}, what)


def _add(api: MailmanApi, wanted: WantedList, change: AddMember, what: str) -> None:
    member, state = change.member, change.member.state
    form: dict[str, Setting] = {
        "list_id": wanted.list_id,
        "subscriber": member.address,
        "display_name": member.display_name,
        "delivery_mode": state.mode,
        # Who was a member is one, without being asked, welcomed or confirmed again.
        "pre_verified": True,
        "pre_confirmed": True,
        "pre_approved": True,
        "send_welcome_message": False,
    }
    if state.status is not Status.ENABLED:
        form["delivery_status"] = state.status
    try:
        member_id = api.post("/members", form, what)
    except MailmanRefusedError as error:
        # Sent twice, because the connection broke in between.
        if error.status != _CONFLICT:
            raise
        found = api.must_get(f"/lists/{segment(wanted.list_id)}/member/{segment(member.address)}")
        member_id = str(found.get("member_id", ""))
    if state.action is not Action.LIST_DEFAULT:
        api.patch(f"/members/{segment(member_id)}", {"moderation_action": state.action}, what)


def _change(api: MailmanApi, member_id: str, old: MemberState | None, new: MemberState, what: str) -> None:
    """Set what is different for a member; the rest may be the member's own choice by now."""
    form: dict[str, Setting] = {}
    if old is None or old.mode is not new.mode:
        form["delivery_mode"] = new.mode
    if old is None or old.action is not new.action:
        form["moderation_action"] = new.action
    if form:
        api.patch(f"/members/{segment(member_id)}", form, what)
    if old is None or old.status is not new.status:
        api.patch(f"/members/{segment(member_id)}/preferences", {"delivery_status": new.status}, what)


def _write(path: Path, text: str) -> None:
    """Write a text so that Mailman never sees half of it, and may read it whoever runs it."""
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, "utf-8")
        new.chmod(0o644)
        new.replace(path)
    except OSError as error:
        raise TemplateError(str(path), error.strerror or str(error)) from error
