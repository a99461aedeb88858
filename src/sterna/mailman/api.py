"""Mailman 3's REST API, as much of it as a loader needs: one connection, one request at a time.

Requests are forms and answers JSON (Mailman 3.3, "REST API"). The version of the API is 3.1.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from sterna.mailman.errors import (
    MailmanAnswerError,
    MailmanConnectError,
    MailmanLoginError,
    MailmanRefusedError,
)
from sterna.mailman.wanted import Setting
from sterna.site.declaration import Mailman
from sterna.site.secrets import read_secret

Json = dict[str, object]
Form = Mapping[str, Setting]

_PAGE: Final = 1000
"""Entries asked for at a time."""

_LONGEST_BYTES: Final = 64 * 1024 * 1024
"""No answer to what is asked here is longer."""


class MailmanApi:
    """A connection to Mailman; not for several threads at a time."""

    def __init__(self, declared: Mailman) -> None:
        parts = urlsplit(declared.url)
        self._shown = declared.url
        self._base = f"{parts.path.rstrip('/')}/3.1"
        self._user = declared.user
        login = f"{declared.user}:{read_secret(declared.password_file).reveal()}"
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
            "Accept": "application/json",
        }
        host = parts.hostname or ""
        if parts.scheme == "https":
            trust = ssl.create_default_context(cafile=None if declared.ca_file is None else str(declared.ca_file))
            self._http: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, parts.port, timeout=declared.timeout_s, context=trust
            )
        else:
            self._http = http.client.HTTPConnection(host, parts.port, timeout=declared.timeout_s)

    @classmethod
    @contextmanager
    def open(cls, declared: Mailman) -> Iterator[MailmanApi]:
        """Connect, and look that it is Mailman and takes the login.

        Raises:
            SecretFileError: the password cannot be read.
            MailmanConnectError, MailmanLoginError, MailmanAnswerError: there is no Mailman that lets us in.
        """
        api = cls(declared)
        try:
            if "mailman_version" not in api.must_get("/system/versions"):
                raise MailmanAnswerError(declared.url, "/system/versions", "no version of Mailman")
            yield api
        finally:
            api._http.close()

    def get(self, path: str) -> Json | None:
        """Return what is at `path`, or None when there is nothing."""
        status, body = self._request("GET", path, {})
        if status == http.client.NOT_FOUND:
            return None
        return self._object(path, status, body)

    def must_get(self, path: str) -> Json:
        """Return what is at `path`.

        Raises:
            MailmanAnswerError: there is nothing.
        """
        found = self.get(path)
        if found is None:
            raise MailmanAnswerError(self._shown, path, "404 Not Found")
        return found

    def entries(self, path: str, **query: str | tuple[str, ...]) -> Iterator[Json]:
        """Yield the entries of a collection, page by page."""
        page = 1
        while True:
            found = self.must_get(f"{path}?{urlencode({**query, 'count': _PAGE, 'page': page}, doseq=True)}")
            entries = found.get("entries", [])
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise MailmanAnswerError(self._shown, path, "entries that are no list of objects")
            yield from entries
            if len(entries) < _PAGE:
                return
            page += 1

    def post(self, path: str, form: Form, what: str) -> str:
        """Make something and return the last part of its address; `what` says it in an error."""
        status, body, location = self._send("POST", path, form)
        self._accepted(what, status, body)
        return location.rstrip("/").rpartition("/")[2]

    def patch(self, path: str, form: Form, what: str) -> None:
        """Change something."""
        status, body, _ = self._send("PATCH", path, form)
        self._accepted(what, status, body)

    def delete(self, path: str, what: str) -> None:
        """Remove something; it is no error when it is gone already."""
        status, body = self._request("DELETE", path, {})
        if status != http.client.NOT_FOUND:
            self._accepted(what, status, body)

    def _request(self, method: str, path: str, form: Form) -> tuple[int, bytes]:
        status, body, _ = self._send(method, path, form)
        return status, body

    def _send(self, method: str, path: str, form: Form) -> tuple[int, bytes, str]:
        data = urlencode({name: _text(value) for name, value in form.items()}, doseq=True) if form else None
        headers = dict(self._headers)
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        reused = self._http.sock is not None
        try:
            try:
                return self._exchange(method, path, data, headers)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A server closes a connection that it finds idle. Whatever is sent here may be sent twice: what is
                # there already is answered with a conflict, which is looked at.
                self._http.close()
                if not reused:
                    raise
                return self._exchange(method, path, data, headers)
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise MailmanConnectError(self._shown, str(error) or type(error).__name__) from error

    def _exchange(self, method: str, path: str, data: str | None, headers: dict[str, str]) -> tuple[int, bytes, str]:
        self._http.request(method, self._base + path, body=data, headers=headers)
        response = self._http.getresponse()
        body = response.read(_LONGEST_BYTES)
        if response.status == http.client.UNAUTHORIZED:
            raise MailmanLoginError(self._shown, self._user)
        return response.status, body, response.getheader("Location", "")

    @staticmethod
    def _accepted(what: str, status: int, body: bytes) -> None:
        if status >= http.client.BAD_REQUEST:
            raise MailmanRefusedError(what, status, _reason(body))

    def _object(self, path: str, status: int, body: bytes) -> Json:
        if status != http.client.OK:
            raise MailmanAnswerError(self._shown, path, f"{status}: {_reason(body)}")
        try:
            found = json.loads(body)
        except ValueError as error:
            raise MailmanAnswerError(self._shown, path, "something that is no JSON") from error
        if not isinstance(found, dict):
            raise MailmanAnswerError(self._shown, path, "JSON that is no object")
        return found


def segment(text: str) -> str:
    """Return `text` for use as one part of a path."""
    return quote(text, safe="@")


def _text(value: Setting) -> str | list[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return list(value) or ""
    return str(value)


def _reason(body: bytes) -> str:
    """Return Mailman's words from an error; it sends them as JSON or as plain text."""
    text = body[:1000].decode("utf-8", "replace").strip()
    try:
        found = json.loads(body)
    except ValueError:
        return text
    return str(found.get("description") or found.get("title") or text) if isinstance(found, dict) else text
