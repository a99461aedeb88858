"""What the accounts of a pass will have to be moved: by the last pass, by the survey, or by a look at the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sterna.errors import SternaError
from sterna.migration.copy.events import OnEvent, Weighed
from sterna.migration.origin.ports import MailReader, Origin
from sterna.model.address import Address
from sterna.state.control import PassAccount

SURVEY: Final = "survey.sqlite"


def known_weights(
    addresses: Iterable[Address], last: Mapping[str, PassAccount], surveyed: Mapping[str, tuple[int, int]]
) -> list[Weighed]:
    """Return what is known before the source was asked: nothing of accounts that neither pass nor survey has seen."""
    known: list[Weighed] = []
    for address in addresses:
        row, sizes = last.get(str(address)), surveyed.get(str(address))
        if row is not None and row.ended is not None and row.messages:
            messages = max(row.messages, sizes[0] if sizes else 0)
            known.append(Weighed(address, messages, max(0, messages - row.copied - row.unchanged - row.updated)))
        elif sizes is not None:
            known.append(Weighed(address, sizes[0], sizes[0], sizes[1]))
    return known


async def weigh(
    origin: Origin, addresses: Sequence[Address], is_waiting: Callable[[Address], bool], on_event: OnEvent
) -> None:
    """Ask the source for the number of messages of accounts that wait, over one connection.

    It only serves the forecast: when the source does not tell, the pass itself will meet the same error, and say it.
    """
    reader: MailReader | None = None
    try:
        for address in addresses:
            if not is_waiting(address):
                continue
            if reader is not None and not origin.one_login:
                await reader.close()
                reader = None
            reader = reader or await origin.open(address)
            prefix = origin.prefix(address)
            listed = [box for box in await reader.mailboxes(prefix) if box.selectable]
            states = await reader.status([prefix + box.wire for box in listed])
            messages = sum(state.messages for state in states if state)
            on_event(Weighed(address, messages, messages))
    except SternaError:
        return
    finally:
        if reader is not None:
            await reader.close()
