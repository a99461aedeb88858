"""The mailboxes of an account as its files tell: names and sizes, and what account.info says of each.

Only names, formats and sizes can be known from disk. How a message's flags and UID are written in a mailbox is not
published, so mail is read by IMAP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sterna.communigate.names import NameEncoding, guess_name_encoding, mailbox_name
from sterna.communigate.tree.files import Kind, TreePath, shown
from sterna.communigate.tree.layout import MAILBOXES, AccountPlace
from sterna.communigate.tree.notes import TreeNotes
from sterna.communigate.values import Dictionary, Value, as_dictionary
from sterna.errors import FormatError
from sterna.imap import mutf7
from sterna.model.finding import Outcome
from sterna.model.mailbox import INBOX, MailboxName

_FOLDER = ".folder"
"""Extension of a folder with the mailboxes below one of the same name."""

_OWN = frozenset({"account.settings", "account.info", "account.web", "account.rpopids"})
_UNDERSTOOD = frozenset({"Access", "Class", "Messages", "Size"})
_DEEPEST = 32


@dataclass(slots=True)
class _Found:
    """What the files say of one name; `size_bytes` is None while it is no mailbox."""

    size_bytes: int | None = None
    folder: bool = False


@dataclass(slots=True)
class _Look:
    """One look at an account's files."""

    notes: TreeNotes
    found: dict[MailboxName, _Found] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    def folder(self, path: TreePath, above: MailboxName) -> None:
        for entry in self.notes.entries(path):
            stem, dot, extension = entry.name.rpartition(".")
            place = (*path, entry.name)
            if entry.kind is Kind.LINK:
                why = "it is a symbolic link, which is not followed"
                self.notes.add(Outcome.UNREADABLE, shown(place), why, "see by IMAP what it is", kind="mailbox")
            elif stem and dot + extension in MAILBOXES and entry.kind is not Kind.OTHER:
                size = entry.size_bytes if entry.kind is Kind.FILE else self.notes.size(place)
                self.at(self.name(stem, above)).size_bytes = size
            elif stem and dot + extension == _FOLDER and entry.kind is Kind.FOLDER and len(above) < _DEEPEST:
                name = self.name(stem, above)
                self.at(name).folder = True
                self.folder(place, name)
            elif entry.name == "account.dst" and not above:
                why = "address books and lists of addresses, in a form that is not published"
                self.notes.add(Outcome.UNREADABLE, entry.name, why, "ask the CLI for its datasets")
            elif above or entry.name not in _OWN:
                self.odd.append(shown(place[-1:]))

    def at(self, name: MailboxName) -> _Found:
        return self.found.setdefault(name, _Found())

    def name(self, stem: str, above: MailboxName) -> MailboxName:
        try:
            part = mutf7.decode(stem.encode("ascii"))
        except (FormatError, UnicodeEncodeError):
            why = "a mailbox's file name that is not modified UTF-7; it is taken as it stands"
            self.notes.add(Outcome.CHANGED, shown((stem,)), why, "compare it with what IMAP shows", kind="mailbox")
            part = stem
        return (*above, part) if above or part.upper() != "INBOX" else INBOX


def read_mailboxes(notes: TreeNotes, place: AccountPlace, info: Dictionary) -> dict[str, Value]:
    """Return the account's mailboxes in the shape of LISTMAILBOXES, names in UTF-8; what is odd is noted."""
    look = _Look(notes)
    if place.folder is not None:
        look.folder(place.folder, ())
    elif place.inbox is not None:
        inbox, folder = place.inbox, place.settings[:-1]
        look.at(INBOX).size_bytes = inbox.size_bytes if inbox.kind is Kind.FILE else notes.size((*folder, inbox.name))
    described = dict(_described(info, frozenset(look.found)))
    if look.odd:
        why = "files of the account that are not understood here"
        notes.add(Outcome.DROPPED, ", ".join(sorted(look.odd)[:20]), why, "see on the source what they are")
    if keys := sorted({key for each in described.values() for key in each} - _UNDERSTOOD):
        notes.add(Outcome.DROPPED, f"account.info: {', '.join(keys)}", "what the server keeps of mailboxes for itself")
    return {"/".join(name): _listed(look.found.get(name), described.get(name)) for name in look.found | described}


def _described(info: Dictionary, known: frozenset[MailboxName]) -> Iterator[tuple[MailboxName, Dictionary]]:
    """Yield what account.info says of each mailbox. Whether its keys are modified UTF-7 too is told by the files."""
    rows = {key: as_dictionary(value) or {} for key, value in info.items() if not key.startswith("#")}
    guess = guess_name_encoding(rows) or NameEncoding.UTF8
    for key, row in rows.items():
        names = [mailbox_name(key, guess), *(mailbox_name(key, each) for each in NameEncoding)]
        yield next((name for name in names if name in known), names[0]), row


def _listed(found: _Found | None, described: Dictionary | None) -> Value:
    if found is not None and found.size_bytes is None and described is None:
        return ()
    row: dict[str, Value] = {key: value for key, value in (described or {}).items() if key in _UNDERSTOOD}
    if found is not None and found.size_bytes is not None:
        row["Size"] = found.size_bytes
    return (row,) if found is not None and found.folder else row


def preferences(info: Dictionary) -> Mapping[str, Value] | None:
    """Return the preferences that account.info has; whether their key is written with its ``#`` is not certain."""
    return as_dictionary(info.get("#Viewer", info.get("Viewer")))
