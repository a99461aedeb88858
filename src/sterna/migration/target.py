"""Connections to the target for planning and applying, opened as the site file says and closed in any case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sterna.cyrus.admin import MailStoreAdmin
from sterna.errors import Scope, SternaError
from sterna.imap.connection import Connection
from sterna.openldap.directory import Directory
from sterna.site.declaration import Target
from sterna.site.secrets import read_secret


class NotAnAdministratorError(SternaError):
    """The login on the mail store works, but is no administrator there."""

    scope = Scope.SERVER
    exit_code = 77

    def __init__(self, user: str, where: str) -> None:
        self.user = user
        self.where = where
        super().__init__(
            f"{user} can log in to the mail store {where} but is not one of its administrators; nothing was changed. "
            "Name it in admins: in imapd.conf, without a domain, or use another login."
        )


class OnlyMailError(SternaError):
    """The site's target is only known to speak IMAP; there is no directory to plan for and no Cyrus to ask."""

    scope = Scope.RUN
    exit_code = 78

    def __init__(self) -> None:
        super().__init__(
            'the site\'s target has product = "imap": its accounts are made there by other means, and only sterna copy '
            "works, which reads back every message that it brings; nothing was done"
        )


def need_platform(target: Target) -> None:
    """Return when the target is the platform that Sterna makes.

    Raises:
        OnlyMailError: it is not.
    """
    if target.product != "cyrus":
        raise OnlyMailError


@asynccontextmanager
async def open_directory(target: Target) -> AsyncIterator[Directory]:
    """Log in to the directory.

    Raises:
        DirectoryUnreachableError, DirectoryCertificateError, DirectoryLoginError: it cannot be used.
    """
    directory = await asyncio.to_thread(Directory.open, target.directory)
    try:
        yield directory
    finally:
        directory.close()


@asynccontextmanager
async def open_store(target: Target) -> AsyncIterator[MailStoreAdmin]:
    """Log in to the mail store as its administrator.

    Raises:
        SecretFileError, ConnectError, TlsError, LoginError, NotAnAdministratorError: it cannot be used.
    """
    settings = target.imap
    password = read_secret(settings.password_file)
    async with await Connection.open(settings) as connection:
        await connection.login(settings.user, password)
        store = MailStoreAdmin(connection, partition=settings.partition)
        if not await store.is_administrator():
            raise NotAnAdministratorError(settings.user, f"{settings.host}:{settings.port}")
        yield store
