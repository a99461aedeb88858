"""Which findings say the same of different things."""

from __future__ import annotations

import functools
import re
from typing import Final

from sterna.model.finding import Finding
from sterna.state.survey_rows import Family, FoundFinding

GAP: Final = "…"
"""Stands for what differs within a family."""

_DIFFERS: Final = re.compile(
    r"'(?:[^'\\]|\\.)*'"  # what repr() quotes: names of rules, of mailboxes
    r'|"(?:[^"\\]|\\.)*"'
    r"|[^\s<>,;:()'\"]+@[^\s<>,;:()'\"]*[^\s<>,;:()'\".]"  # addresses
    r"|(?<![\w.-])-?\d[\d,.]*(?<![,.])(?!\w)"  # numbers, not those that are part of a word
)
_MOST_TEXT: Final = 400
"""Longer texts are cut in a family; each finding has its own in full."""


def with_family(finding: Finding) -> FoundFinding:
    """Return the finding with its family: findings of one family have the same words but for names and numbers."""
    what, why, todo = (_common(text) for text in (finding.what, finding.why, finding.todo))
    return finding, Family(finding.kind, finding.outcome, what, why, todo)


@functools.lru_cache(maxsize=4096)
def _common(text: str) -> str:
    common = _DIFFERS.sub(GAP, text[: 4 * _MOST_TEXT])
    return common if len(common) <= _MOST_TEXT else common[:_MOST_TEXT] + GAP
