"""Search CommuniGate's directory. It can do nothing else, and what it finds is only compared with better sources.

A server gives few entries at a time, and whether it knows pages (RFC 2696) is not published. So a search that is cut
off is asked again for names that begin with ``a``, with ``b`` …, and for the rest, as often as needed.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Final, Self

import ldap  # type: ignore[import-untyped]  # python-ldap has no annotations
import ldap.ldapobject  # type: ignore[import-untyped]

from sterna.errors import Retry, Scope, SternaError
from sterna.model.secret import Secret
from sterna.site.declaration import SourceLdap
from sterna.site.secrets import read_secret

_BEGINNINGS: Final = "abcdefghijklmnopqrstuvwxyz0123456789._-"
"""With what most names go on; names with other characters are found by a search for the rest."""

_LONGEST: Final = 8
"""How many characters of a name are given before a search that is still cut off is taken as it is."""


class SourceLdapError(SternaError):
    """CommuniGate's directory does not answer, is not trusted, or refuses the login or the search."""

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 69  # EX_UNAVAILABLE

    def __init__(self, uri: str, what: str, reason: str) -> None:
        self.uri = uri
        self.what = what
        self.reason = reason
        super().__init__(
            f"source.ldap ({uri}): {what}: {reason}. It is only compared with the other sources; correct [source.ldap] "
            "in the site file, or leave that table out."
        )


@dataclass(frozen=True, slots=True)
class LdapEntry:
    """One entry; attribute names in lower case, values as the server has them."""

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an attribute's values; bytes that are not UTF-8 are lone surrogates."""
        return tuple(value.decode(errors="surrogateescape") for value in self.attributes.get(name.lower(), ()))

    def text(self, name: str) -> str | None:
        """Return an attribute's first value, None when it has none."""
        return next(iter(self.texts(name)), None)

    def has_class(self, name: str) -> bool:
        """Return whether the entry is of an object class."""
        return name.lower() in {each.lower() for each in self.texts("objectClass")}


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one search; `cut` when the server stopped at its limit."""

    rows: tuple[LdapEntry, ...]
    cut: bool


class SourceDirectory:
    """A connection to CommuniGate's directory, its own context manager. It blocks; use it from one thread at a time."""

    def __init__(self, settings: SourceLdap) -> None:
        """Connect, and log in when a name is given.

        Raises:
            SourceLdapError: the server does not answer, is not trusted, or refuses the login.
            SecretFileError: there is no usable password file.
        """
        self.cut: list[str] = []
        """Beginnings of names for which the server did not give all entries."""
        self._settings = settings
        try:
            self._connection = _connection(settings)
            if settings.start_tls and not settings.uri.startswith("ldaps:"):
                self._connection.start_tls_s()
            if settings.bind_dn is not None and settings.password_file is not None:
                self._login(settings.bind_dn, read_secret(settings.password_file))
        except ldap.LDAPError as error:
            raise self._error("it cannot be used", error) from error

    def below(self, domain: str, kind: str = "*", attributes: Sequence[str] = ()) -> Iterator[LdapEntry]:
        """Yield the entries of a domain that have a ``uid``, each once.

        Args:
            domain: its name.
            kind: object class, or any.
            attributes: those wanted; none: all.

        Raises:
            SourceLdapError: the server refuses, or the connection was lost. A domain that it does not have has no
                entries.
        """
        base = _base(domain, self._settings.base)
        seen: set[str] = set()
        for entry in all_names(
            lambda names: self._search(base, f"(&(objectClass={kind}){names})", attributes), self.cut
        ):
            if entry.dn.lower() not in seen:
                seen.add(entry.dn.lower())
                yield entry

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._connection.unbind_s()
        except ldap.LDAPError:
            return  # the server was quicker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _search(self, base: str, filter_: str, attributes: Sequence[str]) -> Answer:
        rows: list[LdapEntry] = []
        cut = False
        try:
            number = self._connection.search_ext(base, ldap.SCOPE_SUBTREE, filter_, list(attributes) or None)
            done = False
            while not done:
                kind, found = self._connection.result(number, all=0, timeout=self._settings.timeout_s)
                rows += (_entry(*row) for row in found if row[0] is not None)  # without a DN: a referral
                done = kind == ldap.RES_SEARCH_RESULT
        except (ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED, ldap.TIMELIMIT_EXCEEDED):
            cut = True
        except ldap.NO_SUCH_OBJECT:
            pass
        except ldap.LDAPError as error:
            raise self._error(f"the search below {base} failed", error) from error
        return Answer(tuple(rows), cut)

    def _login(self, name: str, password: Secret) -> None:
        if not password.reveal():
            # RFC 4513 section 5.1.2: a name with an empty password would count as an anonymous login, with success.
            raise SourceLdapError(self._settings.uri, f"the login of {name} is not tried", "the password is empty")
        self._connection.simple_bind_s(name, password.reveal())

    def _error(self, what: str, error: ldap.LDAPError) -> SourceLdapError:
        return SourceLdapError(self._settings.uri, what, _said(error))


def all_names(search: Callable[[str], Answer], cut: list[str], begin: str = "") -> Iterator[LdapEntry]:
    """Yield the entries of all names that begin with `begin`, some more than once.

    Args:
        search: gives the entries that a filter on ``uid`` fits, as many of them as the server likes.
        cut: gets the beginnings of names of which even so not all were given.
        begin: of names.
    """
    answer = search(f"(uid={_escaped(begin)}*)")
    yield from answer.rows
    if not answer.cut:
        return
    if len(begin) == _LONGEST:
        cut.append(begin)
        return
    for character in _BEGINNINGS:
        yield from all_names(search, cut, begin + character)
    known = "".join(f"(uid={_escaped(begin + character)}*)" for character in _BEGINNINGS)
    rest = search(f"(&(uid={_escaped(begin)}*)(!(|{known})))")
    yield from rest.rows
    if rest.cut:
        cut.append(begin)


def name_of(entry: LdapEntry, domain: str) -> str:
    """Return the name that an entry has in its domain."""
    name = entry.text("uid") or ""
    return name.removesuffix(f"@{domain}").lower()


def _base(domain: str, suffix: str) -> str:
    return f"cn={_dn_value(domain)}" + (f",{suffix}" if suffix else "")


def _dn_value(value: str) -> str:
    """Escape a value for a DN (RFC 4514 section 2.4)."""
    return "".join(f"\\{each}" if each in '\\,+"<>;=# ' else each for each in value)


def _escaped(value: str) -> str:
    r"""Escape a value for a filter: ``* ( ) \`` and NUL as hex (RFC 4515 section 3)."""
    return "".join(f"\\{ord(c):02x}" if c in "*()\\\0" else c for c in value)


def _entry(dn: str, attributes: Mapping[str, list[bytes]]) -> LdapEntry:
    return LdapEntry(dn, {name.lower(): tuple(values) for name, values in attributes.items()})


def _connection(settings: SourceLdap) -> Any:  # noqa: ANN401  # python-ldap has no annotations
    if settings.ca_file is not None:
        try:
            ssl.create_default_context(cafile=str(settings.ca_file))
        except OSError as error:  # libldap would only say that an option is wrong
            raise SourceLdapError(settings.uri, "ca_file cannot be used", error.strerror or str(error)) from error
    connection = ldap.ldapobject.SimpleLDAPObject(settings.uri)
    connection.timeout = settings.timeout_s
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, settings.timeout_s)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_DEREF, ldap.DEREF_NEVER)  # an alias is to be seen as one
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    if settings.ca_file is not None:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(settings.ca_file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)  # options of TLS count only for a new context, so this is last
    return connection


def _said(error: ldap.LDAPError) -> str:
    """The server's or the library's own words."""
    detail = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    words = [str(detail[key]) for key in ("desc", "info") if detail.get(key)]
    return ": ".join(words) or type(error).__name__
