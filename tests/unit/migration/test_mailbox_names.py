"""A plan says before anything is copied which mailboxes will be called otherwise, and which stay."""

from __future__ import annotations

from sterna.migration.mailbox_names import of_account, selection_findings
from sterna.migration.selection import declared
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.site.selection import SelectionTable

ANNA = Address.parse("anna@lab.example")


def said(*names, **selection):
    found = of_account(ANNA, names, declared(SelectionTable(**selection)))
    return {finding.object: (finding.outcome, finding.why) for finding in found}


def test_names_that_stay_are_not_mentioned():
    assert said(("Work",), ("Work", "2020")) == {}


def test_each_new_name_has_its_reason():
    found = said(("a%b",), ("Sent Items",), ("Spam",), names={"Sent Items": "Sent"}, exclude=("Spam",))
    assert found.keys() == {f"anna@lab.example: {name}" for name in ("a%b", "Sent Items", "Spam")}
    assert "cannot hold all of its characters" in found["anna@lab.example: a%b"][1]
    assert found["anna@lab.example: Sent Items"][1].endswith("it becomes 'Sent'")
    assert found["anna@lab.example: Spam"][0] is Outcome.DROPPED


def test_a_collision_names_both():
    ((outcome, why),) = said(("Sent",), ("Sent Items",), names={"Sent Items": "Sent"}).values()
    assert outcome is Outcome.DROPPED
    assert "Sent and Sent Items would both become Sent" in why


def test_leaving_single_messages_out_is_told_before_it_costs_uids():
    assert selection_findings(declared(SelectionTable(exclude=("Spam",)))) == []
    (finding,) = selection_findings(declared(SelectionTable(max_size="1M")))
    assert "cannot keep their UIDs" in finding.why
