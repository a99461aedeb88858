from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from ldif import LDIFRecordList  # type: ignore[import-untyped]

from sterna.errors import UnsafeSettingError
from sterna.model.secret import Secret
from sterna.openldap.config import ConsumerSettings, consumer_ldif, provider_ldif
from sterna.openldap.tree import Service, Tree

TREE = Tree("dc=example,dc=net")
SETTINGS = ConsumerSettings(
    tree=TREE,
    slapd_d=Path("/srv/slapd.d"),
    data_dir=Path("/srv/data"),
    run_dir=Path("/run/slapd"),
    ca_file=Path("/etc/ssl/ca.crt"),
    certificate_file=Path("/etc/ssl/x.crt"),
    key_file=Path("/etc/ssl/x.key"),
    provider_uri="ldap://directory.example.net",
    replicator_password=Secret("t0ps3cret"),
)


def records(ldif: str) -> dict[str, dict[str, list[str]]]:
    """The LDIF by DN, without slapadd's include lines, which are no LDIF."""
    kept = "\n".join(line for line in ldif.splitlines() if not line.startswith("include:"))
    reader = LDIFRecordList(io.StringIO(kept))
    reader.parse()
    return {dn: {name: [v.decode() for v in of] for name, of in found.items()} for dn, found in reader.all_records}


def test_the_provider_serves_replication_and_knows_no_replicators_password() -> None:
    text = provider_ldif(SETTINGS)
    assert "olcOverlay={0}syncprov,olcDatabase={1}mdb,cn=config" in records(text)
    assert "t0ps3cret" not in text
    assert "olcSyncrepl" not in text


def test_the_consumer_demands_tls_and_sends_writers_to_the_provider() -> None:
    database = records(consumer_ldif(SETTINGS))["olcDatabase={1}mdb,cn=config"]
    [syncrepl] = database["olcSyncrepl"]
    login = f'binddn="{TREE.service(Service.REPLICATOR)}"'
    for word in ("starttls=critical", "tls_reqcert=demand", "type=refreshAndPersist", login):
        assert f" {word}" in syncrepl
    assert database["olcUpdateRef"] == ["ldap://directory.example.net"]


@pytest.mark.parametrize("render", [provider_ldif, consumer_ldif])
def test_nobody_gets_in_without_tls_or_without_a_name(render: type) -> None:
    configuration = records(render(SETTINGS))
    top = configuration["cn=config"]
    assert top["olcSecurity"] == ["simple_bind=128"]
    assert top["olcDisallows"] == ["bind_anon"]
    database = configuration["olcDatabase={1}mdb,cn=config"]
    assert database["olcRequires"] == ["authc"]
    assert "olcRootPW" not in database


def test_every_access_rule_ends_by_refusing_everybody_else() -> None:
    rules = records(provider_ldif(SETTINGS))["olcDatabase={1}mdb,cn=config"]["olcAccess"]
    assert len(rules) > 10
    assert all(rule.endswith(" by * none") for rule in rules)
    assert rules[-1].startswith("to * ")


@pytest.mark.parametrize("durable", [True, False])
def test_only_a_lab_may_forget_the_last_seconds(durable: bool) -> None:
    database = records(provider_ldif(dataclasses.replace(SETTINGS, durable=durable)))["olcDatabase={1}mdb,cn=config"]
    assert ("olcDbNoSync" in database) is not durable


@pytest.mark.parametrize(
    "change",
    [
        {"data_dir": Path("/srv/a\nolcRootPW: x")},
        {"provider_uri": 'ldap://x"'},
        {"replicator_password": Secret('a"b')},
        {"ca_file": Path("/srv/ö")},
        {"tree": Tree("dc=x\n")},
    ],
    ids=str,
)
def test_a_value_that_would_break_out_of_its_line_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnsafeSettingError) as error:
        consumer_ldif(dataclasses.replace(SETTINGS, **change))  # type: ignore[arg-type]
    assert 'a"b' not in str(error.value)


def test_the_schema_keeps_its_registered_numbers() -> None:
    configuration = records(provider_ldif(SETTINGS))
    lookup = configuration["cn=lookup,cn=schema,cn=config"]
    mailbox = configuration["cn=mailbox,cn=schema,cn=config"]
    arc = "( 1.3.6.1.4.1.23381.1"
    assert [each.split(" DESC")[0] for each in lookup["olcObjectClasses"]] == [
        f"{arc}.5.2.1 NAME 'lookupTable'",
        f"{arc}.6.2.1 NAME 'lookupTableEntry'",
    ]
    numbers = {each.split("'")[1]: each.split()[1].rpartition(".")[2] for each in mailbox["olcAttributeTypes"]}
    assert numbers["mailAlternateAddress"] == "4"
    assert numbers["mailForwardingAddress"] == "7"
    assert numbers["accountStatus"] == "12"
    assert numbers["mailQuotaSize"] == "15"
    assert mailbox["olcObjectClasses"][0].startswith(f"{arc}.2.2.1 NAME 'greenUser'")
