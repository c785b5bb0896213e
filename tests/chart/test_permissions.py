"""The rendered Roles grant PERMISSIONS, and nothing else."""

import pytest

from asw.platforms.kubernetes.leader.permissions import PERMISSIONS, Scope, Watching


def granted(role):
    """Every single grant of a Role: group, resource, verb and name of the object, if limited."""
    return {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [None])
    }


def listed(scope, watching=Watching.ALL, *, values=()):
    """Every single grant that PERMISSIONS lists for operators that watch so, with these values."""
    return {
        (each.group, resource, verb, name)
        for each in PERMISSIONS
        if each.scope is scope and each.watching in (None, watching) and each.value in ("", *values)
        for resource in each.resources
        for verb in each.verbs
        for name in each.names or [None]
    }


def named(objects, kind, name):
    """The objects of that kind and name, in whatever namespace."""
    return [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]


def test_everywhere_the_operator_may_do_what_is_listed(defaults):
    """Watching all namespaces takes one ClusterRole, equal to the list."""
    (role,) = named(defaults, "ClusterRole", "asw-asw-system")
    (binding,) = named(defaults, "ClusterRoleBinding", "asw-asw-system")
    assert granted(role) == listed(Scope.WATCHED)
    assert binding["roleRef"]["name"] == "asw-asw-system"
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "asw", "namespace": "asw-system"}
    ]


@pytest.mark.parametrize("index", ["url", "npmUrl"])
def test_claims_are_made_only_where_packages_are_installed(render, index):
    """An installation without a package index cannot touch a PersistentVolumeClaim."""
    objects = render("--set", f"functions.packageIndex.{index}=https://packages.example/simple")
    (role,) = named(objects, "ClusterRole", "asw-asw-system")
    assert granted(role) == listed(Scope.WATCHED, values=["functions.packageIndex.url"])
    assert granted(role) - listed(Scope.WATCHED) == {
        ("", "persistentvolumeclaims", verb, None) for verb in ("get", "create")
    }


@pytest.mark.parametrize("more", [(), ("--set", "watchNamespaces={a}")], ids=["all", "named"])
def test_logs_are_read_only_where_there_is_an_archive(render, more):
    """An installation without one cannot read what anybody's pods print."""
    objects = render("--set", "archive.enabled=true", *more)
    name = "asw-asw-system-tasks" if more else "asw-asw-system"
    (role,) = named(objects, "Role" if more else "ClusterRole", name)
    watching = Watching.NAMED if more else Watching.ALL
    assert granted(role) == listed(Scope.WATCHED, watching, values=["archive.enabled"])
    assert granted(role) - listed(Scope.WATCHED, watching) == {("", "pods/log", "get", None)}


def test_in_its_own_namespace_it_may_do_what_is_listed(defaults):
    """Keys, Lease and Service are reached in the operator's own namespace only."""
    (role,) = named(defaults, "Role", "asw")
    assert role["metadata"]["namespace"] == "asw-system"
    assert granted(role) == listed(Scope.OWN)


def test_named_namespaces_take_a_role_each(render):
    """Watching some namespaces, the operator may do nothing in others."""
    objects = render("--set", "watchNamespaces={a,b}")
    roles = named(objects, "Role", "asw-asw-system-tasks")
    bindings = named(objects, "RoleBinding", "asw-asw-system-tasks")
    assert not named(objects, "ClusterRole", "asw-asw-system")
    assert not named(objects, "ClusterRoleBinding", "asw-asw-system")
    for found in (roles, bindings):
        assert [each["metadata"]["namespace"] for each in found] == ["a", "b"]
    for role in roles:
        assert granted(role) == listed(Scope.WATCHED, Watching.NAMED)


@pytest.mark.parametrize(
    ("values", "watching"),
    [((), Watching.ALL), (("--set", "watchNamespaces={a}"), Watching.NAMED)],
    ids=["all", "named"],
)
def test_who_watches_some_namespaces_cannot_claim_all(render, values, watching):
    """In kube-public it may look who has all of them; whoever has its token stops nobody."""
    objects = render(*values)
    (role,) = named(objects, "Role", "asw-asw-system-claims")
    (binding,) = named(objects, "RoleBinding", "asw-asw-system-claims")
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == "kube-public"
    assert binding["roleRef"]["name"] == "asw-asw-system-claims"
    assert granted(role) == listed(Scope.PUBLIC, watching)
    verbs = {verb for _, _, verb, _ in granted(role)}
    assert ("create" in verbs) is (watching is Watching.ALL)


def test_nothing_dangerous_is_listed():
    """No wildcards, no impersonation, no reading of foreign Secrets, no exec, no roles."""
    grants = {it for scope in Scope for kind in Watching for it in listed(scope, kind)}
    for group, resource, verb, name in grants:
        assert "*" not in (group, resource, verb)
        assert verb not in {"impersonate", "escalate", "bind", "deletecollection"}
        assert group != "rbac.authorization.k8s.io"
        assert resource not in {"pods/exec", "serviceaccounts/token"}
        assert resource != "serviceaccounts" or verb in {"get", "list", "watch"}
        if resource == "secrets":
            assert verb == "create" or name in ("asw-keys", "asw-serve-keys")


def test_every_permission_has_a_reason():
    """Whoever reviews the list reads why, a sentence each."""
    assert [each for each in PERMISSIONS if not each.reason.endswith(".")] == []


WRITTEN = {
    "workflows",
    "executions",
    "functions",
    "connections",
    "activities",
    "schedules",
    "triggers",
}


@pytest.mark.parametrize(
    ("name", "label", "resources", "can_write"),
    [
        ("asw-asw-system-viewer", "view", WRITTEN | {"taskdefaults"}, False),
        ("asw-asw-system-editor", "edit", WRITTEN | {"payloads"}, True),
    ],
)
def test_users_get_the_custom_resources_with_their_usual_roles(
    defaults, name, label, resources, can_write
):
    """The cluster's view and edit include the custom resources; private payloads only edit does.

    TaskDefaults are for all to see, and written by whoever is given that right.
    """
    (role,) = named(defaults, "ClusterRole", name)
    labels = role["metadata"]["labels"]
    assert labels[f"rbac.authorization.k8s.io/aggregate-to-{label}"] == "true"
    grants = granted(role)
    assert {resource for _, resource, _, _ in grants} == resources
    assert ("create" in {verb for _, _, verb, _ in grants}) is can_write


def test_approvers_may_look_and_patch_and_nothing_else(defaults):
    """Whoever is bound to it answers; no role of the cluster gets it by itself."""
    (role,) = named(defaults, "ClusterRole", "asw-asw-system-approver")
    verbs = {(resource, verb) for _, resource, verb, _ in granted(role)}
    assert verbs == {("executions", verb) for verb in ("get", "list", "watch", "patch")}
    assert not [label for label in role["metadata"]["labels"] if "aggregate" in label]
