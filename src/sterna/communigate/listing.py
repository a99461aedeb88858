"""List the accounts of a domain, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice

from sterna.communigate.commands import Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError, NoRightError
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.reply import CliProtocolError
from sterna.communigate.values import Dictionary, as_array, as_dictionary, as_number, as_text

PAGE = 1000
"""Objects asked for at a time. The manual advises less than 10,000."""

Names = tuple[tuple[str, str], ...]
"""Names of accounts, each with the extension of its files, as ``macnt``."""


async def account_names(enquiry: Enquiry, domain: str, *, at_a_time: int = PAGE) -> AsyncIterator[Names]:
    """Yield the names of a domain's accounts with the kind of their files, at most `at_a_time` together.

    Raises:
        NoRightError: the login may not list them.
        CommandRefusedError: the domain is gone.
        CliProtocolError: the pages do not end.
    """
    async for names in _pages(enquiry, domain):
        rest = iter(names)
        while some := tuple(islice(rest, at_a_time)):
            yield some


async def _pages(enquiry: Enquiry, domain: str) -> AsyncIterator[Names]:
    cookie = ""
    seen = {cookie}
    while True:
        try:
            answer = await _page(enquiry, domain, cookie)
        except CommandRefusedError:
            if cookie:
                raise
            yield await _all(enquiry, domain)
            return
        total, accounts, next_cookie = answer
        if next_cookie is None and total is not None and total > len(accounts):
            yield await _all(enquiry, domain)  # a server without pages has told only the first ones
            return
        yield accounts
        if not next_cookie:
            return
        if next_cookie in seen:
            raise CliProtocolError(f"the list of accounts of {domain} does not end: the same page comes again")
        seen.add(next_cookie)
        cookie = next_cookie


async def _page(enquiry: Enquiry, domain: str, cookie: str) -> tuple[int | None, Names, str | None]:
    """Return how many accounts there are, those of one page, and the next page's cookie (None: there are no pages)."""
    about = (domain, str(PAGE), Keyword.ACCOUNTS, Keyword.COOKIE, cookie)
    elements = as_array(await enquiry.ask(Word.LISTDOMAINOBJECTS, about=about)) or ()
    objects = as_dictionary(elements[1]) if len(elements) > 1 else None
    if objects is None:
        raise CliProtocolError(f"the answer to LISTDOMAINOBJECTS {domain} is not of the documented shape")
    return as_number(elements[0]), _accounts(objects), as_text(elements[4]) if len(elements) > 4 else None


def _accounts(objects: Dictionary) -> Names:
    """Return the names whose value is a string, a file extension; those of aliases and forwarders are arrays."""
    return tuple((name, kind) for name, value in objects.items() if (kind := as_text(value)) is not None)


async def _all(enquiry: Enquiry, domain: str) -> Names:
    try:
        answer = as_dictionary(await enquiry.ask(Word.LISTACCOUNTS, about=(domain,))) or {}
        return tuple((name, as_text(value) or "") for name, value in answer.items())
    except CommandRefusedError as error:
        if error.gone:
            raise
        raise NoRightError(error) from error
