"""Mounts what Dovecot needs and becomes it: run as a file, in a mount namespace of its own, by the supervisor.

It imports nothing of Sterna, because it is a moment in the start of every lab: a bare interpreter needs 10 ms.
"""

from __future__ import annotations

import os
import subprocess
import sys


def main(unpacked: str, folder: str, place: str) -> None:
    """Lay `unpacked`, the folder of Dovecot's packages, over /usr, mount `folder` at `place`, and become Dovecot."""
    over = ("-t", "overlay", "overlay", "-o", f"lowerdir={unpacked}/usr:/usr", "/usr")
    for words in (over, ("--bind", folder, place)):
        subprocess.run(("/usr/bin/mount", *words), check=True)  # noqa: S603  our own words
    os.chdir(place)
    os.execv("/usr/sbin/dovecot", ("dovecot", "-F", "-c", f"{place}/dovecot/dovecot.conf"))  # noqa: S606  no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
