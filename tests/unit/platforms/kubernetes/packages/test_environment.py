"""Which Functions share an environment, and how pods see it."""

from dataclasses import replace

import pytest

from asw.api.packages import PackageIndex
from asw.platforms.kubernetes.packages.environment import NO_INDEX, environment_of
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.packages import InstalledPackages
from asw.platforms.kubernetes.tasks.pods import pod_spec
from asw.reconciler.platform import TaskRefused
from tests.support.kube_objects import LOCK, SETTINGS, a_function, a_function_pod

INDEX = SETTINGS.package_index


def environment(lock=LOCK, **spec):
    """That of a Function with this lock."""
    return environment_of(a_function(packages={"requirements": lock}, **spec), INDEX, "amd64")


def test_equal_locks_share_one():
    """Whatever else the Functions are; python3 and the version that it stands for are one."""
    code = {"inline": {"index.py": "import greeting"}}
    assert environment() == environment(runtime="python3.11", code=code)
    assert environment().name == environment(f"# a comment\n{LOCK}").name


def test_what_wheels_depend_on_makes_another():
    """Lock, Python, and the architecture of the nodes, which a Function may select."""
    code = {"inline": {"index.py": "pass"}}
    selected = environment(nodeSelector={"kubernetes.io/arch": "arm64"})
    others = [environment(LOCK.replace("1.2", "1.3")), environment(runtime="python3.13", code=code)]
    assert len({it.name for it in (environment(), selected, *others)}) == 4
    assert selected.installed.node_selector == {"kubernetes.io/arch": "arm64"}


def test_without_an_index_it_is_refused():
    """With both ways out."""
    function = a_function(packages={"requirements": LOCK})
    with pytest.raises(TaskRefused) as found:
        environment_of(function, PackageIndex(), "amd64")
    assert found.value.cause == NO_INDEX
    assert "functions.packageIndex.url" in NO_INDEX
    assert "asw build" in NO_INDEX


def test_an_unusable_lock_is_refused():
    """Before anything is made."""
    with pytest.raises(TaskRefused, match="line 1: greeting: write each"):
        environment("greeting\n")


def test_pods_see_that_one_environment_and_only_read_it():
    """Behind the modules of Python and of the code, and on nodes that it was made for."""
    packages = InstalledPackages("asw-packages", "0123456789ab", "arm64")
    pod = replace(a_function_pod(), code=CodeSource("code-1", packages=packages))
    spec = pod_spec(pod, [])
    (container,) = spec["containers"]
    (mount,) = container["volumeMounts"]
    (volume,) = spec["volumes"]
    assert mount["readOnly"] is True
    assert (mount["subPath"], mount["mountPath"]) == ("0123456789ab", "/opt/asw/packages")
    assert volume["persistentVolumeClaim"] == {"claimName": "asw-packages"}
    assert {"name": "ASW_PACKAGES_DIR", "value": "/opt/asw/packages"} in container["env"]
    assert spec["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
