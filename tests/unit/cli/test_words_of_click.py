"""What click says of wrong values, in English only: ``asw`` goes by its words to say it itself."""

from importlib.metadata import version

import click
import pytest

from asw.cli.command import _wrong_value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (click.IntRange(1, 3), "9"),
        (click.INT, "x"),
        (click.FLOAT, "x"),
        (click.Choice(["a", "b"]), "c"),
        (click.Path(file_okay=False), __file__),
        (click.Path(dir_okay=False), "/"),
    ],
    ids=["range", "integer", "float", "choice", "folder", "file"],
)
def test_each_reason_is_known(monkeypatch, kind, value):
    """In another language none of them stays in click's words."""
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(value, None, None)
    monkeypatch.setenv("ASW_LANG", "zh")
    told = _wrong_value(caught.value, kind)
    assert told != caught.value.message, (
        f"click {version('click')} says it in other words: asw.cli.command._wrong_value has to"
        f" go by them: {caught.value.message}"
    )
    assert not told.isascii(), told
