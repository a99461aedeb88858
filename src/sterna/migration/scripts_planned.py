"""Find out which scripts a plan is to install; what cannot be known of an account leaves its scripts as they are."""

from __future__ import annotations

from dataclasses import replace

from sterna.communigate.server import SourceServer
from sterna.errors import Scope, SternaError
from sterna.migration.facts import Facts
from sterna.migration.filters import wanted_script
from sterna.migration.scripts import Scripts, ScriptsPort, WantedScript, refused
from sterna.migration.selection import EVERYTHING, Selection
from sterna.migration.source import SourceFacts
from sterna.model.account import Part
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome


async def scripts_of(server: SourceServer, source: SourceFacts, selection: Selection = EVERYTHING) -> Scripts:
    """Return the script of each account that has filters.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    aliases = {domain.name: domain.aliases for domain in source.domains}
    scripts: list[WantedScript] = []
    findings: list[Finding] = []
    untouched: set[Address] = set()
    for account in source.accounts:
        if Part.FILTERS in account.unread:
            untouched.add(account.address)
        if not account.filters:
            continue
        try:
            mailboxes = await server.mailboxes(account.address)
        except SternaError as error:
            if error.scope > Scope.ACCOUNT:
                raise
            untouched.add(account.address)
            findings.append(_unknown(account.address, f"the names of its mailboxes could not be read: {error}"))
            continue
        domain_aliases = aliases.get(account.address.domain, ())
        script, found = wanted_script(account, mailboxes, domain_aliases, selection.names)
        findings += found
        if script is not None:
            scripts.append(script)
    return Scripts(tuple(scripts), tuple(findings), frozenset(untouched))


async def compiled(scripts: Scripts, store: ScriptsPort, facts: Facts) -> Scripts:
    """Return those that the target's compiler takes; where there is no INBOX yet, installing them tells.

    Raises:
        SternaError: with scope SERVER or above: the target cannot be used.
    """
    taken: list[WantedScript] = []
    findings = [*scripts.findings]
    findings += (_unknown(address, why) for address, why in sorted(facts.unreadable_scripts.items()))
    untouched = {*scripts.untouched, *facts.unreadable_scripts}
    for script in scripts.wanted:
        state = facts.scripts.get(script.address)
        answer = None
        if state is not None and state.text != script.text:
            try:
                answer = await store.check(script.address, script.text)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
                answer = str(error)
        if answer is None:
            taken.append(script)
        else:
            untouched.add(script.address)
            findings.append(refused(script.address, answer, script.text))
    return replace(scripts, wanted=tuple(taken), findings=tuple(findings), untouched=frozenset(untouched))


def _unknown(address: Address, why: str) -> Finding:
    todo = "Its scripts on the target stay as they are. Mend it, and plan again."
    return Finding("filter", str(address), Outcome.UNREADABLE, "filters", why, todo)
