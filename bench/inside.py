"""Sees what Dovecot sees, and becomes another of its programs: run as a file, in a mount namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def main(unpacked: str, folder: str, place: str, *command: str) -> None:
    """Lay `unpacked`, the folder of Dovecot's packages, over /usr, mount `folder` at `place`, and become `command`."""
    over = ("-t", "overlay", "overlay", "-o", f"lowerdir={unpacked}/usr:/usr", "/usr")
    for words in (over, ("--bind", folder, place)):
        subprocess.run(("/usr/bin/mount", *words), check=True)
    os.chdir(place)
    os.execv(command[0], command)  # noqa: S606  no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
