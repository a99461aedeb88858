"""A server of Sieve scripts, in memory. Its compiler refuses whatever holds the word ``broken``."""

from __future__ import annotations

from sterna.migration.scripts import NO_SCRIPTS, SCRIPT, ScriptState
from sterna.model.address import Address


class FakeScripts:
    """Scripts of any account."""

    def __init__(self) -> None:
        self.states: dict[Address, ScriptState] = {}

    async def state(self, address: Address) -> ScriptState:
        return self.states.get(address, NO_SCRIPTS)

    async def check(self, address: Address, text: str) -> str | None:
        del address
        return "line 1: syntax error" if "broken" in text else None

    async def install(self, address: Address, text: str, *, activate: bool) -> None:
        before = await self.state(address)
        self.states[address] = ScriptState(before.names | {SCRIPT}, SCRIPT if activate else before.active, text)
