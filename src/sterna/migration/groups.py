"""Who is in a group, when the groups in it are looked into."""

from __future__ import annotations

from collections.abc import Iterable

from sterna.communigate.server import SourceServer
from sterna.model.account import Group
from sterna.model.address import Address


async def group_members(server: SourceServer) -> dict[Address, tuple[Address, ...]]:
    """Return the members of each of the source's groups, as `expanded` does.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    groups: list[Group] = []
    for domain in await server.domains():
        groups += [read.value for read in await server.groups(domain.name) if read.value is not None]
    return expanded(groups)


def expanded(groups: Iterable[Group]) -> dict[Address, tuple[Address, ...]]:
    """Return each group's members, sorted, those of the groups in it too and never a group; circles end."""
    direct = {group.address: group.members for group in groups}
    result: dict[Address, tuple[Address, ...]] = {}
    for group in direct:
        seen: set[Address] = set()
        queue = [group]
        while queue:
            one = queue.pop()
            if one not in seen:
                seen.add(one)
                queue += direct.get(one, ())
        result[group] = tuple(sorted(seen - direct.keys()))
    return result
