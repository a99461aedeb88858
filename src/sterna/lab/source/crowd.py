"""Thousands of accounts for tests of scale: each follows from the seed and its number, so none is kept in memory.

They are spread over both domains as those of real sites are: most in the main one, some aliases, five to eight
mailboxes, a few with quotas, rules, preferences or shared mailboxes of their own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from sterna.communigate.values import Value
from sterna.lab.source.addresses import MAIN, SECOND
from sterna.lab.source.habits import HUMAN, ROLES
from sterna.lab.source.kinds import Mailbox, Person
from sterna.lab.source.passwords import Form, Password
from sterna.model.mailbox import INBOX

_FIRST = (
    *("jan", "eva", "paul", "ida", "otto", "lea", "max", "nina", "karl", "mia", "tom", "ute", "rosa", "emil", "vera"),
    *("finn", "ella", "hugo", "jana", "noah", "lotte", "erik", "britt", "olav", "kari", "per", "ines", "marc", "zoe"),
)
_LAST = (
    *("vogt", "lang", "roth", "kern", "beck", "graf", "horn", "wolf", "haas", "kuhn", "busch", "frank", "ernst"),
    *("moser", "gruber", "winter", "sommer", "lorenz", "jansen", "hansen", "olsen", "berg", "dahl", "moen", "lund"),
)
_USUAL = tuple(Mailbox(name) for name in (INBOX, ("Sent Items",), ("Drafts",), ("Trash",), ("Spam",)))
_MORE = tuple(Mailbox(name) for name in (("Archiv", "2010"), ("Projekte", "Süd"), ("Rechnungen",)))
_SHARED_BOX = Mailbox(("Rechnungen",), acl={"anna@lab.example": "lr"})
_SECOND_SHARE = 5
"""One of so many is in the second domain."""

_PREFS, _QUOTA, _CLASS, _CLOSED, _REDIRECT, _FILTER, _SHARED = 0.2, 0.3, 0.1, 0.02, 0.05, 0.07, 0.3
"""How likely an account, or a mailbox, has something of its own."""


class Crowd(Sequence[Person]):
    """So many accounts of one domain, made when they are asked for."""

    def __init__(self, domain: str, count: int, seed: int) -> None:
        self._domain = domain
        self._count = count
        self._seed = seed

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Person: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Person]: ...

    def __getitem__(self, index: int | slice) -> Person | Sequence[Person]:
        """Return one account, or some."""
        if isinstance(index, slice):
            return [self._person(number) for number in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self._person(index % self._count)

    def __iter__(self) -> Iterator[Person]:
        return map(self._person, range(self._count))

    def _person(self, number: int) -> Person:
        rng = random.Random(self._seed * 1_000_003 + number)  # noqa: S311  made to be repeated, not to be secret
        first, last = rng.choice(_FIRST), rng.choice(_LAST)
        aliases = (f"{first[0]}.{last}{number}", f"{last}{number}", f"{last}.{first}.{number}")
        boxes = _USUAL + _MORE[: rng.randrange(len(_MORE) + 1)]
        if len(boxes) == len(_USUAL) + len(_MORE) and _happens(rng, _SHARED):
            boxes = (*boxes[:-1], _SHARED_BOX)
        return Person(
            f"{first}.{last}{number}",
            self._domain,
            f"{first.capitalize()} {last.capitalize()}",
            Password(f"pw {number} {first}", rng.choice((Form.CLEAR, Form.CLEAR, Form.SSHA, Form.REVERSIBLE))),
            aliases=aliases[: rng.choice((0, 0, 1, 1, 1, 2, 3))],
            settings=_settings(rng),
            rules=_rules(rng),
            prefs=ROLES if _happens(rng, _PREFS) else {},
            mailboxes=boxes,
        )


def crowds(count: int, seed: int) -> Mapping[str, Crowd]:
    """Return `count` accounts, divided between the domains."""
    second = count // _SECOND_SHARE
    return {MAIN: Crowd(MAIN, count - second, seed), SECOND: Crowd(SECOND, second, seed + 1)}


def _happens(rng: random.Random, chance: float) -> bool:
    return rng.random() < chance


def _settings(rng: random.Random) -> Mapping[str, Value]:
    settings: dict[str, Value] = {}
    if _happens(rng, _QUOTA):
        settings["MaxAccountSize"] = rng.choice(("100M", "500M", "1G", "unlimited"))
    if _happens(rng, _CLASS):
        settings["ServiceClass"] = rng.choice(("basic", "groupware"))
    if _happens(rng, _CLOSED):
        settings["AccessModes"] = "None"
    return settings


def _rules(rng: random.Random) -> tuple[Value, ...]:
    if _happens(rng, _REDIRECT):
        return (("1", "#Redirect", (HUMAN,), (("Mirror to", f"extern{rng.randrange(1000)}@outside.example"),)),)
    if _happens(rng, _FILTER):
        return (("5", "Projekt", (("Subject", "is", "*[projekt]*"),), (("Store in", "Projekte/Süd"), ("Discard",))),)
    return ()
