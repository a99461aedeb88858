"""What the tables of ``sterna.toml`` are made of: kinds of values, and a server to talk to."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(min_length=1, max_length=255)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
Connections = Annotated[int, Field(ge=1, le=64)]


class Tls(enum.StrEnum):
    """How a connection is protected. ``none`` sends passwords in clear and is for loopback or a tunnel only."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Table(BaseModel):
    """Base of all tables: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Server(Table):
    """A server to talk to."""

    host: Host
    """Name or address. With TLS the server's certificate must be for this very name."""
    port: Port
    """TCP port."""
    tls: Tls = Tls.STARTTLS
    """`tls` from the first byte, `starttls` before the password is sent, or `none` for loopback and tunnels only."""
    ca_file: Path | None = None
    """CA certificates to trust, PEM; the system's when absent."""
    timeout_s: Seconds = 30.0
    """How long to wait for an answer before the connection counts as lost, in seconds."""

    table: ClassVar[str] = ""

    @property
    def shown(self) -> str:
        """Where it is, as an error names it: ``source.imap (mail.example.org:143)``."""
        where = f"{self.host}:{self.port}"
        return f"{self.table} ({where})" if self.table else where


class LoginServer(Server):
    """A server that wants a name and a password."""

    user: Name
    """Who logs in."""
    password_file: Path
    """File that holds the password in one line; nobody else may read it (mode 0600)."""
