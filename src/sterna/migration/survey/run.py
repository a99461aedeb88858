"""Look at the whole source, write nothing there: accounts by its CLI, mail by IMAP, one checked against the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random, SystemRandom
from typing import Final

from sterna.communigate.cross_reading import cross_findings
from sterna.communigate.reading import open_source
from sterna.errors import SternaError
from sterna.migration.access import open_reader
from sterna.migration.desired import Aim
from sterna.migration.survey.content import SurveyReport
from sterna.migration.survey.draw import Frame, draw_up
from sterna.migration.survey.families import with_family
from sterna.migration.survey.mailboxes import AccountMail, Limits, look
from sterna.migration.survey.probes.load import Place, draw_sample
from sterna.migration.survey.probes.run import probe
from sterna.migration.survey.probes.seen import Probed, Sample
from sterna.migration.survey.read import ReadSource, SurveySource, read_into
from sterna.migration.survey.readers import Readers
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.postfix.config import MESSAGE_SIZE_LIMIT_BYTES
from sterna.site.declaration import Site
from sterna.state.lock import locked
from sterna.state.survey_store import SurveyStore
from sterna.state.survey_view import SurveyView

STORE: Final = "survey.sqlite"
_SAMPLE_ACCOUNTS: Final = 8
_TRIED: Final = 3
"""How many accounts each way of access is tried with."""


@dataclass(frozen=True, slots=True)
class SurveyProgress:
    """So many things of `step` are done; `total` is None where nobody knows it yet."""

    step: str
    done: int
    total: int | None = None


OnProgress = Callable[[SurveyProgress], None]

ACCOUNTS: Final = "accounts read"
MAILBOXES: Final = "accounts' mail read"
COMPARED: Final = "comparing the sources with each other"
PROBES: Final = "ways of access tried"
SAMPLE: Final = "sample of messages"


async def survey(
    site: Site, on_progress: OnProgress | None = None, *, quick: bool = False, chance: Random | None = None
) -> SurveyReport:
    """Return what the source has; what cannot be read is a finding.

    The rows are in ``survey.sqlite`` in the site's state folder, which the report reads.

    Args:
        site: whose source; of its target only the declaration is used.
        on_progress: called as things are done.
        quick: ask for no dates and sizes of single messages.
        chance: which messages are in the sample.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be reached, trusted or logged in to.
    """
    started = datetime.now(UTC)
    tell = on_progress or (lambda _: None)
    with locked(site.state_dir / "survey.lock"):
        store = SurveyStore.create(site.state_dir / STORE)
        try:
            async with open_source(site.source) as server:
                read = await read_into(store, server, Aim.of(site), partial(_told, tell, ACCOUNTS))
                await look_at_all(site, store, server, tell, quick=quick)
                tell(SurveyProgress(COMPARED, 0))
                async for finding in cross_findings(site.source, server):
                    store.add_findings([with_family(finding)])
            tell(SurveyProgress(PROBES, 0, 1))
            sample, probed = await _probe(site, store, read, tell, chance or SystemRandom())
            frame = Frame(site, started, datetime.now(UTC), quick, site.state_dir / STORE, MESSAGE_SIZE_LIMIT_BYTES)
            report = draw_up(frame, store.view, probed, sample)
            store.finish()
        except BaseException:
            store.close()
            raise
    return report


async def look_at_all(
    site: Site, store: SurveyStore, source: SurveySource, tell: OnProgress, *, quick: bool = False
) -> None:
    """Read everybody's mailboxes into `store`, several accounts at a time."""
    limits = Limits(MESSAGE_SIZE_LIMIT_BYTES)
    total, done = store.view.sums()["accounts"], 0

    def keep(address: Address, mail: AccountMail | Finding) -> None:
        nonlocal done
        if isinstance(mail, Finding):
            store.add_findings([with_family(mail)])
        else:
            store.add_mail(str(address), mail.mail)
            store.add_findings(map(with_family, mail.findings))
        done += 1
        tell(SurveyProgress(MAILBOXES, done, total))

    async def job(address: Address, readers: Readers) -> None:
        reader, prefix = await readers.reader(address)
        keep(address, await look(reader, address, prefix, await source.raw_mailboxes(address), limits, quick=quick))

    def failed(address: Address, error: SternaError) -> None:
        why = f"its mailboxes could not be read: {error}"
        keep(address, Finding("account", str(address), Outcome.UNREADABLE, "mailboxes", why))

    at_a_time = min(site.policy.parallel_accounts, site.source.imap.connections)
    await Workers(at_a_time, partial(Readers, site), job, failed).run(map(Address.parse, store.view.addresses()))
    store.add_findings(map(with_family, list(over_quota(store.view, site.policy.quota_headroom_bytes))))


def over_quota(view: SurveyView, headroom_bytes: int) -> Iterable[Finding]:
    """Yield the accounts that hold more than they may."""
    for account in view.over_quota():
        why = (
            f"the account holds {account.size_bytes} bytes and may hold {account.quota_bytes}; on the target it gets "
            f"what it holds and {headroom_bytes} bytes on top"
        )
        todo = "Say whether it should keep so much."
        yield Finding("quota", account.address, Outcome.CHANGED, "exceeded quota", why, todo)


async def _probe(
    site: Site, store: SurveyStore, read: ReadSource, tell: OnProgress, chance: Random
) -> tuple[Sample | None, Probed]:
    drawn = store.view.some_accounts(_SAMPLE_ACCOUNTS, chance)
    accounts = [Address.parse(each.address) for each in drawn]
    probed = await probe(site, accounts[:_TRIED], read.passwords)
    tell(SurveyProgress(SAMPLE, 0, 1))
    places = []
    for address in accounts:
        boxes = [each for each in store.view.mailboxes(str(address)) if each.messages]
        if boxes:
            weights = [each.size_bytes + 1 for each in boxes]
            places.append(Place(address, chance.choices(boxes, weights)[0].name))
    sample = await draw_sample(partial(open_reader, site), places, chance, site.source.imap.connections)
    return sample, probed


def _told(tell: OnProgress, step: str, done: int) -> None:
    tell(SurveyProgress(step, done))
