"""Every error can pass from one of our processes to another with its facts."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sterna.errors import FormatError, SternaError
from sterna.imap.answers import Answer, CommandError
from sterna.imap.codes import Status
from sterna.imap.failures import ConnectionLostError
from sterna.migration.copy.refused import TargetUnableError
from sterna.migration.manners.signs import is_busy
from sterna.migration.workers import UnknownAccountError
from sterna.site.declaration import TargetImap
from sterna.state.lock import SiteBusyError

TARGET = TargetImap(host="localhost", port=143, user="admin", password_file=Path("secret"))

ERRORS: list[SternaError] = [
    ConnectionLostError(TARGET, "reset"),
    CommandError("UID FETCH", Answer(Status.NO, b"LIMIT", b"slow down")),
    FormatError("a flag", data=b"abc def", offset=4),
    SiteBusyError(Path("lock"), "17"),
    TargetUnableError(12, "no room"),
    UnknownAccountError(["anna"]),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_afterwards(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert (again.scope, again.retry, is_busy(again)) == (error.scope, error.retry, is_busy(error))
