"""Writes the messages of one account as plain files, made durable one by one or all at the end; run as a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(way: str, source: str, target: str) -> None:
    """Write every message below `source` into the new folder `target`; `way` is ``fsync`` (each) or ``sync`` (once)."""
    Path(target).mkdir(parents=True)
    number = 0
    for place in sorted(Path(source).glob("**/cur")):
        for path in sorted(place.iterdir()):
            number += 1
            descriptor = os.open(f"{target}/{number}.", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, path.read_bytes())
            if way == "fsync":
                os.fsync(descriptor)
            os.close(descriptor)
    if way == "sync":
        os.sync()


if __name__ == "__main__":
    main(*sys.argv[1:])
