"""A survey as one HTML page that needs nothing else: no script, no picture or font from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

import jinja2
from markupsafe import Markup

from sterna.migration.report import charts, numbers
from sterna.migration.report.outcome import EXPLAINED
from sterna.migration.survey.content import SurveyReport
from sterna.migration.survey.estimate import throttled
from sterna.model.finding import Finding, Outcome
from sterna.state.survey_rows import CountedFamily, Held

MOST_FAMILIES: Final = 1000
MOST_OBJECTS: Final = 100
MOST_ROWS: Final = 6000
MOST_NAMES: Final = 300
"""What a browser lays out and prints without trouble; the JSON has everything."""

_MOST_DETAIL: Final = 6000
_KINDS: Final = {
    "acl": "access rights",
    "account": "accounts",
    "alias": "aliases",
    "domain": "domains",
    "domain alias": "domain aliases",
    "filter": "filters",
    "forward": "forwards",
    "forwarder": "forwarders",
    "group": "groups",
    "list": "mailing lists",
    "mailbox": "mailboxes",
    "message": "messages",
    "password": "passwords",
    "quota": "quotas",
    "role": "special mailboxes",
    "route": "router lines",
    "rpop": "polled accounts",
    "server": "the server itself",
    "share": "others' mailboxes in use",
    "subscription": "subscriptions",
    "contact": "contact attributes",
    "preference": "preferences",
    "right": "administrators' rights",
    "vacation": "vacation messages",
}


@dataclass(frozen=True, slots=True)
class ShownFamily:
    """A family of findings with as many of its findings as the page shows."""

    counted: CountedFamily
    rows: Sequence[Finding]

    @property
    def more(self) -> int:
        """How many findings are left out."""
        return self.counted.findings - len(self.rows)

    @property
    def only(self) -> Finding | None:
        """The finding of a family that has just one."""
        return self.rows[0] if self.counted.findings == len(self.rows) == 1 else None


@dataclass(frozen=True, slots=True)
class KindOfLoss:
    """All families of one kind and outcome."""

    kind: str
    findings: int
    families: Sequence[ShownFamily]


@dataclass(frozen=True, slots=True)
class Headline:
    """What the page says first."""

    kind: str
    title: str
    sentence: str


def pieces(report: SurveyReport, *, digest: str, json_name: str) -> Iterator[str]:
    """Yield the page; `digest` is the SHA-256 of the file `json_name`, in hexadecimal."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sterna.migration.report"),
        autoescape=True,  # names and rules of strangers are in here
        finalize=_visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "size": numbers.size,
        "duration": numbers.duration,
        "count": numbers.count,
        "number": lambda number: f"{number:,}",
        "sentence": lambda text: text[:1].upper() + text[1:],
        "path": "/".join,
        "month": lambda month: f"{month // 100}-{month % 100:02}",
        "ms": lambda seconds: f"{seconds * 1000:.1f} ms",
        "kind": lambda kind: _KINDS.get(kind, kind),
    }
    stream = environment.get_template("survey.html.j2").stream(
        report=report,
        headline=headline(report),
        outcomes=list(Outcome),
        loss=loss(report),
        pictures=pictures(report),
        share=charts.share,
        renamed=_first(report.view.renamed_mailboxes()),
        over_quota=_first(report.view.over_quota()),
        throttled=throttled(report.probed.load),
        explained=EXPLAINED,
        most_names=MOST_NAMES,
        digest=digest,
        json_name=json_name,
    )
    stream.enable_buffering(64)
    return iter(stream)


def headline(report: SurveyReport) -> Headline:
    """Return what a person wants to know first."""
    outcomes = report.outcomes
    lost, unread = outcomes[Outcome.DROPPED], outcomes[Outcome.UNREADABLE]
    said = [numbers.count(lost, "thing is", "things are") + " dropped"] if lost else []
    said += [f"{unread:,} could not be read"] if unread else []
    title = " and ".join(said) if said else "Everything that was seen moves"
    return Headline("unequal" if said else "equal", title[:1].upper() + title[1:], f"Seen: {report.summary()}.")


def loss(report: SurveyReport) -> Iterator[tuple[Outcome, Sequence[KindOfLoss]]]:
    """Yield what becomes of each kind of thing by outcome, the worst first; together what a browser takes."""
    room, shown = MOST_ROWS, 0

    def show(counted: CountedFamily) -> ShownFamily:
        nonlocal room, shown
        shown += 1
        most = min(MOST_OBJECTS, room) if shown <= MOST_FAMILIES else 0
        rows = list(report.view.findings(counted, most)) if most else []
        room -= len(rows)
        return ShownFamily(counted, [_cut(row) for row in rows])

    numbers_ = {(kind.kind, outcome): number for kind in report.kinds for outcome, number in kind.outcomes.items()}
    families = islice(report.view.families(), 2 * MOST_FAMILIES)
    for outcome, some in groupby(families, key=lambda each: each.family.outcome):
        yield (
            outcome,
            [
                KindOfLoss(kind, numbers_[kind, outcome], [show(each) for each in same])
                for kind, same in groupby(some, key=lambda each: each.family.kind)
            ],
        )


def pictures(report: SurveyReport) -> dict[str, Markup]:
    """Return the charts by name."""
    classes = [
        charts.Bar(
            _class_name(each.least_bytes), each.accounts, f"{_class_said(report, n)}: {_accounts(each.accounts)}"
        )
        for n, each in enumerate(report.size_classes)
    ]
    by_year = [(str(year), held) for year, held in report.years]
    by_month = [(f"{month // 100}-{month % 100:02}", held) for month, held in report.months]
    return {
        "sizes": charts.bars("How many accounts there are of each size", classes, charts.count_axis),
        "years": charts.bars(
            "Mail by the year in which it arrived", _held_bars(by_year), charts.size_axis, bytes_=True
        ),
        "year_counts": charts.bars(
            "Messages by the year in which they arrived",
            [
                charts.Bar(bar.label, held.messages, bar.said)
                for bar, (_, held) in zip(_held_bars(by_year), by_year, strict=True)
            ],
            charts.count_axis,
        ),
        "months": charts.bars(
            "Mail that arrived in each of the last months", _held_bars(by_month), charts.size_axis, bytes_=True
        ),
    }


def _held_bars(rows: Sequence[tuple[str, Held]]) -> list[charts.Bar]:
    return [
        charts.Bar(
            label,
            held.size_bytes,
            f"{label}: {numbers.count(held.messages, 'message')}, {numbers.size(held.size_bytes)}",
        )
        for label, held in rows
    ]


def _class_name(least_bytes: int) -> str:
    if least_bytes < 2:
        return ("empty", "> 0")[least_bytes]
    return f"≥ {numbers.size(least_bytes).replace('.0', '').replace('iB', '')}"


def _class_said(report: SurveyReport, number: int) -> str:
    classes = report.size_classes
    least = classes[number].least_bytes
    if least == 0:
        return "without mail"
    lower = "up" if least == 1 else f"{numbers.size(least)} and more"
    if number + 1 == len(classes):
        return lower
    upper = numbers.size(classes[number + 1].least_bytes)
    return f"less than {upper}" if least == 1 else f"{numbers.size(least)} up to {upper}"


def _accounts(number: int) -> str:
    return numbers.count(number, "account")


def _first(rows: Iterator[object]) -> list[object]:
    """Return so many of the rows as the page shows."""
    return [row for _, row in zip(range(MOST_NAMES), rows, strict=False)]


def _cut(finding: Finding) -> Finding:
    if len(finding.detail) <= _MOST_DETAIL:
        return finding
    shown = finding.detail[:_MOST_DETAIL] + "\n… the rest is in the JSON"
    return Finding(finding.kind, finding.object, finding.outcome, finding.what, finding.why, finding.todo, shown)


def _visible(value: object) -> object:
    r"""Write out what a page cannot hold or what hides something: control bytes, changes of direction (``\x202e``).

    The joiners of Persian and of emoji stay.
    """
    if isinstance(value, Markup) or not isinstance(value, str) or value.isprintable():
        return value
    return "".join(
        each if each.isprintable() or each in "\n\t\u200c\u200d" else f"\\x{ord(each):02x}" for each in value
    )
