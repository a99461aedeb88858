"""What a directory server can answer instead of doing what it was asked."""

from __future__ import annotations

from pathlib import Path

from sterna.errors import Retry, Scope, SternaError


class DirectoryUnreachableError(SternaError):
    """The server does not answer, or stopped answering."""

    scope, retry, exit_code = Scope.SERVER, Retry.LATER, 69

    def __init__(self, uri: str, reason: str) -> None:
        self.uri = uri
        self.reason = reason
        super().__init__(
            f"the directory {uri} does not answer: {reason}. Is slapd running, and are host and port right?"
        )


class DirectoryCertificateError(SternaError):
    """The server's certificate is not trusted, or is another host's; nothing was sent to it."""

    scope, exit_code = Scope.SERVER, 78

    def __init__(self, uri: str, ca_file: Path | None, reason: str) -> None:
        self.uri = uri
        self.ca_file = ca_file
        self.reason = reason
        super().__init__(
            f"the certificate of the directory {uri} is not accepted ({reason}); trusted: {ca_file or 'the system'}. "
            "No password was sent. Set ca_file to the authority that signed it, and use the host name it was made for."
        )


class DirectoryLoginError(SternaError):
    """The server refuses the login."""

    scope, exit_code = Scope.SERVER, 77

    def __init__(self, uri: str, bind_dn: str, reason: str) -> None:
        self.uri = uri
        self.bind_dn = bind_dn
        self.reason = reason
        super().__init__(
            f"the directory {uri} refuses the login of {bind_dn}: {reason}. Check bind_dn and password_file."
        )


class EntryRefusedError(SternaError):
    """The server refuses to read or write one entry; it is unchanged."""

    scope, exit_code = Scope.ACCOUNT, 77

    def __init__(self, dn: str, what: str, reason: str) -> None:
        self.dn = dn
        self.what = what
        self.reason = reason
        super().__init__(f"the directory refuses to {what} {dn}: {reason}. The entry is unchanged.")


class EntryInvalidError(EntryRefusedError):
    """What was to be written breaks the schema or the tree."""

    exit_code = 65


class EntryExistsError(EntryRefusedError):
    """An entry of this name is there already."""

    exit_code = 73


class EntryMissingError(EntryRefusedError):
    """There is no entry of this name, or it may not be seen."""

    exit_code = 68
