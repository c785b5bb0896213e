"""What is kept of texts that authors wrote."""

from asw.asl.kept import Kept


def test_what_is_kept_is_bounded_by_its_length():
    """Few long texts push out as much as many short ones; a text over the bound is not kept."""
    made: list[str] = []

    def make(text: str) -> int:
        made.append(text)
        return len(text)

    kept = Kept(make, 10)
    assert [kept(text) for text in ("aaaa", "bbbb", "aaaa")] == [4, 4, 4]
    assert made == ["aaaa", "bbbb"]
    assert [kept(text) for text in ("cccc", "bbbb", "aaaa", "d" * 11, "aaaa")] == [4, 4, 4, 11, 4]
    assert made == ["aaaa", "bbbb", "cccc", "aaaa", "d" * 11]
