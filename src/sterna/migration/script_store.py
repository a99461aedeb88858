"""Filter scripts on the target, over ManageSieve, one conversation for each account."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from sterna.migration.scripts import SCRIPT, ScriptState, placeholder
from sterna.model.address import Address
from sterna.sieve.errors import ScriptInvalidError
from sterna.sieve.managesieve import ManageSieve
from sterna.site.declaration import Target
from sterna.site.secrets import read_secret


class ScriptStore:
    """Everybody's scripts, with the administrator's login and each person's authorization identity."""

    def __init__(self, target: Target) -> None:
        self._server = target.scripts
        self._user = target.imap.user
        self._password = read_secret(target.imap.password_file)

    async def state(self, address: Address) -> ScriptState:
        """Return what the account has.

        Raises:
            SternaError: the server cannot be used, or refuses.
        """
        async with self._box(address) as box:
            listed = await box.list_scripts()
            text = await box.get_script(SCRIPT) if SCRIPT in listed else None
        active = next((name for name, runs in listed.items() if runs), None)
        return ScriptState(frozenset(listed), active, text)

    async def check(self, address: Address, text: str) -> str | None:
        """Return what the server's compiler finds wrong with a script, None when it takes it."""
        async with self._box(address) as box:
            try:
                await box.check_script(text)
            except ScriptInvalidError as error:
                return error.reason
        return None

    async def install(self, address: Address, text: str, *, activate: bool) -> None:
        """Store our script and let it run.

        It is made active while it does nothing yet: what a run leaves behind that is killed in between must not look as
        if its owner had switched it off.

        Raises:
            ScriptInvalidError: the server's compiler refuses it; nothing was changed.
        """
        async with self._box(address) as box:
            await box.check_script(text)
            if activate and not (await box.list_scripts()).get(SCRIPT, False):
                await box.put_script(SCRIPT, placeholder(address))
                await box.set_active(SCRIPT)
            await box.put_script(SCRIPT, text)

    def _box(self, address: Address) -> AbstractAsyncContextManager[ManageSieve]:
        return ManageSieve.open(self._server, self._user, self._password, authorize_as=str(address))
