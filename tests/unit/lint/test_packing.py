"""Code folders become what a cluster takes, always the same way."""

import pytest

from asw.api.function import Function
from asw.api.names import CODE_LIMIT_BYTES, CODE_MAP_LIMIT_BYTES, LABEL_CODE_OF, LABEL_KIND
from asw.failures import Failure
from asw.lint.packing import pack

LINE = "x = 1\n"
LARGE = LINE * 100_000


def parsed(packed):
    """The Function that the packed code makes."""
    spec = {"runtime": "python3", "code": dict(packed.code)}
    return Function.parse({"metadata": {"name": "f"}, "spec": spec})


def unpacked(packed):
    """The files that the Function and its ConfigMaps have."""
    maps = {it["metadata"]["name"]: it["data"] for it in packed.config_maps}
    return parsed(packed).spec.code.files(maps)


def test_small_code_is_in_the_function_itself():
    """So it needs no other object, and its folders stay."""
    files = {"index.py": LINE, "lib/rules.py": LINE}
    packed = pack("f", None, files)
    assert packed.code == {"inline": files}
    assert not packed.config_maps
    assert unpacked(packed) == files


@pytest.mark.parametrize("files", [{"index.py": LARGE, "lib/a.py": LARGE, "lib/b.py": LARGE}])
def test_large_code_is_in_several_config_maps(files):
    """Each is immutable, below the limit, and labelled with its Function; no file is lost."""
    packed = pack("f", "shop", files)
    assert len(packed.config_maps) == 3
    for each in packed.config_maps:
        assert each["immutable"] is True
        assert each["metadata"]["namespace"] == "shop"
        assert each["metadata"]["labels"] == {LABEL_CODE_OF: "f"}
        assert LABEL_KIND not in each["metadata"]["labels"], "the operator follows only others'"
        assert sum(map(len, each["data"].values())) <= CODE_MAP_LIMIT_BYTES
    assert unpacked(packed) == files


def test_the_same_files_have_the_same_names_in_any_order():
    """And another file changes only the name of the ConfigMap that it is in."""
    files = {"a.py": LARGE, "b.py": LARGE}
    one, other = pack("f", None, files), pack("f", None, dict(reversed(files.items())))
    assert one == other
    changed = pack("f", None, {**files, "b.py": LARGE + "#"})
    names = [[it["name"] for it in packed.code["configMapRefs"]] for packed in (one, changed)]
    assert names[0][0] == names[1][0]
    assert names[0][1] != names[1][1]


def test_many_small_files_are_in_one_config_map_each_256():
    """The schema bounds the files of a Function; names with slashes are told apart."""
    files = {f"a/b-{n}.py": str(n) for n in range(300)} | {"a-b/c.py": "1", "a/b-c.py": "2"}
    packed = pack("f", None, files)
    assert len(packed.config_maps) == 2
    assert unpacked(packed) == files


def test_what_is_just_small_enough_is_inline():
    """The bound is that of the environment of a pod, JSON included."""
    frame = len('{"a.py":""}')
    assert "inline" in pack("f", None, {"a.py": "x" * (CODE_LIMIT_BYTES - frame)}).code
    assert "configMapRefs" in pack("f", None, {"a.py": "x" * (CODE_LIMIT_BYTES - frame + 1)}).code


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({f"{n}.py": LARGE for n in range(6)}, "the code has 3600000 bytes"),
        ({"a.py": LARGE + LARGE}, "a.py has 1200000 bytes"),
        ({f"{n}.py": "" for n in range(3000)}, "3000 files"),
    ],
    ids=["all", "one file", "files"],
)
def test_what_is_too_large_is_refused(files, told):
    """The remedy is an image."""
    with pytest.raises(Failure, match=told) as caught:
        pack("f", None, files)
    assert "asw build" in caught.value.remedy


def test_a_long_name_still_makes_a_name():
    """Kubernetes: 253 characters for the name of an object, 63 for a label."""
    packed = pack("f" * 253, None, {"a.py": LARGE})
    (made,) = packed.config_maps
    assert len(made["metadata"]["name"]) <= 253
    assert len(made["metadata"]["labels"][LABEL_CODE_OF]) <= 63
