"""The IMAP conversation: an engine without I/O, the connection that feeds it, and a reader of mailboxes."""

from sterna.imap.answers import Answer, CommandError
from sterna.imap.authentication import LoginError
from sterna.imap.codes import Status
from sterna.imap.connection import Connection
from sterna.imap.engine import Literal, ServerProtocolError
from sterna.imap.failures import ConnectError, ConnectionLostError, ServerTimeoutError
from sterna.imap.fragments import Limits, Response
from sterna.imap.reader import MailboxReader
from sterna.imap.tls import TlsError

__all__ = [
    "Answer",
    "CommandError",
    "ConnectError",
    "Connection",
    "ConnectionLostError",
    "Limits",
    "Literal",
    "LoginError",
    "MailboxReader",
    "Response",
    "ServerProtocolError",
    "ServerTimeoutError",
    "Status",
    "TlsError",
]
