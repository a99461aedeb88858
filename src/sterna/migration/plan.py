"""Make a plan: read the source, read the target, compare. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sterna.communigate.server import SourceServer
from sterna.cyrus.admin import MailStoreAdmin
from sterna.migration.compare import compare
from sterna.migration.copy.furniture import unclear_grants
from sterna.migration.desired import Aim, desired
from sterna.migration.facts import Facts, read_facts
from sterna.migration.filters import wanted_script
from sterna.migration.groups import expanded
from sterna.migration.password_check import differing_passwords
from sterna.migration.planned import Plan, new_plan, plan_from_json, read_plan
from sterna.migration.row_parts import with_leftover_parts
from sterna.migration.script_store import ScriptStore
from sterna.migration.scripts import SCRIPT, WantedScript, refused
from sterna.migration.source import SourceFacts, read_source, read_use
from sterna.migration.target import open_directory, open_store
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site

__all__ = ["Plan", "make_plan", "plan_from_json", "read_plan"]


async def make_plan(site: Site) -> Plan:
    """Read the source and the target and return what has to change; nothing is written anywhere.

    Raises:
        SternaError: with scope SERVER or above: the source or the target cannot be used.
    """
    tree = Tree(site.target.directory.suffix)
    store_of_scripts = ScriptStore(site.target)
    aim = Aim.of(site)
    # The target is asked first whether it can be used at all: reading the source may take long.
    async with open_directory(site.target) as directory, open_store(site.target) as store:
        async with SourceServer.open(site.source) as server:
            source = await read_source(server)
            use_bytes, unknown = await read_use(server, source.accounts)
            scripts, filter_findings = await _scripts(server, source)
        wanted = desired(aim, source.domains, source.accounts, source.without_account, use_bytes)
        addresses = [mailbox.address for mailbox in wanted.mailboxes]
        filtered = {script.address for script in scripts} | await _with_our_script(store, addresses)
        facts = await read_facts(directory, store, tree, addresses, store_of_scripts, sorted(filtered))
    taken, refusals = await _compiled(store_of_scripts, scripts, facts)
    wanted = with_leftover_parts(wanted, facts, tree)
    differing = await differing_passwords(wanted, facts)
    changes, findings = compare(wanted, facts, tree, site.policy.password_scheme, differing, taken)
    seen = (*source.findings, *unknown, *filter_findings, *_unclear_grants(source), *refusals, *findings)
    return new_plan((site.name, site.policy), wanted, facts, changes, seen)


async def _scripts(server: SourceServer, source: SourceFacts) -> tuple[list[WantedScript], list[Finding]]:
    """Return the script of each account that has filters, and what they do otherwise than on the source."""
    aliases = {domain.name: domain.aliases for domain in source.domains}
    scripts: list[WantedScript] = []
    findings: list[Finding] = []
    for account in source.accounts:
        if not account.filters:
            continue
        mailboxes = await server.mailboxes(account.address)
        script, found = wanted_script(account, mailboxes, aliases.get(account.address.domain, ()))
        findings += found
        if script is not None:
            scripts.append(script)
    return scripts, findings


async def _with_our_script(store: MailStoreAdmin, addresses: Iterable[Address]) -> set[Address]:
    """Return the accounts that have a script of ours, also when there is nothing to filter on the source any more."""
    return {address for address, names in (await store.scripts(addresses)).items() if SCRIPT in names}


async def _compiled(
    store: ScriptStore, scripts: Iterable[WantedScript], facts: Facts
) -> tuple[list[WantedScript], list[Finding]]:
    """Return the scripts that the target's compiler takes; where there is no INBOX yet, installing them tells."""
    taken: list[WantedScript] = []
    findings: list[Finding] = []
    for script in scripts:
        state = facts.scripts.get(script.address)
        answer = None
        if state is not None and state.text != script.text:
            answer = await store.check(script.address, script.text)
        if answer is None:
            taken.append(script)
        else:
            findings.append(refused(script.address, answer, script.text))
    return taken, findings


def _unclear_grants(source: SourceFacts) -> Iterator[Finding]:
    members = expanded(source.groups)
    for account in source.accounts:
        yield from unclear_grants(account, members)
