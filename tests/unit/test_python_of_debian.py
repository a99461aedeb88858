"""What the Python of Debian 12, 3.11.2, does otherwise than later ones, and the code therefore does without."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


def test_no_pattern_repeats_a_group_possessively_or_is_atomic() -> None:
    """python/cpython#106052: such patterns match wrongly."""
    found = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in sorted(SOURCE.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\)[*+?]\+|\)\{[\d,]+\}\+|\(\?>", line)
    ]
    assert found == []
