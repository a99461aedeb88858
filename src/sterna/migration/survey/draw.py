"""Draw the report up from the store and the probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sterna.migration.survey.content import KindRow, SurveyReport
from sterna.migration.survey.decisions import Grounds, decisions
from sterna.migration.survey.estimate import Estimate, Volume, estimate
from sterna.migration.survey.probes.seen import Probed, Sample
from sterna.model.finding import Outcome
from sterna.site.declaration import Site
from sterna.state.survey_rows import Held
from sterna.state.survey_view import SurveyView

MOST_ACCOUNTS: Final = 25
MOST_MAILBOXES: Final = 25
MOST_DOMAINS: Final = 25
"""How many of the largest are named; the JSON has them all."""

CLASSES: Final = (0, 1, 1 << 20, 10 << 20, 100 << 20, 1 << 30, 5 << 30, 20 << 30, 100 << 30)
"""The smallest sizes of the classes of accounts, in bytes: empty, below 1 MiB, below 10 MiB …"""

FIRST_YEAR: Final = 1970
_MONTHS: Final = 60
_QUARTER_MONTHS: Final = 3
_QUARTER_DAYS: Final = 91.3
_KINDS: Final = ("domain", "account", "alias", "password", "mailbox", "message", "filter", "forwarder", "group", "list")
"""Kinds that come first, in this order; others follow by name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of a survey besides its rows."""

    site: Site
    started: datetime
    ended: datetime
    quick: bool
    store: Path
    message_limit_bytes: int


def draw_up(frame: Frame, view: SurveyView, probed: Probed, sample: Sample | None) -> SurveyReport:
    """Return the report."""
    site = frame.site
    sums, seen = view.sums(), view.seen()
    counts = {
        "domains": seen.get("domain", 0),
        "domain_aliases": seen.get("domain alias", 0),
        **sums,
        "aliases": seen.get("alias", 0),
        "forwards": seen.get("forward", 0),
        "filters": seen.get("filter", 0),
        "forwarders": seen.get("forwarder", 0),
        "groups": seen.get("group", 0),
        "lists": seen.get("list", 0),
        "routes": seen.get("route", 0),
    }
    passwords = view.passwords()
    for word in ("clear", "hashed", "unreadable"):
        counts[f"passwords_{word}"] = sum(number for (kind, _), number in passwords.items() if kind == word)
    months = view.months()
    undated = months.pop(0, Held())
    return SurveyReport(
        site=site.name,
        source=f"{site.source.imap.host}:{site.source.imap.port}",
        version=version("sterna"),
        started=frame.started,
        ended=frame.ended,
        quick=frame.quick,
        store=frame.store,
        counts=counts,
        kinds=kinds(seen | {"mailbox": sums["mailboxes"], "message": sums["messages"]}, view.outcomes()),
        size_classes=tuple(view.size_classes(CLASSES)),
        years=years(months),
        months=last_months(months, frame.ended),
        undated=undated,
        largest_accounts=tuple(view.largest_accounts(MOST_ACCOUNTS)),
        largest_mailboxes=tuple(view.largest_mailboxes(MOST_MAILBOXES)),
        largest_share=view.bytes_of_largest(max(1, sums["accounts"] // 10)) / max(1, sums["bytes"]),
        domains=tuple(view.domains()),
        passwords=passwords,
        message_limit_bytes=frame.message_limit_bytes,
        probed=probed,
        sample=sample,
        estimate=_estimate(site, counts, None if frame.quick else months, probed, sample, frame.ended),
        decisions=decisions(
            Grounds(
                counts=counts,
                seen=seen,
                passwords=passwords,
                probed=probed,
                access=site.source.imap.access.value,
                now=frame.ended,
            )
        ),
        todos=tuple(view.todos()),
        view=view,
    )


def kinds(seen: Mapping[str, int], outcomes: Mapping[tuple[str, Outcome], int]) -> tuple[KindRow, ...]:
    """Return a row for each kind of which something was seen or found."""
    names = {kind for kind, number in seen.items() if number} | {kind for kind, _ in outcomes}
    order = {kind: number for number, kind in enumerate(_KINDS)}
    return tuple(
        KindRow(kind, seen.get(kind), {o: outcomes[kind, o] for o in Outcome if (kind, o) in outcomes})
        for kind in sorted(names, key=lambda kind: (order.get(kind, len(order)), kind))
    )


def years(months: Mapping[int, Held]) -> tuple[tuple[int, Held], ...]:
    """Return how much mail is of each year, from the first to the last without a gap."""
    found: dict[int, Held] = {}
    for month, held in months.items():
        found[month // 100] = found.get(month // 100, Held()) + held
    if not found:
        return ()
    # A wrong clock makes single messages of 1904 or 2099; a picture of two centuries would show nothing.
    usual = sorted(year for year in found if year > FIRST_YEAR) or sorted(found)
    first, last = usual[0], usual[-1]
    if last - first > 60:
        return tuple((year, found[year]) for year in sorted(found))
    return tuple((year, found.get(year, Held())) for year in sorted({*found, *range(first, last + 1)}))


def last_months(months: Mapping[int, Held], now: datetime) -> tuple[tuple[int, Held], ...]:
    """Return how much mail arrived in each of the last months that have any, none left out."""
    known = [month for month in months if month <= now.year * 100 + now.month]
    if not known:
        return ()
    newest, oldest = max(known), min(known)
    last = newest // 100 * 12 + newest % 100 - 1
    wanted = [month // 12 * 100 + month % 12 + 1 for month in range(last - _MONTHS + 1, last + 1)]
    return tuple((month, months.get(month, Held())) for month in wanted if month >= oldest)


def _estimate(
    site: Site,
    counts: Mapping[str, int],
    months: Mapping[int, Held] | None,
    probed: Probed,
    sample: Sample | None,
    now: datetime,
) -> Estimate | None:
    if sample is None:
        return None
    daily = _daily(months, now) if months is not None else None
    volume = Volume(
        accounts=counts["accounts"],
        mailboxes=counts["mailboxes"],
        messages=counts["messages"],
        size_bytes=counts["bytes"],
        daily_messages=daily and daily[0],
        daily_bytes=daily and daily[1],
    )
    latency = next((each for each in probed.latency if each.service.startswith("IMAP")), None)
    return estimate(volume, sample, min(site.source.imap.connections, site.policy.parallel_accounts), latency)


def _daily(months: Mapping[int, Held], now: datetime) -> tuple[float, float]:
    """Return how many messages and bytes of a day are left, by the three whole months before this one."""
    last = now.year * 12 + now.month - 1
    wanted = [month // 12 * 100 + month % 12 + 1 for month in range(last - _QUARTER_MONTHS, last)]
    held = sum((months.get(month, Held()) for month in wanted), Held())
    return held.messages / _QUARTER_DAYS, held.size_bytes / _QUARTER_DAYS
