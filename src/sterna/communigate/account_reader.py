"""Read one account with all that belongs to it, one question after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sterna.communigate.account_findings import alias_unread, gone, polled, preferences, rights, unreadable
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.enquiry import Enquiry, Notes
from sterna.communigate.forwards import decide_forward
from sterna.communigate.passwords import decide_password
from sterna.communigate.read import Read
from sterna.communigate.rule_findings import unread_rule
from sterna.communigate.rules import read_rules
from sterna.communigate.settings import access_findings, may_log_in, merge_settings, settings_findings
from sterna.communigate.sharing import mailbox_findings
from sterna.communigate.sizes import SizeError, read_size
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text, texts
from sterna.model.account import Account
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret

Defaults = Callable[[str], Awaitable[tuple[Dictionary, Dictionary]]]
"""Gives a domain's account defaults and the server's, for servers that do not merge settings themselves."""


class AccountReader:
    """Reads one account."""

    def __init__(self, enquiry: Enquiry, defaults: Defaults, address: Address) -> None:
        self._enquiry = enquiry
        self._defaults = defaults
        self._address = address
        self._name = str(address)
        self._notes = Notes(enquiry, self._name)

    async def read(self) -> Read[Account]:
        """Return the account, or no value and a finding when it is gone or cannot be read at all.

        Raises:
            SternaError: with scope SERVER: the source cannot be asked any more.
        """
        try:
            explicit = as_dictionary(await self._enquiry.ask(Word.GETACCOUNTSETTINGS, about=(self._name,))) or {}
            account = await self._account(explicit)
            await mailbox_findings(self._notes, self._enquiry, self._name)
        except CommandRefusedError as error:
            return Read(None, (gone(error) if error.gone else unreadable(self._name, str(error)),))
        except DataFormatError as error:
            return Read(None, (unreadable(self._name, str(error)),))
        return Read(account, tuple(self._notes.findings))

    async def _account(self, explicit: Dictionary) -> Account:
        settings = await self._effective(explicit)
        enabled = may_log_in(settings)
        self._notes.add(*access_findings(explicit if enabled else settings, self._name))
        self._notes.add(*settings_findings(explicit, self._name))
        aliases = await self._aliases()
        password, findings = decide_password(settings, await self._plain_password(), self._name)
        self._notes.add(*findings)
        rules, errors = read_rules(await self._rules(explicit))
        self._notes.add(*(unread_rule(self._name, error) for error in errors))
        forward, findings = decide_forward(rules, frozenset((self._address, *aliases)), self._address)
        self._notes.add(*findings)
        await self._rest()
        return Account(
            address=self._address,
            real_name=self._real_name(settings),
            password=password,
            aliases=aliases,
            forward=forward,
            quota_bytes=self._quota(settings),
            enabled=enabled,
        )

    async def _effective(self, explicit: Dictionary) -> Dictionary:
        merged = await self._notes.ask("account", Word.GETACCOUNTEFFECTIVESETTINGS)
        if (settings := as_dictionary(merged)) is not None:
            return settings
        return merge_settings(explicit, *await self._defaults(self._address.domain))

    async def _aliases(self) -> tuple[Address, ...]:
        aliases: list[Address] = []
        for text in texts(await self._notes.ask("alias", Word.GETACCOUNTALIASES)):
            try:
                aliases.append(Address.parse(text, domain=self._address.domain))
            except AddressError:
                self._notes.add(alias_unread(self._name, text))
        return tuple(dict.fromkeys(aliases))

    async def _plain_password(self) -> Secret | None:
        try:
            answer = await self._enquiry.ask(Word.GETACCOUNTPLAINPASSWORD, about=(self._name,))
        except (CommandRefusedError, DataFormatError):
            return None  # many a server does not tell it; what that means for the account is decided with its settings
        text = as_text(answer)
        return Secret(text) if text else None

    async def _rules(self, explicit: Dictionary) -> Value:
        answer = await self._notes.ask("filter", Word.GETACCOUNTMAILRULES, Word.GETACCOUNTRULES)
        return explicit.get("Rules") if answer is None else answer

    async def _rest(self) -> None:
        self._notes.add(*polled(self._name, await self._notes.ask("rpop", Word.GETACCOUNTRPOPS)))
        self._notes.add(*preferences(self._name, await self._notes.ask("preference", Word.GETACCOUNTPREFS)))
        self._notes.add(*rights(self._name, await self._notes.ask("right", Word.GETACCOUNTRIGHTS)))

    def _quota(self, settings: Dictionary) -> int | None:
        value = settings.get("MaxAccountSize")
        if value is None:
            return None
        try:
            return read_size(value)
        except SizeError as error:
            todo = "correct it on the source, or set the quota on the target"
            self._notes.add(Finding("quota", self._name, Outcome.UNREADABLE, "MaxAccountSize", str(error), todo))
            return None

    def _real_name(self, settings: Dictionary) -> str:
        text = as_text(settings.get("RealName")) or ""
        raw = text.encode(errors="surrogateescape")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            read = raw.decode("latin-1")
            why = f"it is not UTF-8 and was read as ISO 8859-1: {read}"
            self._notes.add(
                Finding("account", self._name, Outcome.CHANGED, "RealName", why, "look whether it is right")
            )
            return read
