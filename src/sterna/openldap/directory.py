"""A typed conversation with one directory server, over python-ldap: StartTLS, deadlines, paged search.

It blocks; asynchronous callers use it from a thread, one `Directory` a thread. Nothing above sees python-ldap's names
or exceptions. What an entry means does not belong here.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import ldap  # type: ignore[import-untyped]  # python-ldap has no annotations
import ldap.controls.libldap  # type: ignore[import-untyped]
import ldap.ldapobject  # type: ignore[import-untyped]

from sterna.errors import SternaError
from sterna.model.secret import Secret
from sterna.openldap.errors import (
    DirectoryCertificateError,
    DirectoryLoginError,
    DirectoryUnreachableError,
    EntryExistsError,
    EntryInvalidError,
    EntryMissingError,
    EntryRefusedError,
)
from sterna.site import declaration
from sterna.site.secrets import read_secret

__all__ = [
    "Add",
    "Change",
    "Delete",
    "Directory",
    "DirectoryCertificateError",
    "DirectoryLoginError",
    "DirectoryUnreachableError",
    "Entry",
    "EntryExistsError",
    "EntryInvalidError",
    "EntryMissingError",
    "EntryRefusedError",
    "Replace",
    "escape",
]

PAGE_ENTRIES = 500
"""Entries asked for at a time; also slapd's usual limit for one answer."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; attribute names as the server spells them, values as bytes in the server's order."""

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Replace:
    """Give an attribute these values instead of those it has; no values remove it."""

    attribute: str
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Add:
    """Give an attribute further values."""

    attribute: str
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """Take these values away; none given: all of them."""

    attribute: str
    values: tuple[bytes, ...] = ()


Change = Replace | Add | Delete


class Directory:
    """A logged-in connection. `open` makes one; it is its own context manager."""

    def __init__(self, uri: str, connection: Any) -> None:  # noqa: ANN401  # python-ldap has no annotations
        self._uri = uri
        self._connection = connection

    @classmethod
    def open(cls, settings: declaration.Directory) -> Self:
        """Connect, verify the certificate, log in.

        Raises:
            DirectoryUnreachableError: no server, or no answer in time.
            DirectoryCertificateError: a certificate that `settings.ca_file` does not vouch for, or of another host.
            DirectoryLoginError: the server refuses name and password.
            SecretFileError: there is no usable password file.
        """
        return cls.login(settings, settings.bind_dn, read_secret(settings.password_file))

    @classmethod
    def login(cls, settings: declaration.Directory, bind_dn: str, password: Secret) -> Self:
        """Connect like `open`, as `bind_dn` with `password`; for asking whether a password is right.

        Raises:
            DirectoryUnreachableError: as for `open`.
            DirectoryCertificateError: as for `open`.
            DirectoryLoginError: the server refuses name and password.
        """
        secured = settings.start_tls or settings.uri.startswith("ldaps:")
        try:
            connection = _connection(settings)
            if settings.start_tls:
                connection.start_tls_s()
        except ldap.LDAPError as error:
            raise _connect_error(settings, error, secured=secured) from error
        if not password.reveal():
            # RFC 4513 section 5.1.2: a name with an empty password would count as an anonymous login, with success.
            raise DirectoryLoginError(settings.uri, bind_dn, "the password is empty")
        try:
            connection.simple_bind_s(bind_dn, password.reveal())
        except (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMEOUT) as error:
            raise _connect_error(settings, error, secured=secured) from error
        except ldap.LDAPError as error:
            connection.unbind_s()
            raise DirectoryLoginError(settings.uri, bind_dn, _said(error)) from error
        return cls(settings.uri, connection)

    def search(self, base: str, filter: str, attributes: Sequence[str] = ()) -> Iterator[Entry]:  # noqa: A002  # LDAP's word
        """Yield every entry at and below `base` that `filter` (RFC 4515) fits, a page at a time.

        Args:
            base: where to start; the caller has to be allowed to see it.
            filter: values in it are escaped with `escape`.
            attributes: those wanted; none given: all but the operational ones.

        Raises:
            EntryMissingError: `base` is not there.
            EntryRefusedError: the search is not allowed, or the filter is not one.
            DirectoryUnreachableError: the connection was lost.
        """
        page = ldap.controls.libldap.SimplePagedResultsControl(True, size=PAGE_ENTRIES, cookie="")  # noqa: FBT003,RUF100  # python-ldap's order
        wanted = list(attributes) or None

        def next_page() -> tuple[list[tuple[str | None, dict[str, list[bytes]]]], bytes]:
            number = self._connection.search_ext(base, ldap.SCOPE_SUBTREE, filter, wanted, serverctrls=[page])
            _, rows, _, controls = self._connection.result3(number, timeout=self._connection.timeout)
            cookies = [c.cookie for c in controls if c.controlType == page.controlType]
            return rows, cookies[0] if cookies else b""

        while True:
            rows, page.cookie = self._do(base, "search below", next_page)
            yield from (_entry(dn, found) for dn, found in rows if dn is not None)  # without a DN: a referral
            if not page.cookie:
                return

    def get(self, dn: str, attributes: Sequence[str] = ()) -> Entry | None:
        """Return the entry `dn`, or None when it is not there (or may not be seen, which a server does not tell apart).

        Raises:
            EntryRefusedError: it may not be read.
            DirectoryUnreachableError: the connection was lost.
        """
        try:
            rows = self._do(
                dn,
                "read",
                lambda: self._connection.search_ext_s(
                    dn, ldap.SCOPE_BASE, attrlist=list(attributes) or None, timeout=self._connection.timeout
                ),
            )
        except EntryMissingError:
            return None
        return _entry(*rows[0]) if rows and rows[0][0] is not None else None

    def add(self, entry: Entry) -> None:
        """Make `entry`.

        Raises:
            EntryExistsError: there is one of this name.
            EntryInvalidError: it breaks the schema, or has no parent.
            EntryRefusedError: it may not be made.
            DirectoryUnreachableError: the connection was lost; whether the entry was made is unknown.
        """
        values = [(name, list(of)) for name, of in entry.attributes.items() if of]
        self._do(entry.dn, "add", lambda: self._connection.add_s(entry.dn, values))

    def modify(self, dn: str, changes: Sequence[Change]) -> None:
        """Apply all of `changes` to the entry, or none; no changes are no request.

        Raises:
            EntryMissingError: there is no such entry.
            EntryInvalidError: the result would break the schema, or a value to delete is not there.
            EntryRefusedError: it may not be changed.
            DirectoryUnreachableError: the connection was lost; whether the entry was changed is unknown.
        """
        if not changes:
            return
        wire = [(_operation(change), change.attribute, list(change.values) or None) for change in changes]
        self._do(dn, "change", lambda: self._connection.modify_s(dn, wire))

    def delete(self, dn: str) -> None:
        """Remove an entry without children.

        Raises:
            EntryMissingError: there is no such entry.
            EntryRefusedError: it may not be removed, or has children.
            DirectoryUnreachableError: the connection was lost; whether the entry was removed is unknown.
        """
        self._do(dn, "delete", lambda: self._connection.delete_s(dn))

    def close(self) -> None:
        """Say goodbye; twice is once."""
        try:
            self._connection.unbind_s()
        except (ldap.SERVER_DOWN, AttributeError):
            return  # the server was quicker, or it was closed before (python-ldap then has lost its handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _do(self, dn: str, what: str, request: Callable[[], T]) -> T:
        """Return what `request` returns; its error as one of ours."""
        try:
            return request()
        except (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMEOUT, ldap.UNAVAILABLE, ldap.BUSY) as error:
            raise DirectoryUnreachableError(self._uri, _said(error)) from error
        except ldap.NO_SUCH_OBJECT as error:
            # Adding below a parent that is not there is a fault of the entry, not of a missing one.
            kind = EntryInvalidError if what == "add" else EntryMissingError
            raise kind(dn, what, "the entry above it is missing" if what == "add" else "there is none") from error
        except ldap.ALREADY_EXISTS as error:
            raise EntryExistsError(dn, what, "there is one already") from error
        except _INVALID as error:
            raise EntryInvalidError(dn, what, _said(error)) from error
        except ldap.LDAPError as error:
            raise EntryRefusedError(dn, what, _said(error)) from error


_INVALID = (
    ldap.CONSTRAINT_VIOLATION,
    ldap.INVALID_DN_SYNTAX,
    ldap.INVALID_SYNTAX,
    ldap.NAMING_VIOLATION,
    ldap.NO_SUCH_ATTRIBUTE,
    ldap.OBJECT_CLASS_VIOLATION,
    ldap.TYPE_OR_VALUE_EXISTS,
    ldap.UNDEFINED_TYPE,
)


def escape(value: str) -> str:
    r"""Return `value` for use inside a filter: ``* ( ) \`` and NUL as hex (RFC 4515 section 3)."""
    return "".join(f"\\{ord(c):02x}" if c in "*()\\\0" else c for c in value)


def _connection(settings: declaration.Directory) -> Any:  # noqa: ANN401  # python-ldap has no annotations
    if settings.ca_file is not None:
        try:
            ssl.create_default_context(cafile=str(settings.ca_file))
        except OSError as error:  # ssl.SSLError is one too; libldap would only say that an option is wrong
            wrong = isinstance(error, ssl.SSLError)
            reason = "ca_file holds no certificate in PEM form" if wrong else f"ca_file: {error.strerror or error}"
            raise DirectoryCertificateError(settings.uri, settings.ca_file, reason) from error
    connection = ldap.ldapobject.SimpleLDAPObject(settings.uri)
    connection.timeout = settings.timeout_s
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, settings.timeout_s)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    if settings.ca_file is not None:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(settings.ca_file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)  # options of TLS count only for a new context, so this is last
    return connection


def _connect_error(settings: declaration.Directory, error: ldap.LDAPError, *, secured: bool) -> SternaError:
    """Tell a server that is there but not trusted from one that is not there, by what the libraries said."""
    said = _said(error)
    # StartTLS that was agreed on and then failed is this error, often without a reason; LDAPS is a lost server.
    if secured and (isinstance(error, ldap.CONNECT_ERROR) or "certificate" in said or "TLS" in said):
        reason = "signed by another authority, or made for another host" if "unknown error code" in said else said
        return DirectoryCertificateError(settings.uri, settings.ca_file, reason)
    return DirectoryUnreachableError(settings.uri, said)


def _said(error: ldap.LDAPError) -> str:
    """The server's or the library's own words."""
    detail = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    words = [str(detail[key]) for key in ("desc", "info") if detail.get(key)]
    return ": ".join(words) or str(error) or type(error).__name__


def _entry(dn: str, attributes: Mapping[str, list[bytes]]) -> Entry:
    return Entry(dn, {name: tuple(values) for name, values in attributes.items()})


def _operation(change: Change) -> int:
    codes: dict[type[Change], int] = {Replace: ldap.MOD_REPLACE, Add: ldap.MOD_ADD, Delete: ldap.MOD_DELETE}
    return codes[type(change)]
