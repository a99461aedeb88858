"""Circles in a graph: where somebody who goes on and on comes back to the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sterna.model.address import Address

Edges = Mapping[Address, Sequence[Address]]
"""For each address those it leads to; what is no key leads nowhere."""


def circles(edges: Edges) -> list[tuple[Address, ...]]:
    """Return each set of addresses that lead to each other, sorted, in the order of their first.

    They are the strongly connected components with a circle in them (Tarjan 1972), found without recursion, because
    chains come from outside and may be long. Time is linear in addresses and edges.
    """
    search = _Search(edges)
    for start in edges:
        search.walk(start)
    return sorted(search.found)


class _Search:
    """Tarjan's search. An address is open from when it is met until the component that it belongs to is complete."""

    def __init__(self, edges: Edges) -> None:
        self.found: list[tuple[Address, ...]] = []
        self._edges = edges
        self._number: dict[Address, int] = {}
        self._lowest: dict[Address, int] = {}
        self._open: list[Address] = []
        self._is_open: set[Address] = set()

    def walk(self, start: Address) -> None:
        """Search from `start`, unless that was done."""
        path = [] if start in self._number else [self._enter(start)]
        while path:
            address, rest = path[-1]
            following = next((each for each in rest if each not in self._number or each in self._is_open), None)
            if following is None:
                path.pop()
                if path:
                    self._lower(path[-1][0], self._lowest[address])
                self._leave(address)
            elif following in self._number:
                self._lower(address, self._number[following])
            else:
                path.append(self._enter(following))

    def _enter(self, address: Address) -> tuple[Address, Iterator[Address]]:
        self._number[address] = self._lowest[address] = len(self._number)
        self._open.append(address)
        self._is_open.add(address)
        return address, iter(self._edges.get(address, ()))

    def _lower(self, address: Address, number: int) -> None:
        self._lowest[address] = min(self._lowest[address], number)

    def _leave(self, address: Address) -> None:
        """Close the component when `address` was the first of it."""
        if self._lowest[address] != self._number[address]:
            return
        members: list[Address] = []
        while address in self._is_open:
            members.append(self._open.pop())
            self._is_open.discard(members[-1])
        if len(members) > 1 or address in self._edges.get(address, ()):
            self.found.append(tuple(sorted(members)))
