"""How the files of a Function get into its pods: pinned if they are small, mounted otherwise."""

import json

import pytest

from asw.api.names import CODE_LIMIT_BYTES
from asw.platforms.kubernetes.tasks.code import UnusableCode, pinned_inline, pinned_maps
from tests.support.kube_objects import a_function

LARGE = "#" * (CODE_LIMIT_BYTES + 1)
ITEM = {"key": "file-0", "path": "lib/rules.py"}


def from_maps(*refs, **found):
    """The code of a Function that names these ConfigMaps."""
    function = a_function(code={"configMapRefs": list(refs)})
    return pinned_maps(function, function.spec.code.maps, found)


def test_small_code_in_several_config_maps_is_pinned_as_one():
    """With its folders; so a later change does not reach a task that has started."""
    pinned = from_maps(
        {"name": "one", "items": [ITEM]},
        {"name": "two"},
        one={"data": {"file-0": "A = 1\n", "left": "out"}},
        two={"data": {"index.py": "pass\n"}},
    )
    assert not pinned.source.is_mounted
    files = json.loads(pinned.manifest["data"]["code"])
    assert files == {"lib/rules.py": "A = 1\n", "index.py": "pass\n"}


def test_large_code_is_one_volume_of_all_its_config_maps():
    """As they are: whoever packs them names them after their content."""
    pinned = from_maps(
        {"name": "one", "items": [ITEM]},
        {"name": "two"},
        one={"data": {"file-0": LARGE}},
        two={"data": {"index.py": "pass\n"}},
    )
    assert pinned.manifest is None
    assert pinned.source.volume() == {
        "projected": {
            "sources": [
                {"configMap": {"name": "one", "items": [ITEM]}},
                {"configMap": {"name": "two"}},
            ]
        }
    }


def test_large_inline_code_keeps_its_folders():
    """Keys of ConfigMaps have no slashes, so the volume says which file each is."""
    files = {"index.py": LARGE, "lib/rules.py": "A = 1\n"}
    pinned = pinned_inline(a_function(code={"inline": files}), files)
    volume = pinned.source.volume()["configMap"]
    data = pinned.manifest["data"]
    assert {it["path"]: data[it["key"]] for it in volume["items"]} == files
    assert volume["name"] == pinned.manifest["metadata"]["name"]


def test_large_inline_code_without_folders_has_its_names_as_keys():
    """So the name of its ConfigMap and its content are those of earlier versions."""
    files = {"index.py": LARGE}
    pinned = pinned_inline(a_function(code={"inline": files}), files)
    assert pinned.manifest["data"] == files
    assert pinned.source.volume() == {"configMap": {"name": pinned.source.config_map}}


@pytest.mark.parametrize(
    ("refs", "found", "told"),
    [
        ([{"name": "one", "items": [ITEM]}], {"one": {"data": {}}}, "'one' .* has no key 'file-0'"),
        (
            [{"name": "one"}, {"name": "two"}],
            {"one": {"data": {"a.py": ""}}, "two": {"data": {"a.py": ""}}},
            "two ConfigMaps have the file 'a.py'",
        ),
        (
            [{"name": f"m{n}"} for n in range(4)],
            {f"m{n}": {"data": {f"{n}.py": "x" * 1_000_000}} for n in range(4)},
            "4000000 characters",
        ),
    ],
    ids=["a key is missing", "a file twice", "too large"],
)
def test_config_maps_that_make_up_no_code_are_told(refs, found, told):
    """What is wrong, and in which of them."""
    with pytest.raises(UnusableCode, match=told):
        from_maps(*refs, **found)
