"""How the local cluster tells what it does."""

import threading

from dev.cluster.commands import progress


def test_one_thing_after_another_has_one_line_each(capsys):
    """With the time that it took."""
    with progress("building a"):
        pass
    with progress("building b"):
        pass
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("building a ... 0.")
    assert second.startswith("building b ... 0.")


def test_two_things_at_once_do_not_share_a_line(capsys):
    """Each end is told beside the name of what ended."""
    begun, ended = threading.Event(), threading.Event()

    def beside() -> None:
        with progress("making b"):
            begun.set()
            ended.wait()

    other = threading.Thread(target=beside)
    with progress("building a"):
        other.start()
        begun.wait()
    ended.set()
    other.join()
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["building a ... ", "making b ... "]
    assert [line.partition(" ... ")[0] for line in lines[2:]] == ["building a", "making b"]
    assert all(line.endswith(" s") for line in lines[2:])
