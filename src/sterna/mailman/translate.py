"""A list of the source as Mailman should have it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sterna.mailman.settings import held_for_newcomers, settings
from sterna.mailman.texts import texts
from sterna.mailman.wanted import Action, Member, MemberState, Mode, Person, Status, WantedList
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import Delivery, MailingList, Posters, Posting, Subscriber

_ADDRESS: Final = re.compile(r"[!#$%&'*+./=?_`{}~0-9a-z-]+@[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")
"""What Mailman takes as an address (its module ``mailman.email.validate``), in lower case."""

_LIST_NAME: Final = re.compile(r"[-_.+=!$*{}~0-9a-z]+")
"""What Mailman takes as a list's name (``listname_chars`` of its configuration, as shipped)."""

_MACRO: Final = re.compile(r"\^[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Owner:
    """A list's owner: how the person is called, and all addresses, the own one first."""

    real_name: str
    names: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Translated:
    """The list, None when Mailman cannot have it, and what is lost."""

    wanted: WantedList | None
    findings: tuple[Finding, ...]


def translate(each: MailingList, address: Address, names: Iterable[Address], owner: Owner) -> Translated:
    """Return the list as Mailman should have it.

    Args:
        each: the list as it is on the source.
        address: its address in Mailman.
        names: its addresses on the source.
        owner: who owns it.
    """
    if not _LIST_NAME.fullmatch(address.local) or "." not in address.domain:
        why = "Mailman takes letters, digits and -_.+= in a list's name, and a domain with a dot"
        todo = "Give it another name on the source."
        return Translated(None, (Finding("list", str(each.address), Outcome.DROPPED, "list", why, todo),))
    values, losses = settings(each, address, names, owner.names)
    findings = [loss.finding(each.address) for loss in losses]
    members: dict[str, Member] = {}
    bans: dict[str, None] = {}
    for subscriber in each.subscribers:
        email = str(subscriber.address)
        if not (subscriber.delivery.member or subscriber.delivery is Delivery.BANNED):
            continue
        refusal = _refusal(each, address, email, names)
        if refusal is not None:
            findings.append(refusal)
        elif subscriber.delivery is Delivery.BANNED:
            bans[email] = None
        else:
            members[email] = Member(email, subscriber.real_name, _state(each, subscriber))
    own = str(each.owner)
    owners: list[Person] = []
    if _ADDRESS.fullmatch(own):
        owners.append(Person(own, owner.real_name))
    else:
        why = "Mailman does not take this address, so the list has no owner there"
        findings.append(Finding("list", str(each.address), Outcome.DROPPED, f"owner {own}", why, "Give it an owner."))
    findings += _texts(each)
    return Translated(
        WantedList(
            source=each.address,
            address=address,
            settings=values,
            owners=tuple(owners),
            members=tuple(members.values()),
            bans=tuple(email for email in bans if email not in members),
            texts=texts(each),
        ),
        tuple(findings),
    )


def _refusal(each: MailingList, address: Address, email: str, names: Iterable[Address]) -> Finding | None:
    subject, what = str(each.address), f"subscriber {email}"
    if email in {str(address), *map(str, names)}:
        return Finding("list", subject, Outcome.DROPPED, what, "a list cannot be its own member")
    if not _ADDRESS.fullmatch(email):
        why = "Mailman does not take this as an address"
        return Finding("list", subject, Outcome.DROPPED, what, why, "Subscribe the person with another address.")
    return None


def _state(each: MailingList, subscriber: Subscriber) -> MemberState:
    match subscriber.delivery:
        case Delivery.DIGEST:
            mode = Mode.MIME
        case Delivery.INDEX:
            mode = Mode.SUMMARY
        case _:
            mode = Mode.REGULAR
    status = Status.BY_USER if subscriber.delivery is Delivery.NULL else Status.ENABLED
    return MemberState(mode, status, _action(each, subscriber))


def _action(each: MailingList, subscriber: Subscriber) -> Action:
    match subscriber.posting:
        case Posting.MODERATED:
            return Action.HOLD
        case Posting.PROHIBITED:
            return Action.REJECT
        case Posting.SPECIAL:
            return Action.LIST_DEFAULT if each.posters is Posters.OWNER else Action.ACCEPT
        case Posting.FREE:
            # Where newcomers wait, the list's default is about them; today's members are no newcomers.
            waits = each.posters in (None, Posters.MODERATED, Posters.OWNER)
            return Action.DEFER if held_for_newcomers(each) and not waits else Action.LIST_DEFAULT


def _texts(each: MailingList) -> Iterable[Finding]:
    for what, text in (
        ("header", each.header),
        ("footer", each.footer),
        ("digest header", each.digest_header),
        ("digest footer", each.digest_footer),
        ("welcome", each.welcome),
        ("goodbye", each.goodbye),
    ):
        if found := sorted(set(_MACRO.findall(text))):
            why = f"it has {', '.join(found)}, which the source replaces when it sends the text; in Mailman they stay"
            todo = "Put Mailman's variables in their place, as $listname or $list_owner."
            yield Finding("list", str(each.address), Outcome.CHANGED, what, why, todo, detail=text)
