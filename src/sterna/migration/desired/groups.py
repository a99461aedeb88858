"""Groups: their members, and which of their settings Postfix cannot honour.

A group is a row of a lookup table: its address, and those it expands to. Members that are groups stay as they are,
because Postfix looks each result up again; so a group that is changed later is changed wherever it is a member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sterna.migration.desired.claims import Claims, not_ascii
from sterna.migration.desired.ways import Kind, Way
from sterna.model.account import Group
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome


def claim_groups(groups: Iterable[Group], claims: Claims, findings: list[Finding]) -> list[Group]:
    """Claim the groups' addresses and return those that are kept."""
    kept: list[Group] = []
    for group in sorted(groups, key=lambda each: each.address):
        in_the_way = claims.take_name("group", group.address, "group")
        if in_the_way is None:
            kept.append(group)
            findings += _settings(group)
        else:
            findings.append(in_the_way)
    return kept


def group_way(group: Group, claims: Claims, findings: list[Finding]) -> Way:
    """Return to whom the group expands; none when it takes no mail."""
    if not group.enabled:
        return Way(Kind.GROUP, group.address, ())
    members: list[Address] = []
    for member in dict.fromkeys(group.members):
        refusal = _refusal(group, member, claims)
        if refusal is None:
            members.append(member)
        else:
            findings.append(refusal)
    return Way(Kind.GROUP, group.address, tuple(members))


def without_members(group: Group) -> Finding:
    """Return that nobody is left who would get the group's mail."""
    why = "it has no members that exist, so the target refuses mail for it instead of losing it"
    return Finding("group", str(group.address), Outcome.DROPPED, "group", why, "Give it members, or delete it.")


def _refusal(group: Group, member: Address, claims: Claims) -> Finding | None:
    subject = str(group.address)
    if not str(member).isascii():
        return not_ascii("group", subject, member)
    if claims.owner(member) == group.address:
        why = "the group is a member of itself; the target leaves this out, and everybody else gets the mail once"
        return Finding("group", subject, Outcome.CHANGED, f"member {member}", why)
    if claims.unknown(member):
        why = "nobody has this address, so each message to the group would come back from it; it is left out"
        todo = "Correct the member on the source, or leave it out there too."
        return Finding("group", subject, Outcome.DROPPED, f"member {member}", why, todo)
    return None


def _settings(group: Group) -> Iterator[Finding]:
    subject = str(group.address)
    as_a_list = "If it matters, make the group a mailing list."
    if not group.enabled:
        why = "the group takes no mail on the source; the target refuses it, too, and its members are not carried"
        yield Finding("group", subject, Outcome.CHANGED, "EmailDisabled", why)
    if group.reply_to_group:
        why = "Postfix passes mail on as it is, without a Reply-To of the group, so answers go to the author"
        yield Finding("group", subject, Outcome.DROPPED, "SetReplyTo", why, as_a_list)
    if group.reject_automatic:
        why = "Postfix does not tell robots from people, so their mail reaches the members, too"
        yield Finding("group", subject, Outcome.DROPPED, "RejectAutomatic", why, as_a_list)
    if group.without_author:
        why = "a member who writes to the group gets a copy of the message"
        yield Finding("group", subject, Outcome.DROPPED, "RemoveAuthor", why, as_a_list)
