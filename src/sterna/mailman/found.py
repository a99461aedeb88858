"""Read a list as it is in Mailman."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sterna.mailman.api import Json, MailmanApi, segment
from sterna.mailman.decide import FoundList, FoundMember
from sterna.mailman.wanted import Setting, Status, WantedList

_FIELDS: Final = ("email", "member_id", "delivery_mode", "moderation_action")
_LANGUAGE: Final = "en"


def find(api: MailmanApi, wanted: WantedList, template_dir: Path | None) -> FoundList:
    """Return the list as it is, and its texts in `template_dir`.

    Raises:
        SternaError: with scope SERVER: Mailman cannot be asked.
    """
    if api.get(f"/lists/{segment(str(wanted.address))}") is None:
        return FoundList(texts=_texts(wanted, template_dir, {}))
    settings = find_settings(api, wanted)
    return FoundList(
        exists=True,
        settings=settings,
        owners={email: one.member_id for email, one in roster(api, wanted, "owner").items()},
        members=roster(api, wanted, "member"),
        bans=frozenset(
            str(entry.get("email", "")).lower() for entry in api.entries(f"/lists/{segment(wanted.list_id)}/bans")
        ),
        texts=_texts(wanted, template_dir, settings),
    )


def find_settings(api: MailmanApi, wanted: WantedList) -> dict[str, Setting]:
    """Return the configuration of a list that is there."""
    return _settings(api.must_get(f"/lists/{segment(wanted.list_id)}/config"))


def roster(api: MailmanApi, wanted: WantedList, role: str) -> dict[str, FoundMember]:
    """Return who has a role in the list, by address in lower case."""
    entries = api.entries(f"/lists/{segment(wanted.list_id)}/roster/{role}", fields=_FIELDS)
    return {
        str(entry.get("email", "")).lower(): FoundMember(
            str(entry.get("member_id", "")),
            str(entry.get("delivery_mode", "")),
            str(entry.get("moderation_action", "")),
        )
        for entry in entries
    }


def without_delivery(api: MailmanApi, wanted: WantedList) -> set[str]:
    """Return the members who chose to get nothing."""
    entries = api.entries(
        "/members/find", list_id=wanted.list_id, role="member", delivery_status=Status.BY_USER, fields=("email",)
    )
    return {str(entry.get("email", "")).lower() for entry in entries}


def text_path(template_dir: Path, wanted: WantedList, name: str, language: str = _LANGUAGE) -> Path:
    """Return where Mailman looks for a list's own template (its folder ``templates``)."""
    return template_dir / "lists" / wanted.list_id / language / f"{name}.txt"


def language_of(settings: Mapping[str, Setting]) -> str:
    """Return the language in whose folder a list's texts are looked for first."""
    language = settings.get("preferred_language", _LANGUAGE)
    return language if isinstance(language, str) and language.isalnum() else _LANGUAGE


def _settings(found: Json) -> dict[str, Setting]:
    result: dict[str, Setting] = {}
    for name, value in found.items():
        if isinstance(value, bool | int | float | str):
            result[name] = value
        elif isinstance(value, list):
            result[name] = tuple(str(each) for each in value)
    return result


def _texts(wanted: WantedList, template_dir: Path | None, settings: dict[str, Setting]) -> dict[str, str]:
    if template_dir is None:
        return {}
    language = language_of(settings)
    found: dict[str, str] = {}
    for name in wanted.texts:
        try:
            found[name] = text_path(template_dir, wanted, name, language).read_text("utf-8")
        except (OSError, UnicodeDecodeError):  # whatever is wrong with it shows when it is written
            continue
    return found
