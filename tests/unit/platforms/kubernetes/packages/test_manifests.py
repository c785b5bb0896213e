"""The Job that installs packages: at the tenant's cost, with nobody's rights, within limits."""

import json
from dataclasses import replace

from asw.api.package_lock import installed_lock
from asw.api.packages import PackageIndex
from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.packages.environment import environment_of
from asw.platforms.kubernetes.packages.manifests import Installation, claim, install_job
from tests.support.kube_objects import LOCK, SETTINGS, a_function

FUNCTION = a_function(
    packages={"requirements": f"{LOCK}# $(HOME)\n"},
    serviceAccountName="powerful",
    env=[{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}],
    nodeSelector={"disk": "fast"},
    tolerations=[{"key": "batch", "operator": "Exists"}],
)

DEFAULTS = TaskTemplate.model_validate(
    {
        "nodeSelector": {"disk": "slow", "zone": "a"},
        "tolerations": [{"key": "tenant", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "mirror"}],
    }
)


def installation(**index):
    """One, with an index that has these fields."""
    chosen = PackageIndex.model_validate({"url": "https://packages.example/simple", **index})
    return Installation(
        environment=environment_of(FUNCTION, chosen, "amd64"),
        function=FUNCTION,
        settings=replace(SETTINGS, package_index=chosen),
        kept=["aaaaaaaaaaaa"],
        claim_uid="claim-1",
        defaults=DEFAULTS,
    )


def pod(**index):
    return install_job(installation(**index))["spec"]["template"]["spec"]


def variables(**index):
    return {it["name"]: it["value"] for it in pod(**index)["containers"][0]["env"]}


def test_it_has_nothing_of_the_function_but_the_lock():
    """No account, no Secret and no token: only the default account's name, and not its token."""
    made = pod()
    assert made["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in made
    assert "PASSWORD" not in variables()
    assert variables()["ASW_LOCK"].startswith(LOCK)


def test_the_kubelet_expands_nothing_in_the_lock():
    """What looks like a variable of Kubernetes stays as it is."""
    assert "$$(HOME)" in variables()["ASW_LOCK"]


def test_it_is_restricted_and_limited():
    """In what it may do, use, and in how long it takes; a wrong lock is not tried again."""
    job = install_job(installation(timeoutSeconds=90))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}
    assert job["spec"]["activeDeadlineSeconds"] == 90
    (rule,) = job["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert "ttlSecondsAfterFinished" not in job["spec"]


def test_it_runs_where_its_function_may():
    """On the nodes that Function and TaskDefaults choose, of the right architecture."""
    made = pod()
    chosen = {"disk": "fast", "zone": "a", "kubernetes.io/arch": "amd64"}
    assert made["nodeSelector"] == chosen
    assert [it["key"] for it in made["tolerations"]] == ["tenant", "batch"]
    assert made["imagePullSecrets"] == [{"name": "mirror"}]


def test_it_goes_with_the_claim():
    """A record of what a volume has is worth nothing without it."""
    (owner,) = install_job(installation())["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("PersistentVolumeClaim", "claim-1")


def test_it_keeps_what_is_used():
    """Its own environment and those of the namespace's other Functions."""
    own = installation().environment.name
    assert set(variables()["ASW_KEPT"].split()) == {own, "aaaaaaaaaaaa"}


def test_a_password_is_the_tenants_own():
    """From a Secret of the namespace, as a file, if there is one."""
    assert "NETRC" not in variables()
    made = pod(secretName="index-login")
    (secret,) = [it["secret"] for it in made["volumes"] if "secret" in it]
    assert (secret["secretName"], secret["optional"]) == ("index-login", True)
    assert variables(secretName="index-login")["NETRC"] == "/run/asw/index/netrc"


def test_the_claim_is_as_the_chart_says():
    """Readable by many nodes by default; of the cluster's storage class unless one is named."""
    default = claim(PackageIndex())
    assert default["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "10Gi"}},
    }
    own = {"claimName": "asw-packages-nfs", "storageClassName": "nfs", "size": "1Gi"}
    made = claim(PackageIndex.model_validate({"volume": own}))
    assert made["metadata"]["name"] == "asw-packages-nfs"
    assert made["spec"]["storageClassName"] == "nfs"
    assert made["spec"]["resources"]["requests"]["storage"] == "1Gi"


MODULES = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"a": "^1.0.0"}},
            "node_modules/a": {
                "version": "1.2.0",
                "resolved": "https://elsewhere.example/a.tgz",
                "integrity": f"sha512-{'a' * 86}==",
            },
        },
    }
)


def test_modules_of_nodejs_are_installed_by_npm_from_the_registry_of_the_cluster():
    """In the image of their runtime, and by no address of the lock; Node finds them by name."""
    function = a_function(
        runtime="nodejs", code={"inline": {"index.js": ""}}, packages={"packageLock": MODULES}
    )
    environment = environment_of(function, SETTINGS.package_index, "amd64")
    made = replace(installation(), environment=environment, function=function, settings=SETTINGS)
    (container,) = install_job(made)["spec"]["template"]["spec"]["containers"]
    told = {it["name"]: it["value"] for it in container["env"]}
    assert container["image"] == "nodejs:1"
    assert container["command"][-1] == "/opt/asw/python3/asw_runtime/installing.py"
    assert (told["ASW_INSTALLER"], told["ASW_INDEX_URL"]) == ("npm", "https://packages.example/npm")
    assert told["ASW_LOCK"] == installed_lock(MODULES)
    assert environment.installed.variables == {"ASW_PACKAGES_DIR": "/opt/asw/packages/node_modules"}
