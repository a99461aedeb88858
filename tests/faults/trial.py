"""One account between two real servers with relays before them, and what must be true when the trouble is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from sterna.errors import SternaError
from sterna.lab.lab import LabInfo
from sterna.migration.copy.account import Options
from sterna.migration.copy.run import copy_site
from sterna.site.declaration import Site, Source, Tls
from tests.faults.impatience import hurried
from tests.faults.life import Life
from tests.faults.relay import Relay, Way, relay
from tests.real import strangers

FOLLOW = Options(accept_shrunk=True)
"""Mailboxes come and go in a trial, and nobody is to ask whether that is meant."""


@dataclass(slots=True)
class Trial:
    """A lab, an account of it, and the ways between us and its servers.

    Attributes:
        site: the lab by way of the relays.
        relays: by name: ``source``, ``target``, ``cli``.
        interruptions: how many faults came to pass.
        told: what the passes that were interrupted ended with, by its class, and how often.
    """

    lab: LabInfo
    site: Site
    account: str
    life: Life
    relays: dict[str, Relay] = field(default_factory=dict)
    interruptions: int = 0
    told: dict[str, int] = field(default_factory=dict)

    async def attempt(self) -> None:
        """Make a pass that may fail, as long as it fails as it should: by an error that we raise on purpose."""
        for each in self.relays.values():
            each.passed = dict.fromkeys(Way, 0)
        struck = sum(each.struck for each in self.relays.values())
        try:
            report = await copy_site(self.site, accounts=[self.account], options=FOLLOW)
        except SternaError as error:
            self._tell(type(error).__name__)
        else:
            self._tell("complete" if not report.failures else "failures")
        self.interruptions += sum(each.struck for each in self.relays.values()) - struck

    async def settle(self) -> None:
        """Let everything be well again: the next pass makes both sides equal, and one more finds nothing to do."""
        for each in self.relays.values():
            each.arm(None)
        report = await copy_site(self.site, accounts=[self.account], options=FOLLOW)
        assert report.failures == (), [str(failure) for failure in report.failures]
        again = (await copy_site(self.site, accounts=[self.account], options=FOLLOW)).counts
        assert (again.copied, again.updated, again.expunged, again.skipped) == (0, 0, 0, 0), again
        renamed = {row.source: row.target for result in report.results for row in result.renamed}
        assert strangers.differences(self.lab.as_json(), self.account, None, renamed) == []

    def reach(self) -> dict[tuple[str, Way], int]:
        """Return how many bytes the last pass moved each way."""
        return {(name, way): each.passed[way] for name, each in self.relays.items() for way in Way}

    def forget(self, mailbox: str) -> None:
        """Take a mailbox away on both sides, by strangers' means."""
        self.life.remove(mailbox)
        with strangers.target_client(self.lab.as_json(), self.account) as client:
            assert client.delete(f'"{mailbox}"')[0] == "OK"

    def _tell(self, what: str) -> None:
        self.told[what] = self.told.get(what, 0) + 1


def as_any_imap(lab: LabInfo, site: Site) -> Site:
    """Return the site with its source read as any IMAP server: without the CLI a pass takes half the time."""
    accounts = lab.dir / "accounts.csv"
    accounts.write_text("address\n" + "".join(f"{each['name']}@{each['domain']}\n" for each in people(lab)))
    source = Source(product="imap", accounts=accounts, imap=site.source.imap)
    return hurried(site.model_copy(update={"source": source}))


@asynccontextmanager
async def relayed(site: Site, *, timeout_s: float = 5.0) -> AsyncIterator[tuple[Site, dict[str, Relay]]]:
    """The site by way of relays, and these. No TLS towards the source, so that a fault can be inside a literal.

    `timeout_s` is how long a server may be silent.
    """
    source, target = site.source, site.target
    ends = {"source": source.imap.port, "target": target.imap.port}
    if source.cli is not None:
        ends["cli"] = source.cli.port
    async with AsyncExitStack() as stack:
        relays = {name: await stack.enter_async_context(relay(port)) for name, port in ends.items()}
        ports = {name: {"port": each.port, "timeout_s": timeout_s} for name, each in relays.items()}
        ways: dict[str, object] = {"imap": source.imap.model_copy(update=ports["source"] | {"tls": Tls.NONE})}
        if source.cli is not None:
            ways["cli"] = source.cli.model_copy(update=ports["cli"])
        new = target.model_copy(update={"imap": target.imap.model_copy(update=ports["target"])})
        yield hurried(site.model_copy(update={"source": source.model_copy(update=ways), "target": new})), relays


def people(lab: LabInfo) -> list[dict[str, str]]:
    """Return the accounts of the lab's old server."""
    found: list[dict[str, str]] = lab.as_json()["accounts"]
    return found
