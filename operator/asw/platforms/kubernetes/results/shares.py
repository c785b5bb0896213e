"""Something limited, given out in shares: whoever holds most gives way.

Nobody who takes all he can get keeps others from getting a share, and nobody has to know in advance
how much belongs to whom. Pure but for the call that tells a share to give way.
"""

from collections import Counter
from collections.abc import Callable


class Share:
    """A share that somebody holds. It can give way as long as it knows how."""

    def __init__(
        self, shares: "Shares", owner: str, size: int, give_way: Callable[[], None]
    ) -> None:
        self._shares = shares
        self.owner = owner
        self.size = size
        self.give_way: Callable[[], None] | None = give_way

    def settle(self, size: int) -> None:
        """Fix its size: it does not give way any more until it is released."""
        self.give_way = None
        self._shares.resize(self, size)

    def release(self) -> None:
        """Give it back; doing so more than once does no harm."""
        self._shares.drop(self)


class Shares:
    """``total`` to give out, ``each`` to one owner. ``peak`` is the most that was ever held."""

    def __init__(self, *, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._shares: dict[Share, None] = {}
        self._held: Counter[str] = Counter()
        self.held = 0
        self.peak = 0

    def __len__(self) -> int:
        """Number of shares given out."""
        return len(self._shares)

    def take(self, owner: str, size: int, give_way: Callable[[], None]) -> Share | None:
        """A share for the owner, None if there is none.

        If all is given out, the oldest share of whoever holds most gives way, provided that one
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
        """Change the size of the share."""
        if share in self._shares:
            self._count(share.owner, size - share.size)
            share.size = size

    def drop(self, share: Share) -> None:
        """Take the share back."""
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
        """The oldest share that can give way, of whoever holds most."""
        found: Share | None = None
        for share in self._shares:
            if share.give_way is None or self._held[share.owner] <= wanted:
                continue
            if found is None or self._held[share.owner] > self._held[found.owner]:
                found = share
        return found
