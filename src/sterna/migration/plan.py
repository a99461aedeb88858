"""Make a plan: read the source, read the target, compare. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from sterna.communigate.server import SourceServer
from sterna.migration.compare import compare
from sterna.migration.copy.furniture import unclear_grants
from sterna.migration.desired import Aim, desired
from sterna.migration.facts import read_facts
from sterna.migration.groups import expanded
from sterna.migration.leftover_rows import with_leftover_rows
from sterna.migration.mailbox_names import name_findings
from sterna.migration.password_check import differing_passwords
from sterna.migration.plan_mail import plan_mail
from sterna.migration.planned import Plan, new_plan, plan_from_json, read_plan
from sterna.migration.row_parts import with_leftover_parts
from sterna.migration.script_store import ScriptStore
from sterna.migration.scripts import SCRIPT
from sterna.migration.scripts_planned import compiled, scripts_of
from sterna.migration.selection import declared
from sterna.migration.source import SourceFacts, read_source, read_use
from sterna.migration.target import need_platform, open_directory, open_store
from sterna.model.finding import Finding
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site

__all__ = ["Plan", "make_plan", "plan_from_json", "read_plan"]


async def make_plan(site: Site) -> Plan:
    """Read the source and the target and return what has to change; nothing is written anywhere.

    Raises:
        OnlyMailError: there is nothing to plan for on such a target.
        SternaError: with scope SERVER or above: the source or the target cannot be used.
    """
    need_platform(site.target)
    if site.source.product != "communigate":
        return await plan_mail(site)
    tree = Tree(site.target.directory.suffix)
    store_of_scripts = ScriptStore(site.target)
    aim = Aim.of(site)
    # The target is asked first whether it can be used at all: reading the source may take long.
    async with open_directory(site.target) as directory, open_store(site.target) as store:
        async with SourceServer.open(site.source) as server:
            source = await read_source(server)
            use_bytes, unknown = await read_use(server, source.accounts)
            selection = declared(site.selection)
            scripts = await scripts_of(server, source, selection)
            names = await name_findings(server, source.accounts, selection)
        wanted = desired(aim, source.domains, source.accounts, source.without_account, use_bytes)
        addresses = [mailbox.address for mailbox in wanted.mailboxes]
        ours = {address for address, names in (await store.scripts(addresses)).items() if SCRIPT in names}
        filtered = {script.address for script in scripts.wanted} | ours
        facts = await read_facts(directory, store, tree, addresses, store_of_scripts, sorted(filtered))
    scripts = await compiled(scripts, store_of_scripts, facts)
    wanted = with_leftover_rows(with_leftover_parts(wanted, facts, tree), facts, tree)
    differing = await differing_passwords(wanted, facts)
    changes, findings = compare(wanted, facts, tree, site.policy.password_scheme, differing, scripts)
    seen = (*source.findings, *unknown, *scripts.findings, *_unclear_grants(source), *names, *findings)
    return new_plan((site.name, site.policy), wanted, facts, changes, seen)


def _unclear_grants(source: SourceFacts) -> Iterator[Finding]:
    members = expanded(source.groups)
    for account in source.accounts:
        yield from unclear_grants(account, members)
