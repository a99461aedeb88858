"""Ask for the addresses of a domain that are no accounts: forwarders, groups, mailing lists."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Final, TypeVar

from sterna.communigate.address_decoder import decode_forwarder, decode_group
from sterna.communigate.commands import Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import NO_ANSWER, CommandRefusedError
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.keys import clean
from sterna.communigate.list_decoder import decode_list
from sterna.communigate.pool import together
from sterna.communigate.raw import RawList
from sterna.communigate.read import Read
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_number, texts
from sterna.model.account import Forwarder, Group
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList

_T = TypeVar("_T")

_AT_A_TIME: Final = 64
"""Names asked for together."""

_TODO: Final = {
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
        except NO_ANSWER as error:
            if isinstance(error, CommandRefusedError) and error.unknown_command:
                return []
            why = Finding(kind, self._domain, Outcome.UNREADABLE, word.value, str(error), _TODO[kind])
            return [Read(None, (why,), domain=self._domain)]
        found: list[Read[_T]] = []
        for start in range(0, len(names), _AT_A_TIME):
            found += await together(read(name) for name in names[start : start + _AT_A_TIME])
        return found

    async def forwarder(self, name: str) -> Read[Forwarder]:
        """Return a forwarder."""
        answer = await self._ask("forwarder", name, Word.GETFORWARDER)
        return (
            self._unread(name, answer) if isinstance(answer, Finding) else decode_forwarder(name, self._domain, answer)
        )

    async def group(self, name: str) -> Read[Group]:
        """Return a group."""
        answer = await self._ask("group", name, Word.GETGROUP)
        return self._unread(name, answer) if isinstance(answer, Finding) else decode_group(name, self._domain, answer)

    async def mailing_list(self, name: str) -> Read[MailingList]:
        """Return a list with its subscribers."""
        answer = await self._ask("list", name, Word.GETLIST)
        if isinstance(answer, Finding):
            return self._unread(name, answer)
        findings: list[Finding] = []
        total, subscribers = await self._subscribers(name, findings)
        raw = RawList(
            name=name,
            domain=self._domain,
            settings=answer,
            subscribers=subscribers,
            total=total,
            complete=not findings,
            findings=tuple(findings),
        )
        return decode_list(raw)

    def _unread(self, name: str, why: Finding) -> Read[_T]:
        """Return that there is something of this name which the source does not tell."""
        try:
            return Read(None, (why,), address=Address.parse(name, domain=self._domain))
        except AddressError:
            return Read(None, (why,))

    async def _subscribers(self, name: str, findings: list[Finding]) -> tuple[int | None, tuple[Value, ...]]:
        """Return how many there are, None when nobody says, and their records."""
        total, records = await self._read_subscribers(name, findings)
        if total is not None and total > len(records):  # told only the first ones: ask for as many as there are
            total, records = await self._read_subscribers(name, findings, "", str(total))
        if total is None:
            records = await self._one_by_one(name, findings)
            total = await self._count(name)
        return total, records

    async def _read_subscribers(
        self, name: str, findings: list[Finding], *limit: str
    ) -> tuple[int | None, tuple[Value, ...]]:
        about = (Keyword.FILTER, *limit) if limit else ()
        answer = await self._ask("list", name, Word.READSUBSCRIBERS, about)
        if isinstance(answer, Finding):
            findings.append(answer)
            return None, ()
        elements = as_array(answer) or ()
        records = as_array(elements[1]) if len(elements) > 1 else None
        return (None, ()) if records is None else (as_number(elements[0]), records)

    async def _one_by_one(self, name: str, findings: list[Finding]) -> tuple[Value, ...]:
        """Return the records of a server that does not tell them together."""
        answer = await self._ask("list", name, Word.LISTSUBSCRIBERS)
        if isinstance(answer, Finding):
            findings.append(answer)
            return ()
        findings.clear()  # the other command was no loss
        if as_array(answer) is None:
            why = "the answer is no array of addresses"
            findings.append(clean(Finding("list", f"{name}@{self._domain}", Outcome.UNREADABLE, "subscribers", why)))
        addresses = texts(answer)
        records: list[Value] = []
        for start in range(0, len(addresses), _AT_A_TIME):
            records += await self._infos(name, addresses[start : start + _AT_A_TIME], findings)
        return tuple(records)

    async def _infos(self, name: str, addresses: Iterable[str], findings: list[Finding]) -> list[Value]:
        asked = tuple(addresses)
        questions = (self._ask("list", name, Word.GETSUBSCRIBERINFO, (Keyword.NAME, each)) for each in asked)
        records: list[Value] = []
        for address, answer in zip(asked, await together(questions), strict=True):
            if isinstance(answer, Finding):
                findings.append(answer)
            else:
                records.append({**(as_dictionary(answer) or {}), "Sub": address})
        return records

    async def _count(self, name: str) -> int | None:
        if self._counts is None:
            answer = await self._ask("list", name, Word.GETDOMAINLISTS, about=None)
            self._counts = {} if isinstance(answer, Finding) else as_dictionary(answer) or {}
        count = as_number(self._counts.get(name))
        return count if count is not None and count >= 0 else None

    async def _ask(
        self, kind: str, name: str, word: Word, about: tuple[Keyword | Value, ...] | None = ()
    ) -> Value | Finding:
        """Return the answer about an address, or with `about` None about the domain; a refusal is a finding."""
        subject: tuple[Keyword | Value, ...] = (self._domain,) if about is None else (f"{name}@{self._domain}", *about)
        try:
            return await self._enquiry.ask(word, about=subject)
        except NO_ANSWER as error:
            what = kind if not about and word.value.startswith("GET") else word.value
            object_ = f"{name}@{self._domain}"
            return clean(Finding(kind, object_, Outcome.UNREADABLE, what, str(error), _TODO[kind]))
