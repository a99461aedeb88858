"""What was measured, kept as JSON so that one part can be measured again without the others, and as a table."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

BEGIN: Final = "<!-- figures of python -m bench: begin -->"
END: Final = "<!-- figures of python -m bench: end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, measured several times.

    Fields:
        case: what was to be done.
        who: by whom.
        unit: of the values: ``msg/s``, ``s``, ``ns``.
        values: one for each run; none when it failed, and then `note` says why.
        peak_bytes: memory of the largest process, over all runs; 0 when it was not looked at.
        processor_s: median of what all its processes needed, without the servers; 0 when it was not looked at.
    """

    case: str
    who: str
    unit: str
    values: Sequence[float]
    peak_bytes: int = 0
    processor_s: float = 0.0
    note: str = ""

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def shown(self) -> str:
        """Return the median, and the smallest and largest value in brackets."""
        if not self.values:
            return "-"
        return f"{_number(self.median)} ({_number(min(self.values))} to {_number(max(self.values))})"


@dataclass(slots=True)
class Part:
    """The rows of one part of the bench, and when and how they were made."""

    title: str
    rows: list[Row] = field(default_factory=list)
    made: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    quick: bool = False


def machine() -> str:
    """Return what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}"


def load(path: Path) -> dict[str, Part]:
    """Return the parts kept in a file, none when there is no file."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text("utf-8"))
    return {
        name: Part(part["title"], [Row(**row) for row in part["rows"]], part["made"], part["quick"])
        for name, part in found.items()
    }


def save(path: Path, parts: dict[str, Part]) -> None:
    """Keep the parts in a file."""
    path.write_text(json.dumps({name: asdict(part) for name, part in parts.items()}, indent=1) + "\n", "utf-8")


def table(parts: Iterable[Part]) -> str:
    """Return the figures as Markdown."""
    lines = [f"Measured on {machine()}; median (smallest to largest) of the runs.", ""]
    for part in parts:
        quick = " **A smoke test, no measurement.**" if part.quick else ""
        lines += [f"### {part.title}", "", f"{part.made}.{quick}", ""]
        lines += ["| case | who | result | largest process | processor time | |", "|---|---|---|---|---|---|"]
        for row in part.rows:
            peak = f"{row.peak_bytes / 1e6:.0f} MB" if row.peak_bytes else ""
            processor = f"{row.processor_s:.1f} s" if row.processor_s else ""
            unit = f" {row.unit}" if row.values else ""
            lines.append(f"| {row.case} | {row.who} | {row.shown}{unit} | {peak} | {processor} | {row.note} |")
        lines.append("")
    return "\n".join(lines)


def write_page(page: Path, parts: Iterable[Part]) -> None:
    """Replace the figures of a page, which stand between two marks."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table(parts)}\n{END}{after}", "utf-8")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
