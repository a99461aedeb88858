"""Ask for one account with all that belongs to it, one question after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sterna.communigate.account_findings import gone, unreadable
from sterna.communigate.commands import Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.enquiry import Enquiry, Notes
from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.raw import RawAccount, RawDefaults
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret

Defaults = Callable[[str], Awaitable[RawDefaults]]
"""Gives what a domain's accounts inherit, for servers that do not merge settings themselves."""


class AccountReader:
    """Reads one account."""

    def __init__(self, enquiry: Enquiry, defaults: Defaults, address: Address) -> None:
        self._enquiry = enquiry
        self._defaults = defaults
        self._address = address
        self._name = str(address)
        self._notes = Notes(enquiry, self._name)

    async def read(self) -> RawAccount | Finding:
        """Return what the server tells, or a finding when the account is gone or cannot be read at all.

        Raises:
            SternaError: with scope SERVER: the source cannot be asked any more.
        """
        try:
            explicit = as_dictionary(await self._enquiry.ask(Word.GETACCOUNTSETTINGS, about=(self._name,))) or {}
            return await self._account(explicit)
        except CommandRefusedError as error:
            return gone(error) if error.gone else unreadable(self._name, str(error))
        except DataFormatError as error:
            return unreadable(self._name, str(error))

    async def _account(self, explicit: Dictionary) -> RawAccount:
        ask = self._notes.ask
        effective = as_dictionary(await ask("account", Word.GETACCOUNTEFFECTIVESETTINGS))
        defaults = RawDefaults() if effective is not None else await self._defaults(self._address.domain)
        mailboxes = await ask("mailbox", Word.LISTMAILBOXES)
        return RawAccount(
            name=self._address.local,
            domain=self._address.domain,
            explicit=explicit,
            effective=effective,
            defaults=defaults,
            aliases=await ask("alias", Word.GETACCOUNTALIASES),
            plain_password=await self._plain_password(),
            rules=await ask("filter", Word.GETACCOUNTMAILRULES, Word.GETACCOUNTRULES),
            rpops=await ask("rpop", Word.GETACCOUNTRPOPS),
            prefs=await ask("preference", Word.GETACCOUNTPREFS),
            rights=await ask("right", Word.GETACCOUNTRIGHTS),
            mailboxes=mailboxes,
            mailbox_acls=await self._mailbox_acls(mailboxes),
            acl=await ask("acl", Word.GETACCOUNTACL),
            mailbox_aliases=await ask("mailbox", Word.GETMAILBOXALIASES),
            subscriptions=await ask("subscription", Word.GETMAILBOXSUBSCRIPTION, Word.GETACCOUNTSUBSCRIPTION),
            findings=tuple(self._notes.findings),
        )

    async def _plain_password(self) -> Secret | None:
        try:
            answer = await self._enquiry.ask(Word.GETACCOUNTPLAINPASSWORD, about=(self._name,))
        except (CommandRefusedError, DataFormatError):
            return None  # many a server does not tell it; what that means for the account is decided with its settings
        text = as_text(answer)
        return Secret(text) if text else None

    async def _mailbox_acls(self, mailboxes: Value) -> dict[str, Value]:
        asked = (mailbox.path for mailbox in read_mailboxes(mailboxes) if mailbox.access is None)
        return {path: await self._mailbox_acl(path) for path in asked}

    async def _mailbox_acl(self, path: str) -> Value:
        try:
            return await self._enquiry.ask(Word.GETMAILBOXACL, about=(self._name, Keyword.MAILBOX, path))
        except (CommandRefusedError, DataFormatError) as error:
            if not (isinstance(error, CommandRefusedError) and error.unknown_command):
                object_ = f"{self._name}: {path}"
                self._notes.add(Finding("acl", object_, Outcome.UNREADABLE, "who else may use it", str(error)))
            return None
