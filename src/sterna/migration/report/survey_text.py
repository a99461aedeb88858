"""A survey as text for a terminal: what is largest, what is lost, what to decide; at the end the sums."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sterna.migration.report import numbers
from sterna.migration.report.text import printable, table, width
from sterna.migration.survey.content import LOSSES, SurveyReport
from sterna.migration.survey.estimate import throttled
from sterna.model.finding import Finding, Outcome
from sterna.state.survey_rows import CountedFamily, SurveyedAccount

MOST_ACCOUNTS: Final = 40
MOST_OTHERS: Final = 40
MOST_FAMILIES: Final = 60
MOST_OBJECTS: Final = 4
MOST_TODOS: Final = 15
"""What a person reads in a terminal; with ``--all`` and in JSON there is everything."""

_HEADS = ("account", "name", "mailboxes", "messages", "size", "quota", "password", "aliases and forwards")
_RIGHT = (2, 3, 4, 5)
_EVERYTHING = 2**60


def lines(report: SurveyReport, *, everything: bool = False) -> Iterator[str]:
    """Yield the lines; with `everything` nothing is left out, however many they are."""
    return (printable(line) for line in _lines(report, everything=everything))


def _lines(report: SurveyReport, *, everything: bool) -> Iterator[str]:
    yield from _accounts(report, everything=everything)
    yield from _domains(report, everything=everything)
    yield from _others(report, everything=everything)
    yield from _kinds(report)
    yield from _loss(report, everything=everything)
    yield from _server(report)
    yield from _decisions(report, everything=everything)
    yield ""
    yield report.summary()
    counts = report.counts
    moved = counts["passwords_clear"] + counts["passwords_hashed"]
    yield f"{moved:,} passwords move, {counts['passwords_unreadable']:,} cannot be read"
    if report.estimate is not None:
        full, delta = report.estimate.full, report.estimate.delta
        yield (
            f"A full pass takes about {numbers.duration(full.least_s)} to {numbers.duration(full.most_s)}, a pass over "
            f"one day's changes {numbers.duration(delta.least_s)} to {numbers.duration(delta.most_s)}"
        )
    by_outcome = (f"{report.outcomes[outcome]:,} {outcome}" for outcome in (*LOSSES, Outcome.KEPT))
    yield f"Findings: {', '.join(by_outcome)}"


def _accounts(report: SurveyReport, *, everything: bool) -> Iterator[str]:
    total = report.counts["accounts"]
    view = report.view
    if everything or total <= MOST_ACCOUNTS:
        yield from _streamed(view.accounts)
        return
    yield from table(_HEADS, map(_row, view.largest_accounts(MOST_ACCOUNTS)), right=_RIGHT)
    yield f"These are the {MOST_ACCOUNTS} largest of {total:,} accounts; --all shows all, the JSON has them all"


def _streamed(accounts: Callable[[], Iterable[SurveyedAccount]]) -> Iterator[str]:
    """Yield a table of any length: one look at the rows for the widths of its columns, one for the rows."""
    widths = [width(head) for head in _HEADS]
    for each in accounts():
        widths = [max(known, width(cell)) for known, cell in zip(widths, _row(each), strict=True)]
    yield _line(_HEADS, widths)
    for each in accounts():
        yield _line(_row(each), widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        " " * (size - width(cell)) + cell if column in _RIGHT else cell + " " * (size - width(cell))
        for column, (cell, size) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _row(each: SurveyedAccount) -> tuple[str, ...]:
    return (
        each.address,
        each.real_name,
        "?" if each.mailboxes is None else f"{each.mailboxes:,}",
        f"{each.messages:,}",
        numbers.size(each.size_bytes),
        "no limit" if each.quota_bytes is None else numbers.size(each.quota_bytes),
        each.password if each.enabled else "no login",
        each.names,
    )


def _domains(report: SurveyReport, *, everything: bool) -> Iterator[str]:
    yield ""
    yield "Domains"
    shown: list[str] = []
    for number, text in enumerate(report.view.things("domain")):
        if not everything and number >= MOST_OTHERS:
            shown.append(f"and {report.counts['domains'] - MOST_OTHERS:,} more")
            break
        domain = json.loads(text)
        also = f", also {', '.join(domain['aliases'])}" if domain["aliases"] else ""
        shown.append(f"{domain['name']}{also}{' (main domain)' if domain['main'] else ''}")
    yield from (f"  {line}" for line in shown)


def _others(report: SurveyReport, *, everything: bool) -> Iterator[str]:
    view, counts = report.view, report.counts
    most = _EVERYTHING if everything else MOST_OTHERS
    rows: list[tuple[str, str]] = []
    for kind in ("forwarder", "group", "list"):
        for text in view.things(kind):
            if len(rows) >= most:
                break
            each = json.loads(text)
            rows.append((each["address"], _other(kind, each)))
    if not rows:
        return
    yield ""
    yield "Other addresses"
    yield from (f"  {line}" for line in table(("", ""), rows)[1:])
    if (more := counts["forwarders"] + counts["groups"] + counts["lists"] - len(rows)) > 0:
        yield f"  and {more:,} more; --all shows all"


def _other(kind: str, each: Mapping[str, Any]) -> str:
    if kind == "forwarder":
        return f"sent on to {each['target']}"
    if kind == "group":
        return f"group of {numbers.count(len(each['members']), 'member')}"
    return f"list with {numbers.count(each['subscribers'], 'subscriber')}, owner {each['owner']}"


def _kinds(report: SurveyReport) -> Iterator[str]:
    """Yield what becomes of each kind of thing: how many there are, and findings by outcome."""
    order = (Outcome.KEPT, *reversed(LOSSES))
    rows = (
        (row.kind, "" if row.seen is None else f"{row.seen:,}", *(f"{row.outcomes.get(each, 0):,}" for each in order))
        for row in report.kinds
    )
    yield ""
    yield "What becomes of it"
    yield from (f"  {line}" for line in table(("", "seen", *order), rows, right=(1, 2, 3, 4, 5)))


def _loss(report: SurveyReport, *, everything: bool) -> Iterator[str]:
    total = report.counts["findings"]
    if not total:
        return
    yield ""
    yield f"Findings ({total:,})"
    families = 0
    for number, family in enumerate(report.view.families()):
        if not everything and number >= MOST_FAMILIES:
            families += 1
        else:
            yield from _family(report, family, everything=everything)
    if families:
        yield f"  and {families:,} more kinds of findings; the page and --all show them"


def _family(report: SurveyReport, counted: CountedFamily, *, everything: bool) -> Iterator[str]:
    common = counted.family
    if counted.findings == 1:
        finding = next(report.view.findings(counted))
        yield f"  {common.outcome}: {finding.kind} {finding.object}: {finding.what}: {finding.why}"
        yield from ([f"      {finding.todo}"] if finding.todo else [])
        return
    yield f"  {common.outcome}: {common.kind}, {counted.findings:,} times: {common.what}: {common.why}"
    yield from ([f"      {common.todo}"] if common.todo else [])
    most = -1 if everything else MOST_OBJECTS
    objects = [_object(finding, common.what) for finding in report.view.findings(counted, most)]
    if everything:
        yield from (f"      {each}" for each in objects)
    else:
        more = f" and {counted.findings - len(objects):,} more" if counted.findings > len(objects) else ""
        yield f"      {', '.join(objects)}{more}"


def _object(finding: Finding, common: str) -> str:
    """Return what a finding of a family is about, with what differs from the family's words."""
    return finding.object if finding.what == common else f"{finding.object} ({finding.what})"


def _server(report: SurveyReport) -> Iterator[str]:
    probed = report.probed
    if not probed.access:
        return
    yield ""
    yield "The old server"
    for way in probed.access:
        yield f"  {way.works}: {way.name}: {way.said}"
    for each in probed.latency:
        yield f"  {each.service}: an answer takes {each.median_s * 1000:.1f} ms"
    yield f"  several connections: {throttled(probed.load)}"
    for tls in probed.tls:
        said = tls.trouble or (f"{', '.join(tls.offered)}; now {tls.chosen}" if tls.chosen else "in clear, as declared")
        yield f"  {tls.service}: {said}"
        if tls.certificate is not None:
            trust = f"not trusted: {tls.certificate.distrust}" if tls.certificate.distrust else "trusted"
            until = f"{tls.certificate.not_after:%Y-%m-%d}"
            yield f"      certificate of {tls.certificate.subject}, until {until}, {trust}"
    if probed.uidl is not None:
        uidl = probed.uidl
        form = uidl.form or "none that Cyrus has"
        yield f"  POP3 unique-ids: {uidl.trouble or f'such as {uidl.example}, form: {form}'}"


def _decisions(report: SurveyReport, *, everything: bool) -> Iterator[str]:
    if report.decisions:
        yield ""
        yield "To decide"
    for decision in report.decisions:
        number = f" ({decision.number:,})" if decision.number is not None else ""
        yield f"  [ ] {decision.title}{number}: {decision.why}"
        yield from ([f"      {decision.how}"] if decision.how else [])
    todos = report.todos if everything else report.todos[:MOST_TODOS]
    if todos:
        yield ""
        yield "To do, by findings"
    for each in todos:
        about = ", ".join(f"{kind}: {what}" for kind, what in each.about[:1])
        yield f"  [ ] {each.todo} ({each.findings:,}; {about}{', …' if len(each.about) > 1 else ''})"
    if more := len(report.todos) - len(todos):
        yield f"  and {more:,} more; the page and --all show them"
