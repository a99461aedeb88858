"""What a domain's settings mean, what is said of rules for everybody, and which lines of the router become routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.dataformat import read
from sterna.communigate.domain_decoder import decode_domain, decode_server
from sterna.communigate.raw import RawDomain, RawServer
from sterna.communigate.router import decode_routes
from sterna.communigate.values import as_dictionary
from sterna.model.account import Domain
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.routes import AddressRoute, DomainRoute, UnknownAction, UnknownPolicy

POLICIES = {
    "nothing said": (b"{}", UnknownPolicy(), False),
    "refused": (b"{MailToUnknown=Rejected;}", UnknownPolicy(), False),
    "sent elsewhere": (
        b'{MailToUnknown="Rerouted to";MailRerouteAddress="*@x.example";}',
        UnknownPolicy(UnknownAction.REROUTE, "*@x.example"),
        False,
    ),
    "thrown away": (b"{MailToUnknown=Discarded;}", UnknownPolicy(UnknownAction.DISCARD), False),
    "taken": (b'{MailToUnknown="Accepted and Bounced";}', UnknownPolicy(UnknownAction.BOUNCE), False),
    "sent nowhere": (b'{MailToUnknown="Rerouted to";}', UnknownPolicy(), True),
    "a word that nobody knows": (b"{MailToUnknown=Eaten;}", UnknownPolicy(), True),
}


@pytest.mark.parametrize(("settings", "policy", "lost"), POLICIES.values(), ids=POLICIES)
def test_mail_for_unknown_names_has_a_policy(settings: bytes, policy: UnknownPolicy, lost: bool):
    found = decode_domain(RawDomain(name="lab.example", explicit=read(settings)))
    assert found.value == Domain("lab.example", unknown=policy)
    unreadable = [each for each in found.findings if each.outcome is Outcome.UNREADABLE]
    assert bool(unreadable) is lost
    assert all("MailToUnknown = " in each.what for each in unreadable)


def test_a_domain_inherits_what_it_leaves_open():
    raw = RawDomain(
        name="Lab.Example",
        main=True,
        aliases=("OLD.example", "old.example"),
        explicit={"MailToUnknown": "default"},
        server_defaults={"MailToUnknown": "Discarded"},
    )
    unknown = UnknownPolicy(UnknownAction.DISCARD)
    assert decode_domain(raw).value == Domain("lab.example", ("old.example",), True, unknown)


def test_rules_for_everybody_are_shown_as_they_are():
    rules = read(b'((9,virus,(("Any Recipient",is,"*")),((ExternalFilter,ClamAV))),(0,old,(),((Discard))),(odd))')
    rows = [each for each in decode_server(RawServer(rules=rules)) if each.kind == "filter"]
    assert [(each.what, each.outcome.value, bool(each.todo)) for each in rows] == [
        ("rule 'virus'", "dropped", True),
        ("rule 'old'", "dropped", False),
        ("rule 3", "unreadable", True),
    ]
    assert rows[0].detail == '(9,virus,(("Any Recipient",is,"*")),((ExternalFilter,ClamAV)))'
    assert rows[2].detail == "(odd)"


def test_service_classes_have_rows_of_their_own():
    defaults = as_dictionary(read(b"{ServiceClasses={gold={MaxAccountSize=2G;New=1;};};}"))
    found = decode_domain(RawDomain(name="lab.example", account_defaults=defaults))
    rows = {(each.object, each.what) for each in found.findings}
    assert ("lab.example: service class gold", "New") in rows
    assert ("lab.example: service class gold", "MaxAccountSize") in rows


def address(line: str, left: str, right: str) -> AddressRoute:
    return AddressRoute(Address.parse(left), Address.parse(right), line)


LINES = {
    "<info@lab.example> = anna@x.example": ("info@lab.example", "anna@x.example"),
    "<info@lab.example> = <anna@x.example>": ("info@lab.example", "anna@x.example"),
    "Relay:<info@lab.example> = anna@x.example": ("info@lab.example", "anna@x.example"),
    "NoRelay:<info> = anna": ("info@lab.example", "anna@lab.example"),
    "info@lab.example = anna@x.example": ("info@lab.example", "anna@x.example"),
    "<info> = anna@x.example ; since 2003": ("info@lab.example", "anna@x.example"),
}


@pytest.mark.parametrize(("line", "both"), LINES.items(), ids=LINES)
def test_a_line_for_an_address_is_a_route(line: str, both: tuple[str, str]):
    [found] = decode_routes(line, "lab.example")
    assert found.value == address(line, *both)


def test_a_line_for_a_domain_is_a_route():
    [found] = decode_routes("Old.example = lab.example", "lab.example")
    assert found.value == DomainRoute("old.example", "lab.example", "Old.example = lab.example")


@pytest.mark.parametrize(
    "line",
    ["<*@lab.example> = anna", "*.lab.example = lab.example", "x.example = mail.y.example.via",
     "x.example = y.example._via", "<a> = b%c@d.example.smtp", "<spam> = null", "<spam> = error",
     "Signal:<911> = emergency", "Frob:<a> = b", "<a b> = c", "no equals sign", "=", "x = y", "<a> =",
     "x.example = [10.0.0.1]", "<7(2-3d)@pbx> = gw"],
)  # fmt: skip
def test_a_line_of_any_other_form_is_shown_to_the_operator(line: str):
    [found] = decode_routes(line, "lab.example")
    assert found.value is None
    assert [(each.kind, each.outcome, each.what) for each in found.findings] == [("route", Outcome.DROPPED, line)]


def test_comments_and_empty_lines_are_none():
    assert decode_routes("; by Hans\r\n\n  \r;", "lab.example") == []


@given(st.text())
def test_of_any_table_each_line_is_a_route_or_a_finding(table: str):
    for found in decode_routes(table, "lab.example"):
        assert (found.value is None) == bool(found.findings)
