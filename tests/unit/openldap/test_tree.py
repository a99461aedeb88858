from __future__ import annotations

import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap.dn import str2dn  # type: ignore[import-untyped]
from ldif import LDIFRecordList  # type: ignore[import-untyped]

from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.openldap.directory import escape
from sterna.openldap.tree import Administrator, LookupTable, Service, SuffixError, Tree, bootstrap_ldif

TREE = Tree("dc=lab,dc=example")
NAMES: list[Service | Administrator] = [*Service, *Administrator]
HASHES = {name: Secret(f"{{SSHA512}}{name}") for name in NAMES}


def parsed(ldif: str) -> list[tuple[str, dict[str, list[bytes]]]]:
    reader = LDIFRecordList(io.StringIO(ldif))
    reader.parse()
    records: list[tuple[str, dict[str, list[bytes]]]] = reader.all_records
    return records


def test_names_of_entries() -> None:
    assert TREE.account(Address("lab.example", "rene.pfeiffer")) == (
        "uid=rene.pfeiffer,ou=lab.example,ou=users,ou=accounts,dc=lab,dc=example"
    )
    assert TREE.service(Service.POSTFIX) == "cn=postfix,ou=system,ou=accounts,dc=lab,dc=example"
    assert TREE.administrator(Administrator.LMTP) == "uid=lmtpadmin,ou=system,ou=accounts,dc=lab,dc=example"
    assert TREE.lookup_row(LookupTable.VIRTUAL_USERS, "a@b.example") == (
        "lookupKey=a@b.example,lookupName=virtualusers,cn=postfix,cn=mailstore,ou=server,dc=lab,dc=example"
    )


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_name_stays_one_component_of_its_dn(name: str) -> None:
    components = str2dn(TREE.account(Address("lab.example", name)))
    assert components[0][0][:2] == ("uid", name)
    assert len(components) == 6


def test_the_bootstrap_has_parents_before_children_and_every_service_with_its_hash() -> None:
    records = parsed(bootstrap_ldif(TREE, HASHES))
    seen: set[str] = set()
    for dn, _ in records:
        parent = dn.partition(",")[2]
        assert dn == TREE.suffix or parent in seen, f"{dn} comes before {parent}"
        seen.add(dn)
    hashes = {dn: attributes["userPassword"] for dn, attributes in records if "userPassword" in attributes}
    expected = {TREE.service(each): [HASHES[each].reveal().encode()] for each in Service}
    expected |= {TREE.administrator(each): [HASHES[each].reveal().encode()] for each in Administrator}
    assert hashes == expected


@pytest.mark.parametrize(
    ("suffix", "attributes"),
    [
        ("dc=example", {"objectClass": [b"organization", b"dcObject"], "dc": [b"example"], "o": [b"example"]}),
        ("o=Blömm GmbH", {"objectClass": [b"organization"], "o": ["Blömm GmbH".encode()]}),
        ("OU=mail,O=x", {"objectClass": [b"organizationalUnit"], "ou": [b"mail"]}),
    ],
)
def test_the_topmost_entry_follows_from_the_suffix(suffix: str, attributes: dict[str, list[bytes]]) -> None:
    dn, top = parsed(bootstrap_ldif(Tree(suffix), HASHES))[0]
    assert (dn, top) == (suffix, attributes)


@pytest.mark.parametrize("suffix", ["", "example", "c=AT", "dc=", "dc=a,,", "cn=config"])
def test_what_cannot_be_a_suffix_is_refused(suffix: str) -> None:
    with pytest.raises(SuffixError):
        bootstrap_ldif(Tree(suffix), HASHES)


@given(st.text(string.printable + "äß\0"))
def test_an_escaped_value_has_no_meaning_in_a_filter(value: str) -> None:
    escaped = escape(value)
    assert not set("*()\0") & set(escaped)
    decoded = escaped
    for char in "\\*()\0":
        decoded = decoded.replace(f"\\{ord(char):02x}", char) if char != "\\" else decoded
    assert decoded.replace("\\5c", "\\") == value or "\\" in value
