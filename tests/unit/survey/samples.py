"""A small surveyed site, made by hand: names of strangers that try to break out of whatever shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sterna.migration.survey.content import SurveyReport
from sterna.migration.survey.draw import Frame, draw_up
from sterna.migration.survey.families import with_family
from sterna.migration.survey.probes.seen import (
    AccessSeen,
    CertificateSeen,
    Latency,
    Load,
    Probed,
    Sample,
    TlsSeen,
    Verbatim,
    Works,
)
from sterna.migration.survey.rows import account_row, counts_of
from sterna.model.account import Account, ClearPassword, Forward, UnreadablePassword
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret
from sterna.site.declaration import (
    Directory,
    Site,
    Source,
    SourceCli,
    SourceImap,
    Target,
    TargetImap,
)
from sterna.state.survey_rows import Held, SurveyedMail, SurveyedMailbox
from sterna.state.survey_store import SurveyStore

ENDED = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
ANNA, BERND = Address("lab.example", "anna"), Address("lab.example", "bernd")
EVIL = "</script><script>alert(1)</script>\"'&\x1b]0;x\x07\u202egnp.exe"
RULE = Finding(
    "filter",
    "anna@lab.example",
    Outcome.DROPPED,
    "rule 'Urlaub </pre>'",
    "its condition cannot be tested",
    "Decide with its owner.",
    '(5,"Urlaub",((Source,in,trusted)))\n# nearest\nkeep;',
)

NO_FILE = Path("/nowhere")

SITE = Site(
    name="lab",
    source=Source(
        cli=SourceCli(host="old.example", port=106, user="postmaster", password_file=NO_FILE),
        imap=SourceImap(host="old.example", port=143, user="postmaster", password_file=NO_FILE),
    ),
    target=Target(
        directory=Directory(
            uri="ldap://new.example", suffix="dc=lab", bind_dn="cn=sterna,dc=lab", password_file=NO_FILE
        ),
        imap=TargetImap(host="new.example", port=143, user="cyrusadmin", password_file=NO_FILE),
    ),
)

PROBED = Probed(
    access=(
        AccessSeen("administrator, ~user@domain/", "tilde", Works.YES, 2, "with anna@lab.example"),
        AccessSeen("on behalf", "authorize", Works.NO, 1, f"anna@lab.example: {EVIL}"),
    ),
    tls=(
        TlsSeen(
            service="source.imap (old.example:143)",
            mode="starttls",
            offered=("TLS 1.3", "TLS 1.0"),
            chosen="TLSv1.3, AES",
            certificate=CertificateSeen(
                subject=f"CN={EVIL}",
                names=("old.example", "mail.example"),
                issuer="CN=Somebody",
                not_before=ENDED - timedelta(days=300),
                not_after=ENDED + timedelta(days=9),
                sha256="ab" * 32,
                distrust="the certificate of source.imap is not trusted",
            ),
        ),
    ),
    verbatim=(Verbatim("IMAP greeting", (f"* OK {EVIL}",)),),
    latency=(Latency("IMAP (NOOP)", 9, 0.001, 0.02, 0.1),),
    load=(Load(1, 0.02, 0.1), Load(4, 0.03, 0.1)),
)
SAMPLE = Sample(
    accounts=2, messages=100, size_bytes=5_000_000, seconds=2.0, parallel=4, parallel_rate=3.0, facts_rate=9e3
)


def make_report(
    folder: Path,
    *,
    findings: Sequence[Finding] = (RULE,),
    accounts: int = 2,
    real_name: str = EVIL,
    quick: bool = False,
) -> SurveyReport:
    """A report of `accounts` accounts; the first is Anna, who has mail, the second Bernd, who cannot be read."""
    store = SurveyStore.create(folder / "survey.sqlite")
    people = [
        Account(
            ANNA,
            real_name,
            ClearPassword(Secret("sehr geheim")),
            aliases=(Address("lab.example", "a"),),
            forward=Forward((BERND,), keep_copy=True),
            quota_bytes=1024,
        ),
        Account(BERND, "山田", UnreadablePassword("its cipher is not known"), enabled=False),
    ]
    people += [
        Account(Address("lab.example", f"u{n:05}"), f"U {n}", ClearPassword(Secret("x"))) for n in range(2, accounts)
    ]
    store.add_thing("domain", "lab.example", {"name": "lab.example", "aliases": ["old.example"], "main": True})
    store.add_thing("group", "all@lab.example", {"address": "all@lab.example", "real_name": EVIL, "members": ["a@b.c"]})
    store.count("domain", 1)
    store.count("group", 1)
    for person in people[:accounts]:
        store.add_account(account_row(person))
        for kind, number in counts_of(person).items():
            store.count(kind, number)
    boxes = (
        SurveyedMailbox(("INBOX",), 12, 2048, ("INBOX",)),
        SurveyedMailbox(("Work", f"<b>{EVIL}"), 3, 100, ("Work", "_b_")),
    )
    store.add_mail(str(ANNA), SurveyedMail(boxes, {202503: Held(5, 1000), 202601: Held(10, 1148)}))
    store.add_findings(map(with_family, findings))
    frame = Frame(SITE, ENDED - timedelta(seconds=7.4), ENDED, quick, folder / "survey.sqlite", 64 << 20)
    report = draw_up(frame, store.view, PROBED, SAMPLE)
    store.finish()
    return report
