"""Ask for one account with all that belongs to it, one question after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sterna.communigate.account_findings import gone, unreadable
from sterna.communigate.commands import Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import NO_ANSWER, CommandRefusedError
from sterna.communigate.enquiry import Enquiry, Notes
from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.raw import RawAccount, RawDefaults
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_text
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret

Defaults = Callable[[str, bool], Awaitable[RawDefaults]]
"""Gives what a domain's accounts inherit, for servers that do not merge it themselves: preferences, or settings too."""


_SEEN: Final = "private/rpopids"
"""Folder of the file storage with a file for each polled account: what was fetched already."""


class AccountReader:
    """Reads one account."""

    def __init__(self, enquiry: Enquiry, defaults: Defaults, address: Address, kind: str = "") -> None:
        self._enquiry = enquiry
        self._defaults = defaults
        self._address = address
        self._kind = kind
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
        except NO_ANSWER as error:
            refused_as_gone = isinstance(error, CommandRefusedError) and error.gone
            return gone(self._name, str(error)) if refused_as_gone else unreadable(self._name, str(error))

    async def _account(self, explicit: Dictionary) -> RawAccount:
        ask = self._notes.ask
        effective = as_dictionary(await ask("account", Word.GETACCOUNTEFFECTIVESETTINGS))
        aliases = await ask("alias", Word.GETACCOUNTALIASES)
        rpops = await ask("rpop", Word.GETACCOUNTRPOPS)
        prefs = as_dictionary(await ask("preference", Word.GETACCOUNTPREFS))
        effective_prefs = as_dictionary(await ask("preference", Word.GETACCOUNTEFFECTIVEPREFS))
        defaults = RawDefaults()
        if effective is None or effective_prefs is None:
            defaults = await self._defaults(self._address.domain, effective is None)
        mailboxes = await ask("mailbox", Word.LISTMAILBOXES)
        files = await ask("account", Word.LISTSTORAGEFILES)
        return RawAccount(
            name=self._address.local,
            domain=self._address.domain,
            kind=self._kind,
            explicit=explicit,
            effective=effective,
            defaults=defaults,
            aliases=aliases,
            plain_password=await self._plain_password(),
            rules=await ask("filter", Word.GETACCOUNTMAILRULES, Word.GETACCOUNTRULES),
            signal_rules=await ask("filter", Word.GETACCOUNTSIGNALRULES),
            rpops=rpops,
            rpop_seen=await self._seen() if as_dictionary(rpops) else {},
            prefs=prefs,
            effective_prefs=effective_prefs,
            rights=await ask("right", Word.GETACCOUNTRIGHTS),
            mailboxes=mailboxes,
            mailbox_acls=await self._mailbox_acls(mailboxes),
            acl=await ask("acl", Word.GETACCOUNTACL),
            mailbox_aliases=await ask("mailbox", Word.GETMAILBOXALIASES),
            subscriptions=await ask("subscription", Word.GETMAILBOXSUBSCRIPTION, Word.GETACCOUNTSUBSCRIPTION),
            telnums=await ask("account", Word.GETACCOUNTTELNUMS),
            files=files,
            findings=tuple(self._notes.findings),
        )

    async def _plain_password(self) -> Secret | None:
        answer = await self._told(Word.GETACCOUNTPLAINPASSWORD)
        text = as_text(answer)  # many a server does not tell it; what that means is decided with the settings
        return Secret(text) if text else None

    async def _seen(self) -> dict[str, bytes]:
        """Return the files in which polling notes what it has fetched; older servers keep them elsewhere."""
        names = as_dictionary(await self._told(Word.LISTSTORAGEFILES, Keyword.PATH, _SEEN)) or {}
        found: dict[str, bytes] = {}
        for name in names:
            path = name if name.startswith(_SEEN) else f"{_SEEN}/{name}"
            answer = await self._told(Word.READSTORAGEFILE, Keyword.FILE, path)
            elements = as_array(answer) or (answer,)
            if isinstance(elements[0], bytes):
                found[path.rpartition("/")[2]] = elements[0]
        return found

    async def _told(self, word: Word, *about: Keyword | Value) -> Value:
        """Return the answer, None when there is none; that is no finding by itself."""
        try:
            return await self._enquiry.ask(word, about=(self._name, *about))
        except NO_ANSWER:
            return None

    async def _mailbox_acls(self, mailboxes: Value) -> dict[str, Value]:
        asked = (mailbox.path for mailbox in read_mailboxes(mailboxes) if mailbox.access is None)
        return {path: await self._mailbox_acl(path) for path in asked}

    async def _mailbox_acl(self, path: str) -> Value:
        try:
            return await self._enquiry.ask(Word.GETMAILBOXACL, about=(self._name, Keyword.MAILBOX, path))
        except NO_ANSWER as error:
            if not (isinstance(error, CommandRefusedError) and error.unknown_command):
                object_ = f"{self._name}: {path}"
                self._notes.add(Finding("acl", object_, Outcome.UNREADABLE, "who else may use it", str(error)))
            return None
