"""Ordinary mail clients, as people have them: Python's own imaplib, poplib and smtplib, which know nothing of Sterna.

Blocking; the demo calls them in threads.
"""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

from sterna.lab.ports import LOOPBACK
from sterna.model.secret import Secret

TIMEOUT_S = 20.0
"""How long a client waits for an answer, and for a mail that it expects."""
_LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mail client: their address, which is also the login, and their password."""

    address: str
    password: Secret


def trusting(ca: Path) -> ssl.SSLContext:
    """Return settings that trust the lab's authority and nobody else, and check names."""
    return ssl.create_default_context(cafile=str(ca))


@contextlib.contextmanager
def imap(person: Person, port: int, ca: Path, *, starttls: bool = False) -> Iterator[imaplib.IMAP4]:
    """Log in by IMAP with the person's own password.

    Raises:
        imaplib.IMAP4.error: the server refuses.
        OSError: no connection, or a certificate that is not to be trusted.
    """
    client: imaplib.IMAP4
    if starttls:
        client = imaplib.IMAP4(LOOPBACK, port, timeout=TIMEOUT_S)
        client.starttls(trusting(ca))
    else:
        client = imaplib.IMAP4_SSL(LOOPBACK, port, ssl_context=trusting(ca), timeout=TIMEOUT_S)
    with client:
        # AUTHENTICATE rather than LOGIN, which imaplib sends in ASCII only.
        client.authenticate("PLAIN", lambda _: f"\0{person.address}\0{person.password.reveal()}".encode())
        yield client


def log_in_by_imaps(person: Person, port: int, ca: Path) -> str:
    """Try to log in and to open the INBOX; return why it failed, empty when it did not."""
    try:
        with imap(person, port, ca) as client:
            answer, said = client.select("INBOX", readonly=True)
            return "" if answer == "OK" else f"INBOX: {said!r}"
    except (imaplib.IMAP4.error, OSError) as error:
        return str(error) or type(error).__name__


def log_in_by_pop3s(person: Person, port: int, ca: Path) -> str:
    """Try to log in and to list the mail; return why it failed, empty when it did not."""
    try:
        client = poplib.POP3_SSL(LOOPBACK, port, context=trusting(ca), timeout=TIMEOUT_S)
        with contextlib.closing(client):
            client.user(person.address)
            client.pass_(person.password.reveal())
            client.stat()
            client.quit()
    except (poplib.error_proto, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def letter(to: str, subject: str, ident: str) -> EmailMessage:
    """Return a short mail from outside with the Message-ID ``<ident@outside.example>``."""
    message = EmailMessage()
    message["From"] = "A Friend <friend@outside.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{ident}@outside.example>"
    message.set_content("This mail is from the demonstration of Sterna.\n")
    return message


def send(message: EmailMessage, port: int) -> str:
    """Send a mail by SMTP as any other server would; return why it was refused, empty when it was taken."""
    try:
        with smtplib.SMTP(LOOPBACK, port, timeout=TIMEOUT_S) as client:
            client.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def wait_for(person: Person, ident: str, port: int, ca: Path) -> str:
    """Wait until the mail is in the person's INBOX; return why it is not, empty when it is."""
    deadline = time.monotonic() + TIMEOUT_S
    try:
        with imap(person, port, ca) as client:
            client.select("INBOX", readonly=True)
            while time.monotonic() < deadline:
                client.noop()
                _, found = client.search(None, "HEADER", "Message-ID", f'"<{ident}@outside.example>"')
                if found and found[0]:
                    return ""
                time.sleep(_LOOK_AGAIN_S)
    except (imaplib.IMAP4.error, OSError) as error:
        return str(error) or type(error).__name__
    return f"it did not arrive within {TIMEOUT_S:.0f} s"
