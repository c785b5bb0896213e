"""Which locks of npm the cluster installs, what of them, and which it refuses with the remedy."""

import json

import pytest

from asw.api.package_lock import LONGEST_INSTALLED, installed_lock, package_lock_problem

HASH = f"sha512-{'a' * 86}=="


def entry(version="1.2.0", **more):
    """An entry of a package as npm writes it."""
    return {
        "version": version,
        "resolved": "https://elsewhere.example/a.tgz",
        "integrity": HASH,
    } | {**more}


def lock(wanted=None, /, **packages):
    """The text of a package-lock.json with these packages at the top."""
    entries = {f"node_modules/{name}": it for name, it in packages.items()}
    return raw({"": {"dependencies": wanted or dict.fromkeys(packages, "^1.0.0")}, **entries})


def raw(packages, version=3):
    """The text of a package-lock.json."""
    return json.dumps({"name": "mine", "lockfileVersion": version, "packages": packages})


def installed(text):
    """What is installed of it, by path."""
    return json.loads(installed_lock(text))["packages"]


def test_what_is_installed_has_exact_versions_and_no_address():
    """Whatever the ranges were, npm finds the very packages of the lock, and in no other place."""
    text = lock({"a": "^1.0.0"}, a=entry(dependencies={"b": ">=1"}), b=entry("2.0.0-rc.1"))
    assert installed(text) == {
        "": {"dependencies": {"a": "1.2.0"}},
        "node_modules/a": {
            "version": "1.2.0",
            "integrity": HASH,
            "dependencies": {"b": "2.0.0-rc.1"},
        },
        "node_modules/b": {"version": "2.0.0-rc.1", "integrity": HASH},
    }


def test_each_finds_the_version_that_node_would_find():
    """The nearest above it; an alias is another name for a package."""
    found = installed(
        raw(
            {
                "": {"dependencies": {"a": "*", "b": "*"}},
                "node_modules/a": entry(dependencies={"b": "^3"}),
                "node_modules/a/node_modules/b": entry("3.0.0", dependencies={"a": "*"}),
                "node_modules/b": entry("2.0.0", name="@scope/real"),
            }
        )
    )
    assert found[""]["dependencies"] == {"a": "1.2.0", "b": "npm:@scope/real@2.0.0"}
    assert found["node_modules/a"]["dependencies"] == {"b": "3.0.0"}
    assert found["node_modules/a/node_modules/b"]["dependencies"] == {"a": "1.2.0"}


def test_what_a_platform_may_lack_stays_optional():
    """So npm leaves out what is for others; peers count as what they were resolved to."""
    binary = entry(optional=True, os=["darwin"], cpu=["arm64"])
    text = lock(
        {"a": "*"},
        a=entry(
            optionalDependencies={"b": "*", "gone": "*"}, peerDependencies={"c": "*", "d": "*"}
        ),
        b=binary,
        c=entry("3.0.0"),
    )
    found = installed(text)
    assert found["node_modules/a"]["optionalDependencies"] == {"b": "1.2.0"}
    assert found["node_modules/a"]["dependencies"] == {"c": "3.0.0"}
    assert found["node_modules/b"]["os"] == ["darwin"]


def test_what_only_development_needs_is_left_out():
    """As npm ci --omit=dev does."""
    packages = {
        "": {"dependencies": {"a": "*"}, "devDependencies": {"b": "*"}},
        "node_modules/a": entry(),
        "node_modules/b": entry(dev=True),
    }
    assert list(installed(raw(packages))) == ["", "node_modules/a"]


def test_what_an_archive_contains_needs_no_hash():
    """The archive has one."""
    packages = {
        "": {"dependencies": {"a": "*"}},
        "node_modules/a": entry(dependencies={"b": "*"}, bundleDependencies=["b"]),
        "node_modules/a/node_modules/b": {"version": "1.0.0", "inBundle": True},
    }
    assert installed(raw(packages))["node_modules/a"]["bundleDependencies"] == ["b"]
    assert installed(installed_lock(raw(packages))) == installed(raw(packages))


def test_layout_makes_no_other_environment():
    """Nor do addresses, names of the project, and what is only for development."""
    one = lock({"a": "^1.0.0"}, a=entry(), b=entry())
    other = json.dumps(json.loads(raw(dict(reversed(json.loads(one)["packages"].items())), 2)))
    assert installed_lock(one) == installed_lock(other)
    assert installed_lock(one) != installed_lock(one.replace("1.2.0", "1.3.0"))


REFUSED = {
    "no JSON": ("{", "is no JSON"),
    "version 1": (json.dumps({"lockfileVersion": 1, "dependencies": {}}), "version 2 or 3"),
    "nothing": (raw({"": {}}), "names no package: leave spec.packages out"),
    "an odd entry": (raw({"": {}, "node_modules/a": 1}), "node_modules/a is no object"),
    "a folder": (raw({"": {}, "lib/a": entry()}), "lib/a is no package of a registry but a folder"),
    "a link": (lock(a={"link": True, "resolved": "lib/a"}), "node_modules/a is no package of a"),
    "a way out": (raw({"": {}, "node_modules/../../a": entry()}), "is no package of a registry"),
    "no version": (lock(a={"integrity": HASH}), "node_modules/a has no version"),
    "no hash": (lock(a={"version": "1.0.0"}), "node_modules/a has no hash (integrity)"),
    "a weak hash": (lock(a=entry(integrity="sha1-abc=")), "has no hash (integrity) of at least"),
    "a git address": (
        lock(a={"version": "1.0.0", "resolved": "git+ssh://git@example.com/a.git#1"}),
        "node_modules/a has no hash",
    ),
    "another name": (lock(a=entry(name="../a")), "node_modules/a has another name that is none"),
    "a hole": (lock({"a": "*", "b": "*"}, a=entry()), "the root needs b, which the lock lacks"),
    "too much": (
        lock(**{f"package-{number}": entry() for number in range(1200)}),
        f"is too long: the cluster installs locks of up to {LONGEST_INSTALLED} bytes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_by_version_and_hash_is_refused(name):
    """With its place, in words that say what to do instead."""
    text, words = REFUSED[name]
    problem = package_lock_problem(text)
    assert problem is not None
    assert problem.startswith("spec.packages.packageLock")
    assert words in problem


def test_a_complete_lock_is_fine():
    """As npm writes it."""
    assert package_lock_problem(lock(a=entry())) is None
