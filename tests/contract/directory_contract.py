"""What every directory must do, as far as plans rely on it: run by the fake in memory and by a real slapd."""

from __future__ import annotations

import pytest

from sterna.model.address import Address
from sterna.openldap.directory import (
    Add,
    Delete,
    Entry,
    EntryExistsError,
    EntryInvalidError,
    EntryMissingError,
    Replace,
)
from sterna.openldap.entries import AccountEntry, Status, domain_attributes, raw, row_attributes
from sterna.openldap.tree import LookupTable, Tree

TREE = Tree("dc=lab,dc=example")
ANNA = Address.parse("anna@lab.example")
DN = TREE.account(ANNA)


def entry(dn, attributes, **more):
    values = {name: raw(texts) for name, texts in attributes.items()}
    return Entry(dn, values | {name: tuple(each) for name, each in more.items()})


def anna(**fields):
    made = AccountEntry(
        address=ANNA,
        real_name="Änna Berg",
        status=Status.ACTIVE,
        alternates=[Address.parse("a@lab.example"), Address.parse("b@lab.example")],
        forwards=[],
        quota_bytes=1_000_000,
        mail_server="store1.lab.example",
    )
    return entry(DN, made.attributes(), **fields)


class DirectoryContract:
    """Subclasses give a fixture `directory`: empty branches, writable by us."""

    @pytest.fixture
    def filled(self, directory):
        """A domain with one account and one row in a lookup table."""
        directory.add(entry(TREE.domain("lab.example"), domain_attributes("lab.example")))
        directory.add(anna(userPassword=[b"{SSHA512}x"]))
        dn = TREE.lookup_row(LookupTable.VIRTUAL_USERS, "s@lab.example")
        directory.add(entry(dn, row_attributes("s@lab.example", ["x@else.example"])))
        return directory

    def test_what_was_added_is_read_back_byte_for_byte(self, filled):
        found = filled.get(DN)
        wanted = anna(userPassword=[b"{SSHA512}x"]).attributes
        assert {name: set(values) for name, values in found.attributes.items()} == {
            name: set(values) for name, values in wanted.items()
        }

    def test_a_search_finds_everything_at_and_below_its_base(self, filled):
        names = {each.dn for each in filled.search(TREE.users, "(objectClass=*)", ["mail"])}
        assert names == {TREE.users, TREE.domain("lab.example"), DN}
        mails = [each.attributes.get("mail") for each in filled.search(TREE.users, "(objectClass=*)", ["mail"])]
        assert sorted(mail for mail in mails if mail) == [(b"anna@lab.example",)]

    def test_a_search_below_nothing_is_an_error(self, filled):
        with pytest.raises(EntryMissingError):
            list(filled.search(TREE.domain("nowhere.example"), "(objectClass=*)"))

    def test_only_the_attributes_asked_for_are_given(self, filled):
        assert set(filled.get(DN, ["cn", "USERPASSWORD"]).attributes) == {"cn", "userPassword"}

    def test_an_entry_that_is_not_there_is_none(self, filled):
        assert filled.get(TREE.account(Address.parse("bo@lab.example"))) is None

    def test_an_entry_is_found_by_another_spelling_of_its_name(self, filled):
        assert filled.get(DN.replace("uid=anna,", "UID=Anna, ")) is not None

    def test_an_entry_cannot_be_added_twice(self, filled):
        with pytest.raises(EntryExistsError):
            filled.add(anna())

    def test_an_entry_needs_a_parent(self, filled):
        stray = TREE.account(Address.parse("anna@nowhere.example"))
        with pytest.raises(EntryInvalidError):
            filled.add(Entry(stray, anna().attributes))

    def test_named_values_are_exchanged_and_the_others_stay(self, filled):
        filled.modify(
            DN,
            [
                Delete("mailAlternateAddress", (b"a@lab.example",)),
                Add("mailAlternateAddress", (b"c@lab.example",)),
                Delete("cn", ("Änna Berg".encode(),)),
                Add("cn", (b"Anna Tal",)),
                Delete("mailQuotaSize", (b"977",)),
                Add("mailQuotaSize", (b"2",)),
                Delete("accountStatus", (b"active",)),
                Add("accountStatus", (b"noaccess",)),
                Add("mailForwardingAddress", (b"x@else.example",)),
            ],
        )
        found = filled.get(DN).attributes
        assert set(found["mailAlternateAddress"]) == {b"b@lab.example", b"c@lab.example"}
        assert (found["cn"], found["mailQuotaSize"], found["sn"]) == ((b"Anna Tal",), (b"2",), (b"Berg",))
        assert (found["accountStatus"], found["mailForwardingAddress"]) == ((b"noaccess",), (b"x@else.example",))

    def test_the_last_value_takes_the_attribute_with_it(self, filled):
        filled.modify(DN, [Delete("mailQuotaSize", (b"977",))])
        assert "mailQuotaSize" not in filled.get(DN).attributes

    def test_a_value_that_is_not_there_spoils_the_whole_change(self, filled):
        before = filled.get(DN)
        with pytest.raises(EntryInvalidError):
            filled.modify(DN, [Replace("sn", (b"Tal",)), Delete("mailAlternateAddress", (b"gone@lab.example",))])
        assert filled.get(DN) == before

    def test_an_entry_that_is_not_there_cannot_be_changed(self, filled):
        with pytest.raises(EntryMissingError):
            filled.modify(TREE.account(Address.parse("bo@lab.example")), [Replace("sn", (b"x",))])

    def test_a_row_of_a_table_changes_its_value(self, filled):
        dn = TREE.lookup_row(LookupTable.VIRTUAL_USERS, "s@lab.example")
        filled.modify(dn, [Delete("lookupValue", (b"x@else.example",)), Add("lookupValue", (b"anna@lab.example",))])
        assert filled.get(dn).attributes["lookupValue"] == (b"anna@lab.example",)
