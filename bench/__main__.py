"""``python -m bench [PART …] [--quick]``: measure Sterna beside its peers, and write the table of docs/performance.md.

Without a part, all of them. Needs root, like the tests on real servers. ``--quick`` is a smoke test: everything tiny,
once, and no page is written. imapsync takes part when it is on the PATH.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench import results
from bench.parts import PARTS
from bench.stage import FAILURES, Stage, say

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / "bench/results.json"
PAGE: Final = ROOT / "docs/performance.md"


def main(arguments: list[str]) -> int:
    """Measure what is asked for; 0 when every contestant did its work."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a smoke test: tiny, once, no page")
    parser.add_argument("--runs", type=int, default=3, help="how often each contestant runs")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a contestant is ended")
    parser.add_argument("--minutes", type=float, default=120, help="after so long each contestant runs only once more")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the servers' files are to be")  # noqa: S108  a folder of our own is made below
    parser.add_argument("--keep", action="store_true", help="leave the servers' files there")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    until = time.monotonic() + 60 * chosen.minutes
    kept = {} if chosen.quick else results.load(KEPT)
    for name in chosen.parts or PARTS:
        title = (PARTS[name].__doc__ or name).strip().splitlines()[0].rstrip(".")
        say(title)
        folder = Path(tempfile.mkdtemp(prefix="sterna-bench-", dir=chosen.folder))
        folder.chmod(0o711)
        stage = Stage(
            folder, 1 if chosen.quick else chosen.runs, chosen.quick, 120 if chosen.quick else chosen.limit, until
        )
        try:
            rows = PARTS[name](stage)
        except FAILURES as error:
            say(f"  {error}")
            rows = [
                results.Row("preparation", "Sterna", "", (), note=str(error)[:300].replace("\n", " ").replace("|", "/"))
            ]
        finally:
            if not chosen.keep:
                shutil.rmtree(folder, ignore_errors=True)
        kept[name] = results.Part(title, rows, quick=chosen.quick)
        if not chosen.quick:
            results.save(KEPT, kept)
            results.write_page(PAGE, [kept[each] for each in PARTS if each in kept])
    print(results.table(kept[name] for name in PARTS if name in kept))
    return int(any(not row.values for part in kept.values() for row in part.rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
