"""Open the source that the site declares."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from sterna.migration.origin.ports import Origin
from sterna.site.declaration import Site


def open_origin(site: Site) -> AbstractAsyncContextManager[Origin]:
    """Return the site's source, to be used in ``async with``.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    # Only the one that is used is loaded: a later pass over one account takes little longer than that.
    match site.source.product:
        case "communigate":
            from sterna.migration.origin.communigate import open_communigate

            return open_communigate(site)
        case "imap":
            from sterna.migration.origin.imap import open_imap

            return open_imap(site)
        case "maildir" | "mbox":
            from sterna.migration.origin.files import open_files

            return open_files(site)
