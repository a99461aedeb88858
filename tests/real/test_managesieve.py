"""Our ManageSieve client with a real timsieved."""

from __future__ import annotations

import pytest

from sterna.imap.authentication import AuthorizationError, LoginError
from sterna.imap.failures import ConnectError
from sterna.imap.tls import TlsError
from sterna.model.secret import Secret
from sterna.pki.authority import Authority
from sterna.sieve.errors import ScriptInvalidError, SieveRefusedError
from sterna.sieve.managesieve import ManageSieve
from sterna.site.declaration import Tls
from tests.real.filter_bench import ANNA, BOB, Bench, bench

__all__ = ["bench"]  # a fixture

pytestmark = pytest.mark.real

KEEP = 'require ["fileinto"];\n# "grün" {3+}\nkeep;\n'


def test_scripts_are_stored_read_and_switched(bench: Bench) -> None:
    with bench.scripts(BOB) as box:
        assert {"vacation-seconds", "editheader", "imap4flags", "date", "relational"} <= box.extensions
        bench.run(box.put_script("one", KEEP))
        bench.run(box.put_script('two "words"', "stop;\n"))
        assert bench.run(box.list_scripts()) == {"one": False, 'two "words"': False}
        bench.run(box.set_active("one"))
        assert bench.run(box.list_scripts())["one"]
        assert bench.run(box.get_script("one")) == KEEP
        bench.run(box.put_script("one", "discard;\n"))
        assert bench.run(box.get_script("one")) == "discard;\n"
        bench.run(box.delete_script('two "words"'))
        bench.run(box.set_active(""))
        assert bench.run(box.list_scripts()) == {"one": False}
        bench.run(box.delete_script("one"))
    with bench.scripts(ANNA) as box:
        assert "one" not in bench.run(box.list_scripts())


def test_a_wrong_script_is_refused_with_the_reason_and_the_old_one_stays(bench: Bench) -> None:
    with bench.scripts(BOB) as box:
        bench.run(box.put_script("mine", KEEP))
        for wrong in ('fileinto "x";\n', "keep\n", 'require ["nonsense"];\n'):
            with pytest.raises(ScriptInvalidError, match="line"):
                bench.run(box.put_script("mine", wrong))
            with pytest.raises(ScriptInvalidError, match="line"):
                bench.run(box.check_script(wrong))
        with pytest.raises(SieveRefusedError, match="QUOTA"):
            bench.run(box.put_script("mine", "# too long\n" * 100_000))
        for refused in (box.get_script("none"), box.set_active("none"), box.delete_script("none")):
            with pytest.raises(SieveRefusedError, match="none"):
                bench.run(refused)
        assert bench.run(box.get_script("mine")) == KEEP
        bench.run(box.delete_script("mine"))


def test_the_right_ones_get_in_and_the_others_do_not(bench: Bench, tmp_path) -> None:
    user, password = bench.admin

    async def enter(changes: dict[str, object], login: str, secret: Secret, account: str | None) -> None:
        async with ManageSieve.open(
            bench.server.model_copy(update=changes), login, secret, authorize_as=account
        ) as box:
            await box.list_scripts()

    with pytest.raises(AuthorizationError, match="on behalf of anna"):
        bench.run(enter({}, user, Secret("wrong"), ANNA))
    with pytest.raises(LoginError):
        bench.run(enter({}, user, Secret("with\0nul"), None))
    with pytest.raises(LoginError, match="PLAIN"):
        bench.run(enter({"tls": Tls.NONE}, user, password, ANNA))
    with pytest.raises(TlsError, match="is not trusted"):
        bench.run(enter({"ca_file": Authority.create(tmp_path, "Other").certificate}, user, password, ANNA))
    with pytest.raises(ConnectError):
        bench.run(enter({"port": 1}, user, password, ANNA))
    bench.run(enter({}, user, password, ANNA))
