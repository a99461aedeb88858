from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sterna.errors import UnsafeSettingError
from sterna.model.secret import Secret
from sterna.postfix.config import (
    DELIVERABLE,
    LIST_CLASSES,
    MEMBERS_ONLY,
    MODERATED,
    NO_BOUNCES,
    OWNER_ONLY,
    DirectoryAccess,
    PostfixSettings,
    config_files,
    list_allowed,
    list_refused,
    tables,
)

DIRECTORY = DirectoryAccess(
    uris=("ldap://one.example.net", "ldap://two.example.net"),
    ca_file=Path("/etc/ssl/ca.crt"),
    bind_dn="cn=postfix,dc=example,dc=net",
    password=Secret("t0ps3cret"),
    users_base="ou=users,dc=example,dc=net",
    tables_base="cn=postfix,dc=example,dc=net",
)
SETTINGS = PostfixSettings(
    config_dir=Path("/etc/postfix"),
    queue_dir=Path("/var/spool/postfix"),
    data_dir=Path("/var/lib/postfix"),
    log_file=Path("/var/log/mail.log"),
    hostname="mail.example.net",
    origin="example.net",
    listen="smtp",
    interface="all",
    certificate_file=Path("/etc/ssl/mail.crt"),
    key_file=Path("/etc/ssl/mail.key"),
    lmtp_socket=Path("/run/cyrus/lmtp/socket"),
    directory=DIRECTORY,
)


UNBOUND = {
    "mydestination",
    "virtualdomains",
    "unknown",
    "refused",
    "closed",
    "listaccess",
    "listallowed",
    "listrefused",
    "listelsewhere",
    "domains",
}
"""Tables that are asked for other things than addresses, or whose keys are full addresses of ours only."""


def parameters(text: str) -> dict[str, str]:
    """The parameters of a file in postconf(5)'s form: a line that begins with white space continues the one above."""
    logical: list[str] = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line[0].isspace():
            logical[-1] += " " + line.strip()
        else:
            logical.append(line)
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in logical)}


def files(settings: PostfixSettings = SETTINGS) -> dict[str, str]:
    return {file.name: file.text for file in config_files(settings)}


def test_only_the_tables_hold_the_password_and_only_they_are_secret() -> None:
    for file in config_files(SETTINGS):
        assert ("t0ps3cret" in file.text) == file.secret == file.name.startswith("ldap/")


def test_addresses_go_through_all_tables_before_what_is_for_a_whole_domain() -> None:
    maps = parameters(files()["main.cf"])["virtual_alias_maps"].split()
    assert [Path(each.rpartition(":")[2]).stem for each in maps] == [
        "listelsewhere", "virtualusers", "groups", "lists", "forwards", "aliases", "unknown"
    ]  # fmt: skip
    assert all(each.startswith("proxy:ldap:/etc/postfix/ldap/") for each in maps)


def test_every_table_that_rewrites_is_bound_to_our_domains_and_asks_for_the_full_address() -> None:
    for table in tables(DIRECTORY):
        text = parameters(files()[f"ldap/{table.name}.cf"])
        if table.name in UNBOUND:
            assert "domain" not in text
        else:
            assert text["domain"] == "ldap:/etc/postfix/ldap/domains.cf"
            assert "%u" not in text["query_filter"]
        assert text["query_filter"].count("(") == text["query_filter"].count(")")
        assert (text["start_tls"], text["tls_require_cert"], text["version"]) == ("yes", "yes", "3")


def test_senders_are_looked_up_by_address_and_number_of_their_set() -> None:
    text = parameters(files()["ldap/listallowed.cf"])
    assert "(lookupKey=%d)(lookupValue=%u)" in text["query_filter"]
    assert text["result_format"] == "OK"
    assert parameters(files()["ldap/listrefused.cf"])["result_format"].startswith("REJECT ")


def test_a_member_elsewhere_is_answered_with_the_address_itself_at_once() -> None:
    text = parameters(files()["ldap/listelsewhere.cf"])
    assert text["query_filter"] == "(&(objectClass=lookupTableEntry)(lookupValue=%s))"
    assert text["result_format"] == "%S"


def test_every_restriction_that_a_list_can_name_is_there() -> None:
    main = parameters(files()["main.cf"])
    classes = {name.strip(",") for name in main["smtpd_restriction_classes"].split()}
    assert {NO_BOUNCES, OWNER_ONLY, MEMBERS_ONLY, MODERATED} <= classes
    for number in (0, LIST_CLASSES - 1):
        assert f"$$1@{number}}}" in main[list_allowed(number)]
        assert "listallowed.cf" in main[list_allowed(number)]
        assert f"$$1@{number}}}" in main[list_refused(number)]
        assert "listrefused.cf" in main[list_refused(number)]
    assert classes <= set(main)
    for table in ("listallowed", "listrefused"):
        assert f"proxy:ldap:/etc/postfix/ldap/{table}.cf" in main["proxy_read_maps"].split()


def test_every_account_has_an_answer_before_the_domain_and_one_table_refuses_those_that_take_no_mail() -> None:
    queries = {table.name: table.query for table in tables(DIRECTORY) if table.base == DIRECTORY.users_base}
    with_status = {name for name, query in queries.items() if DELIVERABLE in query}
    assert with_status == {"forwards", "accounts", "closed"}
    assert f"(!{DELIVERABLE})" in queries["closed"]
    recipients = parameters(files()["main.cf"])["smtpd_recipient_restrictions"]
    assert "check_recipient_access proxy:ldap:/etc/postfix/ldap/closed.cf" in recipients


def test_nobody_relays_and_nobody_is_told_who_exists() -> None:
    main = parameters(files()["main.cf"])
    assert main["mynetworks"] == ""
    assert main["smtpd_relay_restrictions"] == "permit_mynetworks, reject_unauth_destination"
    assert main["disable_vrfy_command"] == "yes"
    networks = parameters(files(dataclasses.replace(SETTINGS, networks=("10.0.0.0/8", "192.0.2.1")))["main.cf"])
    assert networks["mynetworks"] == "10.0.0.0/8, 192.0.2.1"


@pytest.mark.parametrize(
    ("outbound", "transport"),
    [(None, "retry:4.4.1 this host sends no mail elsewhere"), ("smtp:[gateway.example.net]:25",) * 2],
)
def test_mail_for_elsewhere_waits_unless_told_where_to_go(outbound: str | None, transport: str) -> None:
    assert (
        parameters(files(dataclasses.replace(SETTINGS, outbound=outbound))["main.cf"])["default_transport"] == transport
    )


def test_nothing_runs_chrooted() -> None:
    for line in files()["master.cf"].splitlines():
        if not line.startswith("#"):
            assert line.split()[4] == "n"


@pytest.mark.parametrize("change", [{"hostname": "x\nmynetworks = 0.0.0.0/0"}, {"origin": "$x"}, {"listen": " smtp"}])
def test_a_value_that_would_break_out_of_its_line_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettingError):
        config_files(dataclasses.replace(SETTINGS, **change))  # type: ignore[arg-type]
