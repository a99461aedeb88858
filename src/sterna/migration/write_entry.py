"""Carry one change of an entry out, and read back what was written."""

from __future__ import annotations

from sterna.errors import Retry, Scope, SternaError
from sterna.migration.changes import AddEntry, AttributeChange, ModifyEntry
from sterna.migration.facts import DirectoryPort, read_entry
from sterna.migration.standing import Standing, entry_standing
from sterna.model.account import ClearPassword, HashedPassword
from sterna.model.secret import Secret
from sterna.openldap.directory import Add, Change, Delete, Entry
from sterna.openldap.entries import PASSWORD, raw
from sterna.openldap.passwords import hash_password
from sterna.site.declaration import PasswordScheme


class EntryNotAsWrittenError(SternaError):
    """The directory took a change and shows something else."""

    scope = Scope.ACCOUNT
    retry = Retry.LATER
    exit_code = 70

    def __init__(self, dn: str) -> None:
        self.dn = dn
        super().__init__(
            f"the directory took a change of {dn}, but does not show it afterwards; somebody else may write there, "
            "or the login may not read what it may write. Plan again and look at what it says."
        )


def hashed_for(password: ClearPassword | HashedPassword, scheme: PasswordScheme) -> Secret:
    """Return the value of ``userPassword`` for a password; slow when it has to be hashed."""
    match password:
        case ClearPassword(secret):
            return hash_password(secret, scheme)
        case HashedPassword(hashed):
            return hashed


def write_entry(directory: DirectoryPort, change: AddEntry | ModifyEntry, hashed: Secret | None) -> None:
    """Make the change in one request, and check that it can be seen.

    Values to be replaced are named in the request, so a server on which they changed a moment ago refuses it whole.

    Args:
        directory: logged in.
        change: still to be made.
        hashed: the value of ``userPassword`` if the change sets one.

    Raises:
        EntryRefusedError: the server refuses; the entry is as before.
        EntryNotAsWrittenError: it shows something else.
    """
    password = () if hashed is None else raw((hashed.reveal(),))
    match change:
        case AddEntry():
            attributes = {name: raw(values) for name, values in change.attributes}
            if password:
                attributes[PASSWORD] = password
            directory.add(Entry(change.dn, attributes))
        case ModifyEntry():
            wanted = [part for each in change.attributes for part in _modification(each)]
            if password:
                wanted.append(Add(PASSWORD, password))
            directory.modify(change.dn, wanted)
    found = read_entry(directory, change.dn)
    if (
        found is None
        or entry_standing(change, found) is not Standing.DONE
        or (hashed is not None and hashed not in found.passwords)
    ):
        raise EntryNotAsWrittenError(change.dn)


def _modification(change: AttributeChange) -> list[Change]:
    gone = tuple(value for value in change.old if value not in change.new)
    new = tuple(value for value in change.new if value not in change.old)
    parts: list[Change] = []
    if gone:
        parts.append(Delete(change.name, raw(gone)))
    if new:
        parts.append(Add(change.name, raw(new)))
    return parts
