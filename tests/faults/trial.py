"""One account between two real servers with relays before them, and what must be true when the trouble is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from sterna.errors import SternaError
from sterna.lab.lab import LabInfo
from sterna.migration.copy.account import Options
from sterna.migration.copy.events import CopyReport
from sterna.migration.copy.run import copy_site
from sterna.site.declaration import Site, Source, Tls
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

    async def attempt(self) -> CopyReport | None:
        """Make a pass that may fail, as long as it fails as it should: by an error that we raise on purpose."""
        for each in self.relays.values():
            each.passed = dict.fromkeys(Way, 0)
        struck = sum(each.struck for each in self.relays.values())
        try:
            report = await copy_site(self.site, accounts=[self.account], options=FOLLOW)
        except SternaError as error:
            self._tell(type(error).__name__)
            report = None
        else:
            self._tell("complete" if not report.failures else "failures")
        self.interruptions += sum(each.struck for each in self.relays.values()) - struck
        return report

    async def settle(self) -> None:
        """Let everything be well again: the next pass makes both sides equal, and one more finds nothing to do."""
        for each in self.relays.values():
            each.arm(None)
        report = await copy_site(self.site, accounts=[self.account], options=FOLLOW)
        assert report.failures == (), [str(failure) for failure in report.failures]
        again = (await copy_site(self.site, accounts=[self.account], options=FOLLOW)).counts
        assert (again.copied, again.updated, again.expunged, again.skipped) == (0, 0, 0, 0), again
        assert strangers.differences(self.lab.as_json(), self.account, None, {}) == []

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


@asynccontextmanager
async def relayed(
    lab: LabInfo, site: Site, *, any_imap: bool = False, timeout_s: float = 5.0
) -> AsyncIterator[tuple[Site, dict[str, Relay]]]:
    """The site by way of relays, and these. No TLS towards the source, so that a fault can be inside a literal.

    Args:
        lab: the servers.
        site: the lab as a site.
        any_imap: read the source as any IMAP server, which takes half the time; else as CommuniGate, with its CLI.
        timeout_s: how long a server may be silent.
    """
    source, target = site.source, site.target
    assert source.cli is not None
    ends = {"source": source.imap.port, "target": target.imap.port}
    if not any_imap:
        ends["cli"] = source.cli.port
    async with AsyncExitStack() as stack:
        relays = {name: await stack.enter_async_context(relay(port)) for name, port in ends.items()}
        ports = {name: {"port": each.port, "timeout_s": timeout_s} for name, each in relays.items()}
        imap = source.imap.model_copy(update=ports["source"] | {"tls": Tls.NONE})
        if any_imap:
            accounts = lab.dir / "accounts.csv"
            accounts.write_text("address\n" + "".join(f"{each['name']}@{each['domain']}\n" for each in people(lab)))
            old = Source(product="imap", accounts=accounts, imap=imap)
        else:
            cli = source.cli.model_copy(update=ports["cli"])
            old = source.model_copy(update={"imap": imap, "cli": cli})
        new = target.model_copy(update={"imap": target.imap.model_copy(update=ports["target"])})
        yield site.model_copy(update={"source": old, "target": new}), relays


def people(lab: LabInfo) -> list[dict[str, str]]:
    """Return the accounts of the lab's old server."""
    found: list[dict[str, str]] = lab.as_json()["accounts"]
    return found
