"""Read a base directory: server, domains and accounts as raw values. It blocks, and it changes nothing.

Inheritance is as on the server: account.settings, then the domain's AccountDefaults (in Domain.settings), then the
server's (in Settings/DomainDefault.settings). Template.settings is copied into an account when it is made, so it is
only reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sterna.communigate.raw import RawAccount, RawDefaults, RawDomain, RawServer
from sterna.communigate.tree.archive import ArchiveFiles
from sterna.communigate.tree.files import DiskFiles, Entry, Files, Kind, TreePath, TreeUnusableError, shown
from sterna.communigate.tree.layout import MAIN, OTHERS, SETTINGS, AccountPlace, accounts, find_base
from sterna.communigate.tree.mailboxes import preferences, read_mailboxes
from sterna.communigate.tree.notes import TreeNotes
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text
from sterna.model.finding import Finding, Outcome

SERVER: Final = "source"
"""What findings about the whole old server are about."""

_IN_BOTH: Final = frozenset({"WebUserPrefs.settings", "Rules.settings"})
"""Known of the server's own folder; in a domain's they are read when they are there."""

_SERVER_FILES: Final = frozenset({"DomainDefault.settings"} | _IN_BOTH)
_DOMAIN_FILES: Final = frozenset({"Domain.settings", "Template.settings", "Access.settings"} | _IN_BOTH)
_SEEN: Final = (("account.rpopids",), ("account.web", "private", "rpopids"))
"""Where the messages that polling has fetched are noted, in older and newer versions."""

_NOT_PUBLISHED: Final = {
    "alias": "aliases of accounts",
    "forwarder": "forwarders",
    "group": "groups",
    "list": "mailing lists and their subscribers",
    "domain": "other names of the domain",
    "rpop": "outside accounts that are polled",
    "subscription": "subscriptions and mailbox aliases",
    "mailbox": "numbers of messages",
}
"""What a tree does not tell, because where or how it is kept is not published; by the kind of the finding."""


class TreeReader:
    """One tree: a folder, a copy of one, or a tar archive."""

    def __init__(self, path: Path, *, main_domain: str | None = None) -> None:
        """Open it.

        Raises:
            TreeUnusableError: it is no base directory, or the main domain's name is not known.
        """
        self.path = path
        self._files: Files = DiskFiles(path) if path.is_dir() else ArchiveFiles(path)
        self._server: RawServer | None = None
        self._folders: dict[str, TreePath] = {}
        self._inherited: dict[str, RawDefaults] = {}
        self._rights: dict[str, Dictionary] = {}
        try:
            self._base = find_base(self._files, path)
            self.main_domain = (main_domain or self._main_domain()).lower()
        except TreeUnusableError:
            self._files.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        self._files.close()

    def domains(self) -> list[str]:
        """Return the names of the domains, the main one first."""
        path = (*self._base, OTHERS)
        for entry in TreeNotes(self._files, "server", SERVER).entries(path, optional=True):
            if entry.kind is Kind.FOLDER:
                self._folders.setdefault(entry.name.lower(), (*path, entry.name))
        return [self.main_domain, *sorted(self._folders.keys() - {self.main_domain})]

    def places(self, domain: str) -> tuple[Iterator[AccountPlace], TreeNotes]:
        """Return a domain's accounts, and the notes that are complete when these were gone through."""
        notes = TreeNotes(self._files, "domain", domain)
        return accounts(notes, self._folder(domain)), notes

    def account(self, place: AccountPlace, domain: str) -> RawAccount | Finding:
        """Return one account, or a finding when its settings cannot be read."""
        notes = TreeNotes(self._files, "account", f"{place.name}@{domain}")
        explicit = notes.dictionary(place.settings)
        if explicit is None:
            return notes.findings[0]
        info = notes.dictionary(place.info, optional=True) or {}
        mailboxes = read_mailboxes(notes, place, info)
        volatile = sorted(key for key in info if key.startswith("#") and key != "#Viewer")
        if volatile:
            why = "what the server remembers about the account for itself"
            notes.add(Outcome.DROPPED, f"account.info: {', '.join(volatile)}", why)
        return RawAccount(
            name=place.name,
            domain=domain,
            kind=place.kind,
            explicit=explicit,
            defaults=self.inherited(domain),
            prefs=preferences(info),
            rights=self._rights_of(domain).get(place.name, ()),
            mailboxes=mailboxes,
            rpop_seen=self._seen(notes, place),
            files=self._stored(notes, place),
            findings=tuple(notes.findings),
        )

    def inherited(self, domain: str) -> RawDefaults:
        """Return what the accounts of a domain inherit; what cannot be read is told by `domain` and `server`."""
        if domain not in self._inherited:
            server, own = self.server(), self.domain(domain)
            self._inherited[domain] = RawDefaults(
                domain=as_dictionary(own.account_defaults) or {},
                server=as_dictionary(server.account_defaults) or {},
                domain_prefs=as_dictionary(own.account_prefs) or {},
                server_prefs=as_dictionary(server.account_prefs) or {},
            )
        return self._inherited[domain]

    def domain(self, name: str) -> RawDomain:
        """Return a domain's own settings, and in `findings` what a tree does not tell of it."""
        notes = TreeNotes(self._files, "domain", name)
        folder = (*self._folder(name), SETTINGS)
        settings = dict(notes.dictionary((*folder, "Domain.settings"), optional=True) or {})
        defaults = settings.pop("AccountDefaults", None)
        prefs = notes.dictionary((*folder, "WebUserPrefs.settings"), optional=True)
        rules = notes.value((*folder, "Rules.settings"), optional=True)
        template = notes.dictionary((*folder, "Template.settings"), optional=True)
        others = [entry.name for entry in notes.entries(folder, optional=True) if entry.name not in _DOMAIN_FILES]
        for kind, what in _NOT_PUBLISHED.items():
            why = "how they are kept on disk is not published; only the CLI tells them"
            notes.add(Outcome.UNREADABLE, what, why, "give the CLI as a source too", kind=kind)
        if others:
            why = "files whose form is not published, and that are not read"
            notes.add(Outcome.UNREADABLE, ", ".join(shown((each,)) for each in others), why)
        return RawDomain(
            name=name,
            main=name == self.main_domain,
            explicit=settings,
            server_defaults=as_dictionary(self.server().domain_defaults) or {},
            account_defaults=defaults,
            account_prefs=prefs,
            template=template,
            rules=rules,
            findings=tuple(notes.findings),
        )

    def server(self) -> RawServer:
        """Return what is set for the whole server."""
        if self._server is None:
            self._server = self._read_server()
        return self._server

    def _read_server(self) -> RawServer:
        notes = TreeNotes(self._files, "server", SERVER)
        folder = (*self._base, SETTINGS)
        defaults = dict(notes.dictionary((*folder, "DomainDefault.settings"), optional=True) or {})
        account_defaults = defaults.pop("AccountDefaults", None)
        rules = notes.value((*folder, "Rules.settings"), optional=True)
        modules = dict(self._modules(notes, folder))
        for each in self._files.damage():
            notes.add(Outcome.UNREADABLE, self.path.name, each, "make the archive again")
        notes.add(Outcome.UNREADABLE, "router table", "where it is kept is not published; only the CLI tells it")
        return RawServer(
            domain_defaults=defaults,
            account_defaults=account_defaults,
            account_prefs=notes.dictionary((*folder, "WebUserPrefs.settings"), optional=True),
            rules=rules,
            settings=modules,
            findings=tuple(notes.findings),
        )

    def _modules(self, notes: TreeNotes, folder: TreePath) -> Iterator[tuple[str, Value]]:
        odd: list[str] = []
        for entry in notes.entries(folder, optional=True):
            if entry.name in _SERVER_FILES:
                continue
            if entry.kind is Kind.FILE and entry.name.endswith(".settings"):
                yield f"Settings/{entry.name}", notes.value((*folder, entry.name))
            else:
                odd.append(entry.name)
        if odd:
            names = ", ".join(shown((each,)) for each in odd)
            notes.add(Outcome.UNREADABLE, names, "files of the server that are not understood here")

    def _main_domain(self) -> str:
        notes = TreeNotes(self._files, "server", SERVER)
        settings = notes.dictionary((*self._base, SETTINGS, "Main.settings"), optional=True) or {}
        name = as_text(settings.get("DomainName"))
        if name:
            return name
        if not notes.entries((*self._base, MAIN), optional=True):
            return ""
        why = "Settings/Main.settings does not tell the name of the main domain, whose accounts are in Accounts"
        raise TreeUnusableError(self.path, why, "set source.tree.main_domain in the site file")

    def _folder(self, domain: str) -> TreePath:
        if domain == self.main_domain:
            return (*self._base, MAIN)
        return self._folders.get(domain, (*self._base, OTHERS, domain))

    def _rights_of(self, domain: str) -> Dictionary:
        if domain not in self._rights:
            notes = TreeNotes(self._files, "domain", domain)
            path = (*self._folder(domain), SETTINGS, "Access.settings")
            self._rights[domain] = notes.dictionary(path, optional=True) or {}
        return self._rights[domain]

    def _seen(self, notes: TreeNotes, place: AccountPlace) -> Mapping[str, bytes]:
        if place.folder is None:
            return {}
        seen: dict[str, bytes] = {}
        for below in _SEEN:
            path = (*place.folder, *below)
            for entry in _below(notes, place.folder, below):
                if (data := notes.content((*path, entry.name))) is not None:
                    seen[entry.name] = data
        return seen

    def _stored(self, notes: TreeNotes, place: AccountPlace) -> dict[str, Value] | None:
        if place.folder is None:
            return None
        return {
            entry.name: {"Size": entry.size_bytes} if entry.kind is Kind.FILE else ()
            for entry in _below(notes, place.folder, ("account.web",))
            if entry.name != "private"
        }


def _below(notes: TreeNotes, folder: TreePath, below: TreePath) -> tuple[Entry, ...]:
    return notes.entries((*folder, *below), optional=True)
