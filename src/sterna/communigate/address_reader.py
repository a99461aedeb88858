"""Read the addresses of a domain that are no accounts: forwarders, groups, mailing lists."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TypeVar

from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.pool import together
from sterna.communigate.read import Read
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_number, as_text, texts
from sterna.model.account import Forwarder, Group, MailingList
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome

_T = TypeVar("_T")

_TODO = {
    "forwarder": "make an entry for it on the target by hand",
    "group": "make an alias for it on the target by hand",
    "list": "keep the list on the source until it is moved",
}


class AddressReader:
    """Reads one forwarder, group or list of a domain by its name."""

    def __init__(self, enquiry: Enquiry, domain: str) -> None:
        self._enquiry = enquiry
        self._domain = domain
        self._counts: Dictionary | None = None

    async def each(
        self, kind: str, word: Word, read: Callable[[str], Coroutine[None, None, Read[_T]]]
    ) -> list[Read[_T]]:
        """Return what `read` makes of each name that a LIST… command gives; none on a server that does not have it.

        A server that refuses to list them is one finding about the domain.
        """
        try:
            names = texts(await self._enquiry.ask(word, about=(self._domain,)))
        except (CommandRefusedError, DataFormatError) as error:
            if isinstance(error, CommandRefusedError) and error.unknown_command:
                return []
            return [Read(None, (Finding(kind, self._domain, Outcome.UNREADABLE, word.value, str(error), _TODO[kind]),))]
        return await together(read(name) for name in names)

    async def forwarder(self, name: str) -> Read[Forwarder]:
        """Return a forwarder."""
        answer = await self._ask("forwarder", name, Word.GETFORWARDER)
        if isinstance(answer, Finding):
            return Read(None, (answer,))
        target = as_text(answer) or ""
        try:
            address = Address.parse(name, domain=self._domain)
            return Read(Forwarder(address, Address.parse(target, domain=self._domain)))
        except AddressError as error:
            return Read(None, (self._finding("forwarder", name, Outcome.UNREADABLE, f"to {target!r}", str(error)),))

    async def group(self, name: str) -> Read[Group]:
        """Return a group, and that it is not moved yet."""
        answer = await self._ask("group", name, Word.GETGROUP)
        if isinstance(answer, Finding):
            return Read(None, (answer,))
        settings = as_dictionary(answer) or {}
        findings: list[Finding] = []
        members = []
        for text in texts(settings.get("Members")):
            try:
                members.append(Address.parse(text, domain=self._domain))
            except AddressError as error:
                findings.append(self._finding("group", name, Outcome.UNREADABLE, f"member {text!r}", str(error)))
        why = f"not moved yet: it has {len(members)} members"
        findings.insert(0, self._finding("group", name, Outcome.DROPPED, "group", why))
        address = self._address(name)
        if address is None:
            return Read(None, tuple(findings))
        return Read(Group(address, as_text(settings.get("RealName")) or "", tuple(members)), tuple(findings))

    async def mailing_list(self, name: str) -> Read[MailingList]:
        """Return a list with the number of its subscribers, and that it is not moved yet."""
        answer = await self._ask("list", name, Word.GETLIST)
        if isinstance(answer, Finding):
            return Read(None, (answer,))
        owner = as_text((as_dictionary(answer) or {}).get("Owner")) or ""
        count = await self._subscribers(name)
        why = f"not moved yet: it has {count} subscribers in all modes, its owner is {owner or 'not named'}"
        finding = self._finding("list", name, Outcome.DROPPED, "mailing list", why)
        address = self._address(name)
        return Read(None if address is None else MailingList(address, owner, count), (finding,))

    async def _subscribers(self, name: str) -> int:
        """Return how many there are in all modes, 0 when the server does not say."""
        if self._counts is None:
            answer = await self._ask("list", name, Word.GETDOMAINLISTS, self._domain)
            self._counts = {} if isinstance(answer, Finding) else as_dictionary(answer) or {}
        count = as_number(self._counts.get(name))
        if count is not None and count >= 0:
            return count
        answer = await self._ask("list", name, Word.READSUBSCRIBERS)
        elements = () if isinstance(answer, Finding) else as_array(answer) or ()
        return (as_number(elements[0]) or 0) if elements else 0

    async def _ask(self, kind: str, name: str, word: Word, about: str | None = None) -> Value | Finding:
        try:
            return await self._enquiry.ask(word, about=(about or f"{name}@{self._domain}",))
        except (CommandRefusedError, DataFormatError) as error:
            return self._finding(kind, name, Outcome.UNREADABLE, kind, str(error))

    def _address(self, name: str) -> Address | None:
        try:
            return Address.parse(name, domain=self._domain)
        except AddressError:
            return None

    def _finding(self, kind: str, name: str, outcome: Outcome, what: str, why: str) -> Finding:
        return Finding(kind, f"{name}@{self._domain}", outcome, what, why, _TODO[kind])
