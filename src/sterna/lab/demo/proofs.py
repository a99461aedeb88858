"""What the demonstration proves from outside: mail arrives by every kind of address, and old passwords log in."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sterna.lab.demo import clients
from sterna.lab.demo.clients import Person
from sterna.lab.info import LabInfo


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send: what kind of address it goes to, the address, and in whose INBOX it has to arrive."""

    kind: str
    to: str
    owner: str


LETTERS = (
    Letter("an address", "anna@lab.example", "anna@lab.example"),
    Letter("an alias", "lynx@lab.example", "rene.pfeiffer@lab.example"),
    Letter("a domain's other name", "r.pfeiffer@old-lab.example", "rene.pfeiffer@lab.example"),
    Letter("a forward", "dirk@lab.example", "anna@lab.example"),
    Letter("a virtual user", "post@fjord.example", "kontor@fjord.example"),
)
"""One of each kind that the new platform knows; the lab's old server has all of them."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one mail; `failure` is empty when it arrived, `seconds` how long that took."""

    letter: Letter
    seconds: float
    failure: str

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "kind": self.letter.kind,
            "to": self.letter.to,
            "inbox": self.letter.owner,
            "seconds": round(self.seconds, 3),
            "failure": self.failure or None,
        }


@dataclass(frozen=True, slots=True)
class LoginTried:
    """What became of one person's logins; empty where it worked."""

    address: str
    imaps: str
    pop3s: str

    @property
    def failure(self) -> str:
        """Why one did not work, empty when both did."""
        return "; ".join(f"{how}: {said}" for how, said in (("IMAPS", self.imaps), ("POP3S", self.pop3s)) if said)

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"address": self.address, "imaps": self.imaps or None, "pop3s": self.pop3s or None}


def people(info: LabInfo) -> list[Person]:
    """Return everybody whose password is known."""
    return [
        Person(f"{login.name}@{login.domain}", login.password) for login in info.accounts if login.password is not None
    ]


async def mail_arrives(info: LabInfo, letters: Sequence[Letter] = LETTERS) -> list[Arrival]:
    """Send all letters to the new platform at once, and wait for each."""
    known = {person.address: person for person in people(info)}
    ports = info.platform.ports

    async def deliver(letter: Letter) -> Arrival:
        ident = f"demo-{secrets.token_hex(8)}"
        message = clients.letter(letter.to, f"To {letter.kind}", ident)
        began = time.monotonic()
        failure = await asyncio.to_thread(clients.send, message, ports.smtp)
        if not failure:
            owner = known[letter.owner]
            failure = await asyncio.to_thread(clients.wait_for, owner, ident, ports.imaps, info.ca)
        return Arrival(letter, time.monotonic() - began, failure)

    return await asyncio.gather(*(deliver(letter) for letter in letters))


async def logins_work(info: LabInfo) -> list[LoginTried]:
    """Log in as everybody whose old password is known, by IMAPS and by POP3S."""
    ports = info.platform.ports
    few = asyncio.Semaphore(8)  # a person has one or two clients; eight people at a time are enough for two cores

    async def try_both(person: Person) -> LoginTried:
        async with few:
            return LoginTried(
                person.address,
                await asyncio.to_thread(clients.log_in_by_imaps, person, ports.imaps, info.ca),
                await asyncio.to_thread(clients.log_in_by_pop3s, person, ports.pop3s, info.ca),
            )

    return await asyncio.gather(*(try_both(person) for person in people(info)))
