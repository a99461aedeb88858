"""The directory of the new platform: replication, certificates, and who may do what."""

from __future__ import annotations

import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from sterna.lab.lab import LabOptions
from sterna.model.secret import Secret
from sterna.openldap.directory import (
    Add,
    Delete,
    Directory,
    DirectoryCertificateError,
    DirectoryLoginError,
    DirectoryUnreachableError,
    EntryExistsError,
    EntryInvalidError,
    EntryMissingError,
    EntryRefusedError,
    Replace,
)
from sterna.openldap.passwords import hash_password
from sterna.openldap.tree import Administrator, Service
from sterna.pki.authority import Authority
from sterna.site.declaration import PasswordScheme

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.real.conftest import Site

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("platform directory")]

ANNA = "uid=anna,ou=lab.example,ou=users,ou=accounts,dc=lab,dc=example"
BJORN = "uid=bjorn,ou=lab.example,ou=users,ou=accounts,dc=lab,dc=example"


CARL, DORA, EMIL = (ANNA.replace("anna", name) for name in ("carl", "dora", "emil"))


@pytest.fixture(scope="module")
def anna(start_shared_lab: Callable[[LabOptions], Site]) -> Site:
    """A platform with two accounts, without mailboxes; no test changes them."""
    platform = start_shared_lab(LabOptions(with_source=False))
    platform.add_domain("lab.example", "old-lab.example")
    for name in ("anna", "bjorn"):
        assert platform.add_account(f"{name}@lab.example", mailbox=False) in (ANNA, BJORN)
    return platform


def test_a_password_changed_at_the_provider_counts_at_the_consumer(anna: Site) -> None:
    anna.add_account("carl@lab.example", mailbox=False)
    with Directory.login(anna.table(), CARL, Secret("s3cret")) as own:
        hashed = hash_password(Secret("n3w"), PasswordScheme.SSHA512)
        own.modify(CARL, [Replace("userPassword", (hashed.reveal().encode(),))])
    anna.wait_for_consumer()
    consumer = anna.table(uri=anna.info.platform.consumer_uri)
    with Directory.login(consumer, CARL, Secret("n3w")):
        pass
    with pytest.raises(DirectoryLoginError):
        Directory.login(consumer, CARL, Secret("s3cret"))


def test_the_consumer_follows_additions_changes_and_removals(anna: Site) -> None:
    for name in ("dora", "emil"):
        anna.add_account(f"{name}@lab.example", mailbox=False)
    login = (anna.tree.service(Service.REPLICATOR), anna.info.platform.passwords[Service.REPLICATOR])
    with (
        anna.directory() as provider,
        Directory.login(anna.table(uri=anna.info.platform.consumer_uri), *login) as consumer,
    ):
        provider.modify(DORA, [Replace("cn", ("Änna".encode(),)), Add("mailAlternateAddress", (b"a@lab.example",))])
        provider.delete(EMIL)
        anna.wait_for_consumer()
        entry = consumer.get(DORA)
        assert entry is not None
        assert entry.attributes["cn"] == ("Änna".encode(),)
        assert entry.attributes["mailAlternateAddress"] == (b"a@lab.example",)
        assert consumer.get(EMIL) is None


def test_a_write_at_the_consumer_is_referred_to_the_provider(anna: Site) -> None:
    table = anna.table(uri=anna.info.platform.consumer_uri)
    with Directory.open(table) as consumer, pytest.raises(EntryRefusedError, match="Referral"):
        consumer.modify(ANNA, [Replace("cn", (b"x",))])


def test_who_may_do_what(anna: Site) -> None:
    tree = anna.tree
    postfix, cyrus, webmail = (tree.service(each) for each in (Service.POSTFIX, Service.CYRUS, Service.WEBMAIL))
    sterna, replicator = tree.service(Service.STERNA), tree.service(Service.REPLICATOR)
    table = f"lookupName=mydestination,{tree.postfix}"
    for who, entry, what, allowed in [
        (postfix, ANNA, "mail/read", True),
        (postfix, ANNA, "mailAlternateAddress/read", True),
        (postfix, ANNA, "mailForwardingAddress/read", True),
        (postfix, ANNA, "accountStatus/search", True),
        (postfix, ANNA, "accountStatus/read", False),
        (postfix, ANNA, "cn/search", False),
        (postfix, ANNA, "userPassword/auth", False),
        (postfix, ANNA, "mail/write", False),
        (postfix, table, "lookupKey/read", True),
        (postfix, table, "lookupKey/write", False),
        (postfix, cyrus, "entry/search", False),
        (cyrus, ANNA, "mail/search", True),
        (cyrus, ANNA, "entry/read", True),
        (cyrus, ANNA, "mailForwardingAddress/search", False),
        (cyrus, ANNA, "userPassword/compare", False),
        (cyrus, tree.administrator(Administrator.CYRUS), "uid/search", True),
        (cyrus, table, "lookupKey/search", False),
        (webmail, ANNA, "mail/read", True),
        (webmail, ANNA, "cn/read", True),
        (webmail, ANNA, "mailAlternateAddress/read", True),
        (webmail, ANNA, "mailForwardingAddress/read", False),
        (webmail, ANNA, "userPassword/search", False),
        (webmail, ANNA, "mail/write", False),
        (ANNA, ANNA, "cn/read", True),
        (ANNA, ANNA, "mailForwardingAddress/read", True),
        (ANNA, ANNA, "mail/write", False),
        (ANNA, ANNA, "accountStatus/write", False),
        (ANNA, ANNA, "userPassword/write", True),
        (ANNA, ANNA, "userPassword/read", False),
        (ANNA, BJORN, "mail/search", False),
        (ANNA, BJORN, "entry/read", False),
        (ANNA, BJORN, "userPassword/write", False),
        (sterna, ANNA, "userPassword/write", True),
        (sterna, ANNA, "mail/write", True),
        (sterna, tree.domain("lab.example"), "children/write", True),
        (sterna, table, "children/write", True),
        (sterna, postfix, "userPassword/read", False),
        (sterna, postfix, "entry/write", False),
        (sterna, tree.system, "children/write", False),
        (replicator, ANNA, "userPassword/read", True),
        (replicator, postfix, "userPassword/read", True),
        (replicator, ANNA, "mail/write", False),
    ]:
        assert _slapacl(anna, who, entry, what) == allowed, f"{who} {what} on {entry}"


def _slapacl(site: Site, who: str, entry: str, what: str) -> bool:
    done = subprocess.run(
        ["slapacl", "-F", str(site.info.dir / "target/provider/slapd.d"), "-D", who, "-b", entry, what],
        capture_output=True,
        text=True,
        check=False,
        user="openldap",
        group="openldap",
        extra_groups=(),
    )
    assert done.stderr.count("ALLOWED") + done.stderr.count("DENIED") == 1, done.stderr
    return "ALLOWED" in done.stderr


def test_nobody_is_answered_without_a_login_or_in_clear(anna: Site) -> None:
    uri = anna.info.platform.provider_uri
    environment = {"LDAPTLS_CACERT": str(anna.info.ca), "PATH": "/usr/bin"}
    sterna = anna.tree.service(Service.STERNA)
    secret = anna.info.target.directory.password_file
    base = ["-H", uri, "-b", anna.tree.suffix, "-LLL"]
    anonymous = _ldapsearch(["-x", "-ZZ", *base], environment)
    assert "anonymous bind disallowed" in anonymous.stderr
    assert "dn:" not in anonymous.stdout
    clear = _ldapsearch(["-x", "-D", sterna, "-y", str(secret), *base], environment)
    assert "Confidentiality required" in clear.stderr
    assert "dn:" not in clear.stdout


def _ldapsearch(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ldapsearch", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=20
    )


def test_root_on_the_same_host_may_repair_everything_by_the_socket(anna: Site) -> None:
    path = str(anna.info.dir / "run/provider/ldapi").replace("/", "%2F")
    command = ["ldapsearch", "-Q", "-LLL", "-Y", "EXTERNAL", "-H", f"ldapi://{path}", "-b", ANNA, "userPassword"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    assert "userPassword:: " in done.stdout


def test_a_certificate_that_is_not_ours_or_not_for_this_name_is_refused_before_the_password(
    anna: Site,
) -> None:
    stranger = Authority.create(anna.info.dir / "stranger", "Somebody else").certificate
    with pytest.raises(DirectoryCertificateError, match="No password was sent"):
        Directory.open(anna.table(ca_file=stranger))
    other_name = anna.info.platform.provider_uri.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises((DirectoryCertificateError, DirectoryUnreachableError)):
        Directory.open(anna.table(uri=other_name))


def test_a_server_certificate_with_a_wrong_name_is_refused(anna: Site) -> None:
    """The provider's certificate is good for its address, not for what /etc/hosts may call this machine besides."""
    with (
        socket.create_connection(("127.0.0.1", anna.info.platform.ports.ldaps), timeout=10) as raw,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        anna.trust.wrap_socket(raw, server_hostname="ldap.example.org")


def test_wrong_password_and_missing_server_are_told_apart(anna: Site) -> None:
    with pytest.raises(DirectoryLoginError) as login:
        Directory.login(anna.table(), ANNA, Secret("wrong"))
    assert login.value.exit_code == 77
    with pytest.raises(DirectoryLoginError):
        Directory.login(anna.table(), ANNA, Secret(""))
    with pytest.raises(DirectoryUnreachableError) as missing:
        Directory.open(anna.table(uri="ldap://127.0.0.1:1"))
    assert missing.value.exit_code == 69


def test_entries_are_found_a_page_at_a_time(anna: Site) -> None:
    with anna.directory() as directory:
        for number in range(1201):
            dn = f"uid=u{number},{anna.tree.domain('lab.example')}"
            mail = f"u{number}@lab.example"
            directory.add(
                anna.entry(
                    dn, objectClass=["inetOrgPerson", "greenUser"], uid=[f"u{number}"], cn=["u"], sn=["u"], mail=[mail]
                )
            )
        found = list(directory.search(anna.tree.users, "(&(objectClass=greenUser)(uid=u*))", ["mail"]))
        assert len({one.dn for one in found}) == 1201
        assert {name for one in found for name in one.attributes} == {"mail"}


def test_each_refusal_has_its_own_error(anna: Site) -> None:
    with anna.directory() as directory:
        with pytest.raises(EntryMissingError):
            directory.modify("uid=nobody," + anna.tree.domain("lab.example"), [Replace("cn", (b"x",))])
        with pytest.raises(EntryMissingError):
            list(directory.search("ou=nowhere," + anna.tree.suffix, "(objectClass=*)"))
        with pytest.raises(EntryExistsError):
            directory.add(anna.entry(ANNA, objectClass=["inetOrgPerson"], cn=["x"], sn=["x"]))
        with pytest.raises(EntryInvalidError):
            directory.modify(ANNA, [Replace("mail", ())])
        with pytest.raises(EntryInvalidError):
            directory.modify(ANNA, [Delete("mailAlternateAddress", (b"not@there",))])
        with pytest.raises(EntryRefusedError):
            directory.modify(anna.tree.service(Service.WEBMAIL), [Replace("userPassword", (b"x",))])
        assert directory.get("uid=nobody," + anna.tree.users) is None
        directory.modify(ANNA, [])
        directory.close()
        directory.close()
