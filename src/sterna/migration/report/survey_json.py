"""A survey as JSON, piece by piece: a large site never has to fit into memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from sterna.migration.planned import finding_as_json
from sterna.migration.survey.content import SurveyReport
from sterna.migration.survey.rows import plain
from sterna.model.finding import Outcome
from sterna.state.survey_rows import Held, SurveyedAccount, SurveyedMailbox
from sterna.state.survey_view import SurveyView

_LISTS = {"domains": "domain", "forwarders": "forwarder", "groups": "group", "lists": "list", "routes": "route"}


def pieces(report: SurveyReport) -> Iterator[str]:
    """Yield the text of one JSON object, of one line for each account, address, finding; complete, nothing cut."""
    view = report.view
    yield "{\n"
    for key, value in _head(report).items():
        yield f"{_text(key)}: {json.dumps(value, indent=2, ensure_ascii=False)},\n"
    yield from _rows("accounts", (account_as_json(view, each) for each in view.accounts()))
    for key, kind in _LISTS.items():
        yield ",\n"
        yield from _rows(key, view.things(kind))
    yield ",\n"
    yield from _rows("loss", map(_text, _families(view)))
    yield ",\n"
    yield from _rows("findings", map(_text, _findings(view)))
    yield "\n}\n"


def account_as_json(view: SurveyView, account: SurveyedAccount) -> str:
    """Return one account with its mailboxes as the text of a JSON object."""
    mailboxes = None if account.mailboxes is None else [_mailbox(each) for each in view.mailboxes(account.address)]
    mail = {"messages": account.messages, "bytes": account.size_bytes, "mailboxes": mailboxes}
    return f"{account.as_json[:-1]}, {_text(mail)[1:]}"


def _head(report: SurveyReport) -> dict[str, object]:
    """Return everything of bounded size."""
    sample = report.sample
    return {
        "site": report.site,
        "source": report.source,
        "version": report.version,
        "started": report.started.isoformat(),
        "ended": report.ended.isoformat(),
        "seconds": round(report.seconds, 3),
        "quick": report.quick,
        "summary": dict(report.counts),
        "kinds": [{"kind": each.kind, "seen": each.seen, **_words(each.outcomes)} for each in report.kinds],
        "passwords": [{"kind": k, "reason": why, "accounts": n} for (k, why), n in report.passwords.items()],
        "account_sizes": [
            {"at_least_bytes": each.least_bytes, "accounts": each.accounts, **_held(each.held)}
            for each in report.size_classes
        ],
        "years": {str(year): _held(held) for year, held in report.years},
        "months": {f"{month // 100}-{month % 100:02}": _held(held) for month, held in report.months},
        "by_domain": [{"domain": each.name, "accounts": each.accounts, **_held(each.held)} for each in report.domains],
        "largest_mailboxes": [{"account": e.account, **_mailbox(e.mailbox)} for e in report.largest_mailboxes],
        "probes": _untyped(plain(report.probed)),
        "sample": sample and _untyped(plain(sample)),
        "estimate": report.estimate and _untyped(plain(report.estimate)),
        "decisions": _untyped(plain(report.decisions)),
        "todos": [{"todo": each.todo, "about": list(each.about), "findings": each.findings} for each in report.todos],
    }


def _rows(key: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"{_text(key)}: ["
    comma = "\n"
    for row in rows:
        yield f"{comma}{row}"
        comma = ",\n"
    yield "]"


def _families(view: SurveyView) -> Iterator[Mapping[str, object]]:
    for each in view.families():
        family = each.family
        yield {
            "kind": family.kind,
            "outcome": family.outcome.value,
            "what": family.what,
            "why": family.why,
            "todo": family.todo,
            "findings": each.findings,
        }


def _findings(view: SurveyView) -> Iterator[Mapping[str, object]]:
    for family in view.families():
        for finding in view.findings(family):
            yield {**finding_as_json(finding), "detail": finding.detail}


def _words(outcomes: Mapping[Outcome, int]) -> dict[str, int]:
    return {str(outcome): number for outcome, number in outcomes.items()}


def _held(held: Held) -> dict[str, int]:
    return {"messages": held.messages, "bytes": held.size_bytes}


def _mailbox(mailbox: SurveyedMailbox) -> dict[str, object]:
    return {
        "name": list(mailbox.name),
        "target": list(mailbox.target),
        "messages": mailbox.messages,
        "bytes": mailbox.size_bytes,
    }


def _untyped(value: object) -> object:
    """Return a value without the names of its classes: here they say nothing."""
    if isinstance(value, dict):
        return {key: _untyped(each) for key, each in value.items() if key != "type"}
    return [_untyped(each) for each in value] if isinstance(value, list) else value


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
