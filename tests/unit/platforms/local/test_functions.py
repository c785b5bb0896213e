"""A Function becomes what this machine runs, or a sentence that says why it cannot."""

import pytest

from asw.api.function import Function
from asw.platforms.local.functions import LocalFunction, NotRunnable, to_local, variables_of

INLINE = {"inline": {"index.py": "x = 1"}}


def local(config_maps=None, **spec):
    """The local form of a Function with this spec."""
    function = Function.parse({"metadata": {"name": "fn"}, "spec": spec})
    return to_local(function, config_maps or {})


def test_inline_code_is_taken_over():
    """Files, handler and timeout are the Function's, with the runtime's default handler."""
    assert local(runtime="python3", code=INLINE, timeoutSeconds=3) == LocalFunction(
        name="fn",
        runtime="python3",
        handler="index.main_handler",
        files={"index.py": "x = 1"},
        timeout_seconds=3,
    )


def test_code_of_a_config_map_is_looked_up():
    """Code may lie in a ConfigMap that the manifests bring."""
    maps = {"code": {"index.py": "y = 2"}}
    function = local(maps, runtime="python3", code={"configMapRef": {"name": "code"}})
    assert function.files == {"index.py": "y = 2"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(
            {"runtime": "python3", "code": {"configMapRef": {"name": "code"}}},
            "add its manifest",
            id="missing ConfigMap",
        ),
    ],
)
def test_function_that_cannot_run_says_what_to_do(spec, words):
    """What only a cluster can run is accepted, and refused with a remedy when it is called."""
    with pytest.raises(NotRunnable, match=words):
        variables_of(local(**spec), {})


def test_variables_come_from_everywhere():
    """Values, ConfigMaps and, for Secrets, asw's own environment make up the variables."""
    env = [
        {"name": "PLAIN", "value": "1"},
        {"name": "EMPTY"},
        {"name": "MAPPED", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
        {"name": "HIDDEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {
            "name": "ABSENT",
            "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}},
        },
    ]
    function = local({"m": {"k": "2"}}, runtime="python3", code=INLINE, env=env)
    assert variables_of(function, {"HIDDEN": "hush", "OTHER": "4"}) == {
        "PLAIN": "1",
        "EMPTY": "",
        "MAPPED": "2",
        "HIDDEN": "hush",
    }
    assert "hush" not in str(function.to_plain())


def test_all_keys_of_a_config_map_become_variables():
    """With their prefix, and below those that the Function names itself."""
    sources = [
        {"prefix": "SHOP_", "configMapRef": {"name": "m"}},
        {"secretRef": {"name": "s"}},
        {"configMapRef": {"name": "elsewhere"}},
    ]
    function = local(
        {"m": {"CURRENCY": "EUR", "NAME": "map"}},
        runtime="python3",
        code=INLINE,
        envFrom=sources,
        env=[{"name": "SHOP_NAME", "value": "own"}],
    )
    assert variables_of(function, {}) == {"SHOP_CURRENCY": "EUR", "SHOP_NAME": "own"}


def test_code_in_an_image_runs_in_a_container():
    """This machine's Python does not see what lies in an image; with code of its own it may."""
    assert local(runtime="python3", image="fetch:1").container["image"] == "fetch:1"
    assert local(runtime="python3", image="fetch:1", code=INLINE).container is None


def test_missing_secret_names_the_variable_to_set():
    """A secret that this machine does not have is asked for by name."""
    env = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    with pytest.raises(NotRunnable, match="Secret s, key k: set TOKEN"):
        variables_of(local(runtime="python3", code=INLINE, env=env), {})


def test_digest_goes_by_content():
    """Processes are shared by equal functions only."""
    one, other = local(runtime="python3", code=INLINE), local(runtime="shell", code=INLINE)
    assert one.digest() == LocalFunction.from_plain(one.to_plain()).digest()
    assert one.digest() != other.digest()


def test_packages_are_those_of_the_lock():
    """As if the lock lay beside the code: the machine has an environment for each."""
    spec = {"runtime": "python3", "code": INLINE, "packages": {"requirements": "a==1\n"}}
    assert local(**spec).files == {"index.py": "x = 1", "requirements.txt": "a==1\n"}
