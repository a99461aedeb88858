"""Read the addresses of a domain that are no accounts: forwarders, groups, mailing lists."""

from __future__ import annotations

from collections.abc import Mapping

from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.read import Read
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_number, as_text, texts
from sterna.model.account import Forwarder, Group, MailingList
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome

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

    async def names(self, word: Word) -> tuple[str, ...]:
        """Return the names that one of the LIST… commands gives, none on a server that does not have it."""
        try:
            return texts(await self._enquiry.ask(word, about=(self._domain,)))
        except CommandRefusedError as error:
            if error.unknown_command:
                return ()
            raise

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

    async def mailing_list(self, name: str, counts: Mapping[str, Value]) -> Read[MailingList]:
        """Return a list, and that it is not moved yet; `counts` are the subscribers of the domain's lists."""
        answer = await self._ask("list", name, Word.GETLIST)
        if isinstance(answer, Finding):
            return Read(None, (answer,))
        owner = as_text((as_dictionary(answer) or {}).get("Owner")) or ""
        count = as_number(counts.get(name))
        if count is None or count < 0:
            count = await self._subscribers(name)
        why = f"not moved yet: it has {count} subscribers in all modes, its owner is {owner or 'not named'}"
        finding = self._finding("list", name, Outcome.DROPPED, "mailing list", why)
        address = self._address(name)
        return Read(None if address is None else MailingList(address, owner, count), (finding,))

    async def counts(self) -> Dictionary:
        """Return how many subscribers the domain's lists have, as far as the server says so in one answer."""
        try:
            return as_dictionary(await self._enquiry.ask(Word.GETDOMAINLISTS, about=(self._domain,))) or {}
        except (CommandRefusedError, DataFormatError):
            return {}

    async def _subscribers(self, name: str) -> int:
        answer = await self._ask("list", name, Word.READSUBSCRIBERS)
        elements = () if isinstance(answer, Finding) else as_array(answer) or ()
        return (as_number(elements[0]) or 0) if elements else 0

    async def _ask(self, kind: str, name: str, word: Word) -> Value | Finding:
        try:
            return await self._enquiry.ask(word, about=(f"{name}@{self._domain}",))
        except (CommandRefusedError, DataFormatError) as error:
            return self._finding(kind, name, Outcome.UNREADABLE, kind, str(error))

    def _address(self, name: str) -> Address | None:
        try:
            return Address.parse(name, domain=self._domain)
        except AddressError:
            return None

    def _finding(self, kind: str, name: str, outcome: Outcome, what: str, why: str) -> Finding:
        return Finding(kind, f"{name}@{self._domain}", outcome, what, why, _TODO[kind])
