"""Mailing lists for Mailman: read them from the source, write them into files, or load them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.communigate.server import SourceServer
from sterna.errors import Scope, SternaError
from sterna.mailman.api import MailmanApi
from sterna.mailman.errors import NoMailmanError
from sterna.mailman.found import text_path
from sterna.mailman.load import Guard, LoadedList, load_list
from sterna.mailman.translate import Owner, translate
from sterna.mailman.wanted import WantedList
from sterna.migration.desired.claims import domain_aliases, under_all_names
from sterna.migration.desired.lists import mailman_address
from sterna.migration.planned import finding_as_json
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.site.declaration import Site
from sterna.state.loaded_lists import LoadedLists

INCOMPLETE: Final = 3
"""Exit code when something did not work; the manual lists it."""


class ListFileError(SternaError):
    """A list cannot be written into a file."""

    exit_code = 73  # EX_CANTCREAT

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} cannot be written: {reason}; what was written before is whole. Run again elsewhere")


class NoSuchListError(SternaError):
    """The source has no list with an address that was asked for."""

    exit_code = 68  # EX_NOHOST

    def __init__(self, addresses: Collection[Address]) -> None:
        self.addresses = tuple(sorted(addresses))
        names = ", ".join(map(str, self.addresses))
        super().__init__(f"the source has no list {names}, or it cannot be read; nothing was changed")


@dataclass(frozen=True, slots=True)
class ReadLists:
    """The source's lists as Mailman should have them, in the order of their addresses, and what is lost."""

    lists: tuple[WantedList, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was done in Mailman, or would be."""

    lists: tuple[LoadedList, ...]
    findings: tuple[Finding, ...]
    dry_run: bool

    @property
    def failures(self) -> int:
        """How much did not work."""
        return sum(len(each.failures) for each in self.lists)

    @property
    def exit_code(self) -> int:
        """0 when all is done, 3 when a person has to look at something."""
        return INCOMPLETE if self.failures else 0

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "dry_run": self.dry_run,
            "lists": [each.as_json() for each in self.lists],
            "findings": [finding_as_json(finding) for finding in self.findings],
        }


OnLoaded = Callable[[int, int], None]
"""Called with how many lists are done, and how many there are."""


async def read_lists(site: Site, only: Collection[Address] = ()) -> ReadLists:
    """Return the lists of the source, or `only` some, as Mailman should have them.

    Raises:
        NoSuchListError: one that was asked for is not there.
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    findings: list[Finding] = []
    found: list[MailingList] = []
    async with SourceServer.open(site.source) as server:
        domains = await server.domains()
        for domain in domains:
            for read in await server.lists(domain.name):
                if read.value is None or not only or read.value.address in only:
                    findings += read.findings
                if read.value is not None and (not only or read.value.address in only):
                    found.append(read.value)
        if missing := set(only) - {each.address for each in found}:
            raise NoSuchListError(missing)
        owners = {each.owner: await _owner(server, each.owner) for each in found}
    others = domain_aliases(domains, [])
    taken: dict[Address, Address] = {}
    wanted: list[WantedList] = []
    for each in sorted(found, key=lambda each: each.address):
        if not each.complete:
            findings.append(_incomplete(each))
            continue
        there = mailman_address(each.address, site.policy.list_domain)
        if taken.setdefault(there, each.address) != each.address:
            why = f"in Mailman it would be {there}, as {taken[there]} is"
            todo = "Keep the domains apart: let policy.list_domain contain {domain}, or rename one on the source."
            findings.append(Finding("list", str(each.address), Outcome.DROPPED, "list", why, todo))
            continue
        owner = owners[each.owner]
        names = tuple(name for own in owner.names for name in under_all_names(own, others))
        translated = translate(each, there, tuple(under_all_names(each.address, others)), Owner(owner.real_name, names))
        findings += translated.findings
        if translated.wanted is not None:
            wanted.append(translated.wanted)
    return ReadLists(tuple(wanted), tuple(findings))


def write_lists(lists: Sequence[WantedList], folder: Path) -> list[Path]:
    """Write each list into a file of its own, and its texts where Mailman's folder ``templates`` has them.

    Files have mode 0600, because members' addresses are nobody else's business.

    Raises:
        ListFileError: a file cannot be written.
    """
    written: list[Path] = []
    for each in lists:
        path = folder / f"{each.list_id}.json"
        _write(path, json.dumps(each.as_json(), indent=2, ensure_ascii=False) + "\n")
        written.append(path)
        for name, text in each.texts.items():
            _write(text_path(folder / "templates", each, name), text)
    return written


def load_lists(
    site: Site, read: ReadLists, *, dry_run: bool, accept_removals: bool, on_loaded: OnLoaded | None = None
) -> Loaded:
    """Make the lists in Mailman as they are wanted; a list that does not work does not stop the others.

    Args:
        site: which Mailman, and where what was brought is recorded.
        read: the lists.
        dry_run: only say what would be done.
        accept_removals: take members off who have left on the source, however many.
        on_loaded: called after each list.

    Raises:
        NoMailmanError: the site has none.
        SternaError: with scope SERVER or above: Mailman or the record cannot be used.
    """
    declared = site.target.mailman
    if declared is None:
        raise NoMailmanError
    guard = None if accept_removals else Guard(site.policy.guard_share, site.policy.guard_accounts)
    loaded: list[LoadedList] = []
    findings = list(read.findings)
    with LoadedLists.open(site.state_dir) as record, MailmanApi.open(declared) as api:
        for number, each in enumerate(read.lists, 1):
            try:
                done = load_list(api, record, each, declared.template_dir, guard, dry_run=dry_run)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
                done = LoadedList(str(each.source), str(each.address), len(each.members), (), 0, (str(error),))
            loaded.append(done)
            findings += done.findings
            if declared.template_dir is None and any(each.texts.values()):
                findings.append(_texts_elsewhere(each))
            if on_loaded is not None:
                on_loaded(number, len(read.lists))
    return Loaded(tuple(loaded), tuple(findings), dry_run)


async def _owner(server: SourceServer, address: Address) -> Owner:
    account = (await server.account(address)).value
    if account is None:  # a finding of the account, or no account at all: the list says who it is in any case
        return Owner("", (address,))
    return Owner(account.real_name, (account.address, *account.aliases))


def _incomplete(each: MailingList) -> Finding:
    why = "not all of its subscribers could be read, so it is left out: those who are missing would be taken off it"
    todo = "Let the source tell them, then run again."
    return Finding("list", str(each.address), Outcome.UNREADABLE, "list", why, todo)


def _texts_elsewhere(each: WantedList) -> Finding:
    why = "Mailman's API takes no texts, only its folder templates does, and target.mailman.template_dir is not set"
    todo = (
        f"sterna export mailman --out DIR, then copy DIR/templates/lists/{each.list_id} to Mailman's templates/lists."
    )
    return Finding("list", str(each.source), Outcome.CHANGED, "header, footer, welcome, goodbye", why, todo)


def _write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as error:
        raise ListFileError(str(path), error.strerror or str(error)) from error
