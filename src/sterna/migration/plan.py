"""Make a plan: read the source, read the target, compare. Nothing is written anywhere."""

from __future__ import annotations

from sterna.communigate.server import SourceServer
from sterna.migration.compare import compare
from sterna.migration.desired import Aim, desired
from sterna.migration.facts import read_facts
from sterna.migration.password_check import differing_passwords
from sterna.migration.planned import Plan, new_plan, plan_from_json, read_plan
from sterna.migration.source import read_source, read_use
from sterna.migration.target import open_directory, open_store
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site

__all__ = ["Plan", "make_plan", "plan_from_json", "read_plan"]


async def make_plan(site: Site) -> Plan:
    """Read the source and the target and return what has to change; nothing is written anywhere.

    Raises:
        SternaError: with scope SERVER or above: the source or the target cannot be used.
    """
    tree = Tree(site.target.directory.suffix)
    aim = Aim(tree, site.target.mail_server, site.policy.quota_headroom_bytes)
    # The target is asked first whether it can be used at all: reading the source may take long.
    async with open_directory(site.target) as directory, open_store(site.target) as store:
        async with SourceServer.open(site.source) as server:
            source = await read_source(server)
            use_bytes, unknown = await read_use(server, source.accounts)
        wanted = desired(aim, source.domains, source.accounts, source.without_account, use_bytes)
        facts = await read_facts(directory, store, tree, (mailbox.address for mailbox in wanted.mailboxes))
    differing = await differing_passwords(wanted, facts)
    changes, findings = compare(wanted, facts, tree, site.policy.password_scheme, differing)
    return new_plan((site.name, site.policy), wanted, facts, changes, (*source.findings, *unknown, *findings))
