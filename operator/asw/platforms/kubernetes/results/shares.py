"""Something that there is only so much of, given out in parts: who holds most gives way.

Pure but for the call that tells a part to give way. So nobody who takes all that he can get keeps
others from getting a part, and nobody has to know beforehand how much is whose.
"""

from collections import Counter
from collections.abc import Callable


class Share:
    """A part that somebody holds. It can give way as long as it knows how."""

    def __init__(
        self, shares: "Shares", owner: str, size: int, give_way: Callable[[], None]
    ) -> None:
        self._shares = shares
        self.owner = owner
        self.size = size
        self.give_way: Callable[[], None] | None = give_way

    def settle(self, size: int) -> None:
        """It is this large and stays, until it is released."""
        self.give_way = None
        self._shares.resize(self, size)

    def release(self) -> None:
        """It is there for others again; more than once is once."""
        self._shares.drop(self)


class Shares:
    """See the module: ``total`` in all, ``each`` for an owner. ``peak`` was held at most."""

    def __init__(self, *, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._shares: dict[Share, None] = {}
        self._held: Counter[str] = Counter()
        self.held = 0
        self.peak = 0

    def __len__(self) -> int:
        """How many parts are given out."""
        return len(self._shares)

    def take(self, owner: str, size: int, give_way: Callable[[], None]) -> Share | None:
        """A part for the owner, None where there is none.

        Where all is given out, the oldest part of who holds most gives way, as long as that one
        holds more than the owner then would.
        """
        if self._held[owner] + size > self._each:
            return None
        while self.held + size > self._total:
            victim = self._victim(self._held[owner] + size)
            if victim is None:
                return None
            tell, victim.give_way = victim.give_way, None
            victim.release()
            if tell is not None:
                tell()
        share = Share(self, owner, size, give_way)
        self._shares[share] = None
        self._count(owner, size)
        return share

    def resize(self, share: Share, size: int) -> None:
        """The part is of another size by now."""
        if share in self._shares:
            self._count(share.owner, size - share.size)
            share.size = size

    def drop(self, share: Share) -> None:
        """The part is given back."""
        if share in self._shares:
            del self._shares[share]
            self._count(share.owner, -share.size)

    def _count(self, owner: str, size: int) -> None:
        self.held += size
        self.peak = max(self.peak, self.held)
        self._held[owner] += size
        if not self._held[owner]:
            del self._held[owner]

    def _victim(self, wanted: int) -> Share | None:
        """The oldest part that can give way, of who holds most of those that hold more."""
        found: Share | None = None
        for share in self._shares:
            if share.give_way is None or self._held[share.owner] <= wanted:
                continue
            if found is None or self._held[share.owner] > self._held[found.owner]:
                found = share
        return found
