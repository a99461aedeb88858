"""Draw the report up from the comparisons: sums, rows, differences, and the same for machines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from sterna.migration.changes import AddEntry, CreateMailbox, describe
from sterna.migration.planned import Plan, finding_as_json
from sterna.migration.report.content import AccountRow, Compared, Difference, How, VerificationReport
from sterna.migration.verify.account import AccountComparison
from sterna.migration.verify.form import BYTES, COMPARED, Asked
from sterna.migration.verify.mailbox import COPY_AGAIN, UIDVALIDITY, MailboxComparison, Unequal
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.site.declaration import Server, Site

ONLY_THERE = "it was made there, or removed on the source; remove it there if it should not be"
APPLY_AGAIN = "sterna plan shows it, sterna apply mends it"


@dataclass(frozen=True, slots=True)
class FailedComparison:
    """An account that could not be compared, and why."""

    address: Address
    reason: str


Result = AccountComparison | FailedComparison


@dataclass(frozen=True, slots=True)
class Made:
    """How a comparison was made.

    Fields:
        asked: how closely was compared.
        whole: whether all accounts were asked for, so that others on the target are too many.
        started, ended: when, aware.
    """

    asked: Asked
    whole: bool
    started: datetime
    ended: datetime


def draw_up(
    site: Site,
    plan: Plan,
    results: Sequence[Result],
    real_names: Mapping[str, str],
    made: Made,
) -> VerificationReport:
    """Return the report.

    Args:
        site: what was compared.
        plan: what would still have to change for accounts, addresses and quotas; its findings are the report's.
        results: one for each account that was asked for.
        real_names: of everybody on the target, by address.
        made: what was asked for, and when it was done.
    """
    ordered = sorted(results, key=lambda result: result.address)
    extra = sorted(real_names.keys() - {str(result.address) for result in results}) if made.whole else []
    differences = [
        *_of_plan(plan),
        *(row for result in ordered for row in _of_account(result)),
        *(Difference(address, "", "the account is on the target only", ONLY_THERE) for address in extra),
    ]
    sums = {
        "accounts": _accounts(plan, ordered, len(extra)),
        "mailboxes": _sum(_mailboxes(result) for result in ordered),
        "messages": _sum(_messages(result) for result in ordered),
    }
    rows = tuple(_row(result, real_names, differences) for result in ordered)
    form, seed = made.asked.form, made.asked.seed if made.asked.sample else None
    reread = sum(each.reread for r in ordered if isinstance(r, AccountComparison) for _, each in r.mailboxes)
    findings = (*plan.findings, *(row for result in ordered for row in _findings(result)))
    left_out = {
        "mailboxes": sum(len(r.left_out) for r in ordered if isinstance(r, AccountComparison)),
        "messages": sum(b.left_out for r in ordered if isinstance(r, AccountComparison) for _, b in r.mailboxes),
    }
    return VerificationReport(
        site=site.name,
        source=_where(site.source.imap),
        target=_where(site.target.imap),
        started=made.started,
        ended=made.ended,
        accounts=sums["accounts"],
        mailboxes=sums["mailboxes"],
        messages=sums["messages"],
        size_bytes=_known_sum(row.size_bytes for row in rows),
        rows=rows,
        differences=tuple(differences),
        findings=findings,
        as_json={
            "site": site.name,
            "started": made.started.isoformat(timespec="seconds"),
            "ended": made.ended.isoformat(timespec="seconds"),
            "form": form,
            "reread": reread,
            "seed": seed,
            "partial": not made.whole,
            "version": version("sterna"),
            "equal": not differences,
            **{name: dataclasses.asdict(each) for name, each in sums.items()},
            "differences": [dataclasses.asdict(row) for row in differences],
            "findings": [finding_as_json(finding) for finding in findings],
            "left_out": left_out,
        },
        version=version("sterna"),
        how=How(form, COMPARED[form], BYTES[form], reread, seed),
    )


def _where(server: Server) -> str:
    return f"{server.host}:{server.port}"


def _accounts(plan: Plan, results: Sequence[Result], extra: int) -> Compared:
    changed: dict[str, bool] = {}
    for change in plan.changes:
        absent = isinstance(change, AddEntry | CreateMailbox)
        changed[change.subject] = changed.get(change.subject, False) or absent
    addresses = {str(result.address) for result in results}
    missing = {subject for subject, absent in changed.items() if absent} & addresses
    missing |= {str(r.address) for r in results if isinstance(r, AccountComparison) and not r.on_target}
    different = {subject for subject, absent in changed.items() if not absent} & addresses
    different |= {str(result.address) for result in results if isinstance(result, FailedComparison)}
    different |= {str(r.address) for r in results if isinstance(r, AccountComparison) and r.itself}
    here = len(results)
    there = here - len(missing) + extra
    return Compared(here, there, missing=len(missing), extra=extra, different=len(different - missing))


def _mailboxes(result: Result) -> Compared:
    if isinstance(result, FailedComparison):
        return Compared(0, 0)
    different = sum(1 for _, compared in result.mailboxes if compared.itself)
    return Compared(
        result.source_mailboxes,
        result.target_mailboxes,
        missing=len(result.missing),
        extra=len(result.extra),
        different=different,
    )


def _messages(result: Result) -> Compared:
    if isinstance(result, FailedComparison):
        return Compared(0, 0)
    return _sum(
        Compared(each.source, each.target, *map(_number, (each.missing, each.extra, each.different)))
        for _, each in result.mailboxes
    )


def _number(rows: Iterable[Unequal]) -> int:
    return sum(row.messages for row in rows)


def _known_sum(parts: Iterable[int | None]) -> int | None:
    """Return the sum, None where a part is not known."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def _sum(parts: Iterable[Compared]) -> Compared:
    total = Compared(0, 0)
    for part in parts:
        total = Compared(
            total.source + part.source,
            total.target + part.target,
            total.missing + part.missing,
            total.extra + part.extra,
            total.different + part.different,
        )
    return total


def _row(result: Result, real_names: Mapping[str, str], differences: Iterable[Difference]) -> AccountRow:
    address = str(result.address)
    compared: Sequence[MailboxComparison] = ()
    if isinstance(result, AccountComparison):
        compared = [each for _, each in result.mailboxes]
    return AccountRow(
        address=address,
        real_name=real_names.get(address, ""),
        mailboxes=len(compared),
        messages=sum(each.source for each in compared),
        size_bytes=_known_sum(each.size_bytes for each in compared),
        differences=sum(1 for row in differences if row.account == address),
    )


def _of_plan(plan: Plan) -> Iterable[Difference]:
    for change in plan.changes:
        yield Difference(change.subject, "", "; ".join(describe(change)), APPLY_AGAIN)


def _of_account(result: Result) -> Iterable[Difference]:
    address = str(result.address)
    if isinstance(result, FailedComparison):
        yield Difference(address, "", f"it could not be compared: {result.reason}", "mend that and verify again")
        return
    for each in result.itself:
        yield Difference(address, "", each.what, each.todo)
    if not result.on_target:
        yield Difference(address, "", "the target has no INBOX of it", APPLY_AGAIN)
    for name in result.missing:
        yield Difference(address, "/".join(name), "the mailbox is missing on the target", COPY_AGAIN)
    for name in result.extra:
        yield Difference(address, "/".join(name), "the mailbox is on the target only", "look whether it is wanted")
    for name, compared in result.mailboxes:
        # A mailbox that was made anew on one side differs in everything; one line says it.
        anew = any(UIDVALIDITY in unequal.what for unequal in compared.itself)
        for unequal in compared.itself if anew else compared.unequal:
            yield Difference(address, _place("/".join(name), unequal), unequal.what, unequal.todo)


def _findings(result: Result) -> Iterable[Finding]:
    """Yield what is as it was meant to be, and not as it was."""
    if isinstance(result, FailedComparison):
        return
    for name, found in result.mailboxes:
        place = f"{result.address}: {'/'.join(name)}"
        if found.new_uids:
            why = f"{found.new_uids:,} messages have other UIDs than on the source: its clients fetch them again"
            yield Finding("mailbox", place, Outcome.CHANGED, "UIDs are not kept", why)
        if found.own:
            why = f"the target has {found.own:,} messages of its own there"
            yield Finding("mailbox", place, Outcome.CHANGED, "mail of the target's own", why)
        if found.left_out:
            why = f"{found.left_out:,} messages are not selected"
            yield Finding("mailbox", place, Outcome.DROPPED, "messages that are left out", why)
    for name in result.left_out:
        where = f"{result.address}: {'/'.join(name)}"
        yield Finding("mailbox", where, Outcome.DROPPED, "the mailbox", "it is not selected")


def _place(mailbox: str, unequal: Unequal) -> str:
    return mailbox if unequal.uid is None else f"{mailbox}, UID {unequal.uid}"
