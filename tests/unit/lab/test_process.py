from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sterna.lab.process import ProcessSpec, dump_specs, load_specs
from sterna.lab.servers import Server, State, read_servers, write_servers
from sterna.lab.supervisor import Child, _stop_order

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SPECS = st.builds(
    ProcessSpec,
    name=TEXT,
    argv=st.lists(TEXT).map(tuple),
    ready_ports=st.lists(st.integers(1, 65535)).map(tuple),
    ready_sockets=st.lists(st.just(Path("/run/x")) | st.just(Path("/run/ö"))).map(tuple),
    order=st.integers(),
    environment=st.dictionaries(TEXT, TEXT),
    kill_after_s=st.floats(0, 100),
    stop_first=st.booleans(),
)


@given(st.lists(SPECS))
def test_what_is_to_be_run_survives_its_file(specs: list[ProcessSpec]) -> None:
    assert load_specs(dump_specs(specs)) == specs


def test_what_is_known_of_servers_survives_its_file(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert read_servers(tmp_path) == []
    servers = [
        Server("a", 5, (25, 26), State.READY, 1.5, 0.25, ""),
        Server("b", 0, (), State.WAITING, 0.0, None, ""),
        Server("c", 6, (1,), State.DIED, 2.0, 0.1, "signal SIGSEGV"),
    ]
    write_servers(tmp_path, servers)
    assert read_servers(tmp_path) == servers


def test_servers_stop_in_reverse_order_but_for_those_that_go_first() -> None:
    specs = [
        ProcessSpec("provider", (), order=0, stop_first=True),
        ProcessSpec("consumer", (), order=1),
        ProcessSpec("cyrus", (), order=2),
        ProcessSpec("postfix", (), order=2),
    ]
    groups = [[child.spec.name for child in group] for group in _stop_order([Child(spec) for spec in specs])]
    assert groups == [["provider"], ["cyrus", "postfix"], ["consumer"]]
