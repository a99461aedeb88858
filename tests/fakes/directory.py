"""A small honest directory in memory; it passes the same contract as slapd (tests/contract/test_directory.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sterna.openldap.directory import (
    Add,
    Change,
    Delete,
    Entry,
    EntryExistsError,
    EntryInvalidError,
    EntryMissingError,
    Replace,
)
from sterna.openldap.entries import dn_key

Key = tuple[tuple[str, str], ...]


class FakeDirectory:
    """Entries below one suffix. Attribute names are matched in any case; of filters it knows "everything" only."""

    def __init__(self, *branches: str) -> None:
        self._entries: dict[Key, Entry] = {}
        for dn in branches:
            self._entries[dn_key(dn)] = Entry(dn, {"objectClass": (_class_of(dn),)})

    def search(self, base: str, filter: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:  # noqa: A002  # as there
        assert filter == "(objectClass=*)"
        if dn_key(base) not in self._entries:
            raise EntryMissingError(base, "search below", "there is none")
        suffix = dn_key(base)
        for key, entry in list(self._entries.items()):
            if key[len(key) - len(suffix) :] == suffix:
                yield _only(entry, attributes)

    def get(self, dn: str, attributes: Sequence[str] = ()) -> Entry | None:
        entry = self._entries.get(dn_key(dn))
        return None if entry is None else _only(entry, attributes)

    def add(self, entry: Entry) -> None:
        key = dn_key(entry.dn)
        if key in self._entries:
            raise EntryExistsError(entry.dn, "add", "there is one already")
        if key[1:] not in self._entries:
            raise EntryInvalidError(entry.dn, "add", "the entry above it is missing")
        if any(len(set(values)) != len(values) for values in entry.attributes.values()):
            raise EntryInvalidError(entry.dn, "add", "a value twice")
        self._entries[key] = Entry(entry.dn, {name: values for name, values in entry.attributes.items() if values})

    def modify(self, dn: str, changes: Sequence[Change]) -> None:
        entry = self._entries.get(dn_key(dn))
        if entry is None:
            raise EntryMissingError(dn, "change", "there is none")
        attributes = dict(entry.attributes)
        for change in changes:
            name = next((have for have in attributes if have.lower() == change.attribute.lower()), change.attribute)
            attributes[name] = _changed(dn, change, attributes.get(name, ()))
        self._entries[dn_key(dn)] = Entry(entry.dn, {name: values for name, values in attributes.items() if values})

    def delete(self, dn: str) -> None:
        if self._entries.pop(dn_key(dn), None) is None:
            raise EntryMissingError(dn, "delete", "there is none")


def _changed(dn: str, change: Change, have: tuple[bytes, ...]) -> tuple[bytes, ...]:
    match change:
        case Replace(_, values):
            return values
        case Add(_, values):
            if set(values) & set(have):
                raise EntryInvalidError(dn, "change", "a value is there already")
            return have + values
        case Delete(_, values):
            gone = values or have
            if not have or not set(gone) <= set(have):
                raise EntryInvalidError(dn, "change", "a value to delete is not there")
            return tuple(value for value in have if value not in gone)


def _only(entry: Entry, attributes: Sequence[str]) -> Entry:
    wanted = {name.lower() for name in attributes}
    return Entry(
        entry.dn,
        {name: values for name, values in entry.attributes.items() if not wanted or name.lower() in wanted},
    )


def _class_of(dn: str) -> bytes:
    return b"lookupTable" if dn.startswith("lookupName=") else b"organizationalUnit"
