"""Ask for domains and for what is set for the whole server."""

from __future__ import annotations

from typing import Final

from sterna.communigate.commands import Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import NO_ANSWER, CommandRefusedError
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.raw import RawDefaults, RawDomain, RawServer
from sterna.communigate.router import SERVER
from sterna.communigate.values import Value, as_dictionary, texts
from sterna.model.finding import Finding, Outcome

_SETTINGS: Final = {
    Word.GETSERVERSETTINGS: "server settings",
    Word.GETQUEUESETTINGS: "queue settings",
    Word.GETROUTERSETTINGS: "router settings",
    Word.GETNETWORK: "network",
    Word.GETCLIENTIPS: "client addresses",
    Word.GETBLACKLISTEDIPS: "blacklisted addresses",
    Word.GETWHITEHOLEIPS: "addresses that are never blacklisted",
    Word.GETPROTECTION: "protection",
    Word.LISTDIRECTORYUNITS: "directory units",
    Word.GETDIRECTORYINTEGRATION: "directory integration",
    Word.GETDIRECTORYACCESSRIGHTS: "directory access rights",
}
"""Settings of the server that are met by the way, and what they are called."""


class DomainReader:
    """Asks about domains and the server; what is refused is a finding, and the rest is asked."""

    def __init__(self, enquiry: Enquiry) -> None:
        self._enquiry = enquiry

    async def domain(self, name: str, *, main: bool = False) -> RawDomain:
        """Return what the server tells of a domain, without its accounts and other addresses."""
        findings: list[Finding] = []
        about = (name,)

        async def ask(*words: Word) -> Value:
            return await self._ask("domain", name, findings, *words, about=about)

        effective = as_dictionary(await ask(Word.GETDOMAINEFFECTIVESETTINGS))
        defaults = None if effective is not None else await self._ask("domain", name, findings, Word.GETDOMAINDEFAULTS)
        return RawDomain(
            name=name,
            main=main,
            aliases=await ask(Word.GETDOMAINALIASES),
            explicit=await ask(Word.GETDOMAINSETTINGS),
            effective=effective,
            server_defaults=as_dictionary(defaults) or {},
            account_defaults=await ask(Word.GETACCOUNTDEFAULTS),
            account_prefs=await ask(Word.GETACCOUNTDEFAULTPREFS),
            template=await ask(Word.GETACCOUNTTEMPLATE),
            rules=await ask(Word.GETDOMAINMAILRULES, Word.GETDOMAINRULES),
            signal_rules=await ask(Word.GETDOMAINSIGNALRULES),
            findings=tuple(findings),
        )

    async def policy(self, name: str) -> RawDomain:
        """Return only what decides about mail for unknown names; what is refused is told by `domain`."""
        ignored: list[Finding] = []
        about = (name,)
        effective = as_dictionary(
            await self._ask("domain", name, ignored, Word.GETDOMAINEFFECTIVESETTINGS, about=about)
        )
        if effective is not None:
            return RawDomain(name=name, effective=effective)
        explicit = await self._ask("domain", name, ignored, Word.GETDOMAINSETTINGS, about=about)
        defaults = as_dictionary(await self._ask("domain", name, ignored, Word.GETDOMAINDEFAULTS)) or {}
        return RawDomain(name=name, explicit=explicit, server_defaults=defaults)

    async def server(self) -> RawServer:
        """Return what the server tells of itself."""
        findings: list[Finding] = []

        async def ask(*words: Word, about: tuple[Keyword | Value, ...] = ()) -> Value:
            return await self._ask("server", SERVER, findings, *words, about=about)

        settings = {name: await ask(word) for word, name in _SETTINGS.items()}
        for module in texts(await ask(Word.LISTMODULES)):
            settings[f"module {module}"] = await ask(Word.GETMODULE, about=(module,))
        return RawServer(
            domain_defaults=await ask(Word.GETDOMAINDEFAULTS),
            account_defaults=await ask(Word.GETSERVERACCOUNTDEFAULTS),
            account_prefs=await ask(Word.GETSERVERACCOUNTPREFS),
            rules=await ask(Word.GETSERVERMAILRULES, Word.GETSERVERRULES),
            signal_rules=await ask(Word.GETSERVERSIGNALRULES),
            router_table=await ask(Word.GETROUTERTABLE),
            settings=settings,
            findings=tuple(findings),
        )

    async def inherited(self, domain: str, *, settings: bool) -> RawDefaults:
        """Return what a domain's accounts inherit: preferences, and when they are wanted settings.

        Raises:
            CommandRefusedError, DataFormatError: settings cannot be read; without these nothing may be guessed.
        """
        ask = self._enquiry.ask
        server = await ask(Word.GETSERVERACCOUNTDEFAULTS) if settings else None
        of_domain = await ask(Word.GETACCOUNTDEFAULTS, about=(domain,)) if settings else None
        ignored: list[Finding] = []  # told as findings of the domain and the server already
        server_prefs = await self._ask("server", SERVER, ignored, Word.GETSERVERACCOUNTPREFS)
        prefs = await self._ask("domain", domain, ignored, Word.GETACCOUNTDEFAULTPREFS, about=(domain,))
        return RawDefaults(
            server=as_dictionary(server) or {},
            domain=as_dictionary(of_domain) or {},
            server_prefs=as_dictionary(server_prefs) or {},
            domain_prefs=as_dictionary(prefs) or {},
        )

    async def _ask(
        self,
        kind: str,
        object_: str,
        findings: list[Finding],
        *words: Word,
        about: tuple[Keyword | Value, ...] = (),
    ) -> Value:
        try:
            return await self._enquiry.ask(*words, about=about)
        except NO_ANSWER as error:
            if not (isinstance(error, CommandRefusedError) and error.unknown_command):
                findings.append(Finding(kind, object_, Outcome.UNREADABLE, words[0].value, str(error)))
            return None
