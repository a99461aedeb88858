"""Apply a plan: exactly its changes, and none at all when its ground has shifted or it takes away too much."""

from __future__ import annotations

from contextlib import AsyncExitStack

from sterna.errors import Scope, SternaError
from sterna.migration.applied import Applied, OnEvent
from sterna.migration.carry_out import Target, carry_out, entry_changes
from sterna.migration.compare import addresses_of
from sterna.migration.planned import Guard, Plan
from sterna.migration.script_store import ScriptStore
from sterna.migration.source import read_passwords
from sterna.migration.target import open_directory, open_store
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site


class PlanGuardError(SternaError):
    """The plan takes away too much from people who are on the target already; nothing was changed."""

    scope = Scope.RUN
    exit_code = 78

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        some = ", ".join(guard.subjects[:5]) + (" …" if len(guard.subjects) > 5 else "")
        super().__init__(
            f"the plan would disable, or give a smaller quota to, {len(guard.subjects)} of {guard.accounts} accounts "
            f"({some}); more than {guard.share:.0%} are not changed like this without being asked for. Nothing was "
            "changed. If it is meant, apply it with the guard switched off for this run, or raise policy.guard_share."
        )


class PlanSiteError(SternaError):
    """The plan was made for another site; nothing was changed."""

    scope = Scope.RUN
    exit_code = 65

    def __init__(self, planned: str, site: str) -> None:
        self.planned = planned
        self.site = site
        super().__init__(f"the plan was made for the site {planned!r}, not for {site!r}; nothing was changed")


async def apply_plan(
    site: Site, plan: Plan, on_event: OnEvent | None = None, *, override_guard: bool = False
) -> Applied:
    """Carry `plan` out on the site's target; the source is only read, and only for passwords of a stored plan.

    Args:
        site: the one that the plan was made for.
        plan: what to do.
        on_event: called after each change.
        override_guard: apply it although its guard says stop.

    Raises:
        PlanGuardError, PlanSiteError: it is not to be applied.
        PlanOutdatedError: what it would touch has changed since it was made.
        SternaError: with scope SERVER or above, a server cannot be used; what was done so far holds.
    """
    if plan.site != site.name:
        raise PlanSiteError(plan.site, site.name)
    if plan.guard.stops and not override_guard:
        raise PlanGuardError(plan.guard)
    if plan.is_empty:
        return Applied(0, 0, 0, (), 0.0)
    lacking = {
        change.subject for change in entry_changes(plan.changes) if change.password and not change.password.password
    }
    passwords = await read_passwords(site, lacking) if lacking else {}
    async with AsyncExitStack() as stack:
        directory = await stack.enter_async_context(open_directory(site.target))
        touched = len(addresses_of(plan.changes))
        count = max(1, min(site.target.imap.connections, touched))
        stores = [await stack.enter_async_context(open_store(site.target)) for _ in range(count)]
        tree = Tree(site.target.directory.suffix)
        target = Target(directory, stores, ScriptStore(site.target), tree, site.policy.password_scheme)
        return await carry_out(plan, target, passwords, on_event)
