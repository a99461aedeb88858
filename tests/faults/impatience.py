"""No waiting: what a pass does after a failure is tried here, and not for how long it is polite."""

from __future__ import annotations

from collections.abc import Callable

from sterna.migration import workers
from sterna.migration.manners import overseer, yielding
from sterna.site.declaration import Site
from sterna.site.manners import Manners

PATIENCE_S = 0.1  # how long a server may be away


def hurry(set_attribute: Callable[[object, str, object], None]) -> None:
    """Make all waits short, by `setattr` or a fixture's way to do so."""
    set_attribute(workers, "WAITS_S", (0.0, 0.01))
    set_attribute(yielding, "FIRST_WAIT_S", 0.01)
    set_attribute(yielding, "MOST_WAIT_S", 0.02)
    set_attribute(overseer, "MOST_RETURN_WAIT_S", 0.02)


def hurried(site: Site) -> Site:
    """Return the site without patience for servers that are away."""
    return site.model_copy(update={"manners": Manners(patience_s=PATIENCE_S)})
