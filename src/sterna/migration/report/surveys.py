"""A survey of the source as text."""

from __future__ import annotations

from sterna.migration.report import numbers
from sterna.migration.report.text import findings, printable, table
from sterna.migration.surveyed import Survey, SurveyedAccount, password_kind
from sterna.model.account import Account

_HEADS = ("account", "name", "mailboxes", "messages", "size", "quota", "password", "aliases and forwards")
_NUMBERS = (2, 3, 4, 5)


def text(survey: Survey) -> str:
    """Return the accounts, the other addresses, the findings, and at the end the sums, which stay on the screen."""
    lines = table(_HEADS, (_row(each) for each in survey.accounts), right=_NUMBERS)
    lines += ["", "Domains"]
    for domain in survey.domains:
        also = f", also {', '.join(domain.aliases)}" if domain.aliases else ""
        lines.append(f"  {domain.name}{also}{' (main domain)' if domain.main else ''}")
    others = [(str(each.address), f"sent on to {each.target}") for each in survey.forwarders]
    others += [(str(each.address), f"group of {numbers.count(len(each.members), 'member')}") for each in survey.groups]
    others += [
        (str(each.address), f"list with {numbers.count(len(each.subscribers), 'subscriber')}, owner {each.owner}")
        for each in survey.lists
    ]
    if others:
        lines += ["", "Other addresses", *(f"  {line}" for line in table(("", ""), others)[1:])]
    lines += findings(survey.findings)
    sums = survey.counts()
    moved = sums["passwords_clear"] + sums["passwords_hashed"]
    lines += ["", survey.summary()]
    lines += [f"{moved:,} passwords move, {sums['passwords_unreadable']:,} cannot be read"]
    return printable("\n".join(lines)) + "\n"


def _row(each: SurveyedAccount) -> tuple[str, ...]:
    account = each.account
    return (
        str(account.address),
        account.real_name,
        "?" if each.mailboxes is None else f"{len(each.mailboxes):,}",
        f"{each.messages:,}",
        numbers.size(each.size_bytes),
        "no limit" if account.quota_bytes is None else numbers.size(account.quota_bytes),
        password_kind(account) if account.enabled else "no login",
        ", ".join(_addresses(account)),
    )


def _addresses(account: Account) -> list[str]:
    """Return the account's other names, in its own domain without it, and where its mail is sent on to."""
    own = account.address.domain
    names = [alias.local if alias.domain == own else str(alias) for alias in account.aliases]
    if account.forward is not None:
        how = "copies to" if account.forward.keep_copy else "to"
        names.append(f"{how} {' and '.join(str(target) for target in account.forward.targets)}")
    return names
