"""What the target holds now, as far as a plan is concerned: entries of accounts and lookup tables, INBOXes, quotas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from sterna.cyrus.admin import Quota
from sterna.errors import Scope, SternaError
from sterna.migration.jobs import run_together
from sterna.migration.scripts import ScriptsPort, ScriptState
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.openldap.contact import CONTACT_ATTRIBUTES
from sterna.openldap.directory import Change, Directory, Entry, EntryMissingError
from sterna.openldap.entries import ACCOUNT_ATTRIBUTES, PASSWORD, ROW_ATTRIBUTES, dn_key, text
from sterna.openldap.tree import Tree

DnKey = tuple[tuple[str, str], ...]

_READ: Final = tuple(
    dict.fromkeys(("objectClass", *ACCOUNT_ATTRIBUTES, *CONTACT_ATTRIBUTES, *ROW_ATTRIBUTES, PASSWORD))
)
_SCRIPTS_AT_A_TIME: Final = 4

_SPELLING: Final = {name.lower(): name for name in _READ}


class DirectoryPort(Protocol):
    """What a plan needs of a directory; `sterna.openldap.directory.Directory` is one."""

    def search(self, base: str, filter: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:  # noqa: A002  # as there
        """Yield entries at and below `base`."""
        ...

    def get(self, dn: str, attributes: Sequence[str] = ()) -> Entry | None:
        """Return one entry."""
        ...

    def add(self, entry: Entry) -> None:
        """Make one entry."""
        ...

    def modify(self, dn: str, changes: Sequence[Change]) -> None:
        """Change one entry, wholly or not at all."""
        ...


class MailStorePort(Protocol):
    """What a plan needs of a mail store; `sterna.cyrus.admin.MailStoreAdmin` is one."""

    async def inboxes(self) -> set[Address]:
        """Return who has an INBOX."""
        ...

    async def exists(self, address: Address) -> bool:
        """Return whether one account has an INBOX."""
        ...

    async def create(self, address: Address) -> None:
        """Make an INBOX."""
        ...

    async def quotas(self, addresses: Iterable[Address]) -> Mapping[Address, Quota]:
        """Return quotas of accounts with an INBOX."""
        ...

    async def set_quota(self, address: Address, limit_kib: int | None) -> None:
        """Set or remove a limit."""
        ...


class TreeMissingError(SternaError):
    """The directory has no place for accounts yet."""

    scope = Scope.RUN
    exit_code = 78

    def __init__(self, dn: str) -> None:
        self.dn = dn
        super().__init__(
            f"the directory has no entry {dn}, or does not show it to this login; nothing was changed. "
            "Is the suffix in the site file right, and has the directory been set up?"
        )


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry as it is, in the attributes we look at; `passwords` are the values of ``userPassword``."""

    dn: str
    attributes: Mapping[str, tuple[str, ...]]
    passwords: tuple[Secret, ...] = field(default=(), repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of one attribute, none when it is absent."""
        return self.attributes.get(name, ())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the target holds now; `quotas` has one row for each INBOX that was asked for, `inboxes` are all.

    `scripts` has a row for each account whose scripts were asked for and that has an INBOX, or `unreadable_scripts` has
    one that says why not.
    """

    entries: Mapping[DnKey, FoundEntry]
    inboxes: frozenset[Address]
    quotas: Mapping[Address, Quota]
    scripts: Mapping[Address, ScriptState] = field(default_factory=dict)
    unreadable_scripts: Mapping[Address, str] = field(default_factory=dict)


async def read_facts(
    directory: Directory | DirectoryPort,
    store: MailStorePort,
    tree: Tree,
    wanted: Iterable[Address],
    scripts: ScriptsPort,
    filtered: Iterable[Address] = (),
) -> Facts:
    """Read everything a plan compares with, in two searches, one LIST and one pipelined row of GETQUOTA.

    Args:
        directory: logged in; used from one other thread.
        store: logged in.
        tree: where accounts and tables stand.
        wanted: the accounts whose quotas matter.
        scripts: where filter scripts are.
        filtered: the accounts whose scripts matter.

    Raises:
        TreeMissingError: the directory has not been set up.
    """
    entries = await asyncio.to_thread(_entries, directory, tree)
    inboxes = await store.inboxes()
    quotas = await store.quotas(address for address in wanted if address in inboxes)
    states, unreadable = await _script_states(scripts, [address for address in filtered if address in inboxes])
    return Facts(entries, frozenset(inboxes), quotas, states, unreadable)


async def _script_states(
    scripts: ScriptsPort, addresses: Sequence[Address]
) -> tuple[dict[Address, ScriptState], dict[Address, str]]:
    """Ask for a few accounts at a time, each is a conversation of its own; one that is refused is not the others'."""
    queue = iter(addresses)
    states: dict[Address, ScriptState] = {}
    unreadable: dict[Address, str] = {}

    async def work() -> None:
        for address in queue:
            try:
                states[address] = await scripts.state(address)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
                unreadable[address] = f"its scripts on the target could not be read: {error}"

    await run_together(work() for _ in range(min(_SCRIPTS_AT_A_TIME, len(addresses))))
    return states, unreadable


def found(entry: Entry) -> FoundEntry:
    """Return `entry` as the plan looks at it."""
    attributes = {
        _SPELLING[name.lower()]: text(values)
        for name, values in entry.attributes.items()
        if name.lower() in _SPELLING and name.lower() != PASSWORD.lower()
    }
    passwords = [values for name, values in entry.attributes.items() if name.lower() == PASSWORD.lower()]
    return FoundEntry(entry.dn, attributes, tuple(Secret(value) for values in passwords for value in text(values)))


def read_entry(directory: DirectoryPort, dn: str) -> FoundEntry | None:
    """Return one entry as the plan looks at it, or None when it is not there."""
    entry = directory.get(dn, _READ)
    return None if entry is None else found(entry)


def _entries(directory: DirectoryPort, tree: Tree) -> dict[DnKey, FoundEntry]:
    entries: dict[DnKey, FoundEntry] = {}
    for base in (tree.users, tree.postfix):
        try:
            for entry in directory.search(base, "(objectClass=*)", _READ):
                entries[dn_key(entry.dn)] = found(entry)
        except EntryMissingError as error:
            raise TreeMissingError(base) from error
    return entries
