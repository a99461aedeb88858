"""Where mail goes on from an address: what is not there is left out, and what goes round in a circle is broken up.

Postfix looks each result up again until nothing changes. It stops at an address that leads to itself among others, as
an account does that keeps a copy; in any other circle it gives up, and the message is refused with a temporary error
for ever (cleanup(8), virtual_alias_recursion_limit). So no such circle may get into the directory.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sterna.migration.desired.circles import circles
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome

_SHOWN: Final = 5
"""How many addresses of a circle a finding names."""


class Kind(enum.StrEnum):
    """What sends mail on; the word is that of findings."""

    ACCOUNT = "account"
    FORWARDER = "forwarder"
    GROUP = "group"
    LIST = "list"
    ROUTE = "route"


@dataclass(frozen=True, slots=True)
class Way:
    """Where mail for `start` goes; for an account, itself among `targets` means that it keeps a copy."""

    kind: Kind
    start: Address
    targets: tuple[Address, ...]


Ways = Mapping[Address, Way]
"""Ways by their start, under the own name of its domain."""

Resolve = Callable[[Address], Address | None]
"""Whose an address is, or becomes where unknown names are sent on; None when it is elsewhere or nobody's."""


def untangle(ways: Sequence[Way], resolve: Resolve, findings: list[Finding]) -> dict[Address, Way]:
    """Return the ways without circles, by their start; a way may be left without targets.

    `resolve` has to follow what domains do with names that nobody has: such names can be part of a circle. An account
    that leads to itself by one, or by an alias, just keeps its mail.

    An account in a circle keeps a copy, so that nothing is lost. What else is in one (groups that contain each other)
    gets the targets of all of it that lead outwards: everybody who was reached before is reached, once.
    """
    result = {way.start: _not_to_itself(way, resolve, findings) for way in ways}
    tangled = circles(_edges(result, resolve))
    for circle in tangled:
        for start in circle:
            if result[start].kind is Kind.ACCOUNT:
                findings.append(_keeps_a_copy(result[start], circle))
                result[start] = replace(result[start], targets=(*result[start].targets, start))
    # Without these accounts a large circle may have become several small ones, or none.
    for circle in circles(_edges(result, resolve)):
        inside = set(circle)
        outwards = tuple(
            dict.fromkeys(
                target for start in circle for target in result[start].targets if resolve(target) not in inside
            )
        )
        for start in circle:
            findings.append(_broken_up(result[start], circle, outwards))
            result[start] = replace(result[start], targets=outwards)
    return result


def _not_to_itself(way: Way, resolve: Resolve, findings: list[Finding]) -> Way:
    """Return an account's way with its own address in place of others that lead straight back to it."""
    if way.kind is not Kind.ACCOUNT:
        return way
    back = [target for target in way.targets if target != way.start and resolve(target) == way.start]
    for target in back:
        why = f"mail for {target} comes back to the account; on the target the account keeps it, so nothing is lost"
        what = f"forward to {target}"
        findings.append(Finding(way.kind, str(way.start), Outcome.CHANGED, what, why, "Correct the forward."))
    return replace(way, targets=tuple(dict.fromkeys(way.start if each in back else each for each in way.targets)))


def _edges(ways: Ways, resolve: Resolve) -> dict[Address, list[Address]]:
    edges: dict[Address, list[Address]] = {}
    for start, way in ways.items():
        following = [owner for target in way.targets if (owner := resolve(target)) is not None]
        if way.kind is not Kind.ACCOUNT or start not in following:
            edges[start] = following
    return edges


def _keeps_a_copy(way: Way, circle: Sequence[Address]) -> Finding:
    why = f"mail would go round for ever ({_round(circle)}); on the target the account keeps a copy, so nothing is lost"
    todo = "Ask whose mail should be where, and correct the forward."
    return Finding(way.kind, str(way.start), Outcome.CHANGED, "forward", why, todo)


def _broken_up(way: Way, circle: Sequence[Address], outwards: Sequence[Address]) -> Finding:
    what = "members" if way.kind in (Kind.GROUP, Kind.LIST) else f"{way.kind} to {way.targets[0]}"
    todo = "Take one of them out of the other, on the source."
    if outwards:
        why = f"it leads back to itself ({_round(circle)}); on the target each of them reaches everybody they lead to"
        return Finding(way.kind, str(way.start), Outcome.CHANGED, what, why, todo)
    why = f"it leads back to itself ({_round(circle)}) and to nobody else, so the target takes no mail for it"
    return Finding(way.kind, str(way.start), Outcome.DROPPED, what, why, todo)


def _round(circle: Sequence[Address]) -> str:
    names = [str(each) for each in circle[:_SHOWN]]
    return ", ".join(names) + (f" and {len(circle) - _SHOWN} more" if len(circle) > _SHOWN else "")
