"""The bridge on which the node and its pods live, and the kernel switches that the node needs.

Nothing of the pods leaves this machine: what comes from the bridge and is for neither pods, node
nor services is refused at once, and the route keeps the addresses of services without endpoints
from leaving by the default route.
"""

import json
from pathlib import Path

from dev.cluster.commands import run, succeeds
from dev.cluster.errors import StepError
from dev.cluster.settings import BRIDGE, NAME, NODE_ADDRESS, POD_RANGE, SERVICE_RANGE

SWITCHES = {"net.ipv4.ip_forward": "1"}
# The kubelet sets these; they are named so that `down` puts them back.
KUBELET_SWITCHES = (
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "kernel.panic",
    "kernel.panic_on_oops",
)
# Without it an answer between two pods skips the rule that restores a service's address.
BRIDGE_SWITCH = "net.bridge.bridge-nf-call-iptables"
# Packets from pods follow any route but the default one; where none is left they are refused.
FENCE = (
    f"iif {BRIDGE} priority 32000 lookup main suppress_prefixlength 0",
    f"iif {BRIDGE} priority 32001 unreachable",
)
RESULTS = Path("/var/lib/cni/results")


def create_bridge() -> None:
    """Make the bridge with the node's address and the route of the services."""
    run(["ip", "link", "add", "name", BRIDGE, "type", "bridge"])
    # Without a fixed address the bridge takes one of its links', and it changes with the pods.
    run(["ip", "link", "set", BRIDGE, "address", "0a:58:0a:f4:00:01", "alias", NAME, "up"])
    prefix = POD_RANGE.partition("/")[2]
    run(["ip", "address", "add", f"{NODE_ADDRESS}/{prefix}", "dev", BRIDGE])
    run(["ip", "route", "add", SERVICE_RANGE, "dev", BRIDGE])
    for rule in FENCE:
        run(["ip", "rule", "add", *rule.split()])


def has_bridge() -> bool:
    """Whether the bridge is there and ours; a foreign one of that name is an error."""
    links = json.loads(run(["ip", "-json", "link", "show", "type", "bridge"]) or "[]")
    found = [link for link in links if link.get("ifname") == BRIDGE]
    if found and found[0].get("ifalias") != NAME:
        raise StepError(
            f"the bridge {BRIDGE} belongs to something else",
            remedy=f"stop what uses it, or remove it: ip link delete {BRIDGE}",
        )
    return bool(found)


def remove_bridge() -> None:
    """Remove the bridge and the pods' links on it; its routes go with it."""
    for rule in FENCE:
        succeeds(["ip", "rule", "delete", *rule.split()])
    if not has_bridge():
        return
    for link in json.loads(run(["ip", "-json", "link", "show", "master", BRIDGE]) or "[]"):
        succeeds(["ip", "link", "delete", link["ifname"]])
    run(["ip", "link", "delete", BRIDGE])


def forget_results() -> None:
    """Remove what the plugins remember of our pods in a folder that cannot be configured."""
    for file in RESULTS.glob(f"{NAME}-*-eth0"):
        container = file.name.removeprefix(f"{NAME}-").removesuffix("-eth0")
        file.unlink(missing_ok=True)
        (RESULTS / f"cni-loopback-{container}-lo").unlink(missing_ok=True)


def read_switches() -> dict[str, str]:
    """Return the present values of all kernel switches that the cluster may change."""
    names = (*SWITCHES, *KUBELET_SWITCHES, BRIDGE_SWITCH)
    return {name: _switch(name).read_text().strip() for name in names if _switch(name).exists()}


def set_switches() -> None:
    """Set what the node needs; the kubelet sets its own."""
    write_switches(SWITCHES)
    succeeds(["modprobe", "br_netfilter"])
    if not _switch(BRIDGE_SWITCH).exists():
        raise StepError(
            "this kernel has no br_netfilter", remedy="use Docker with kind on this machine"
        )
    write_switches({BRIDGE_SWITCH: "1"})


def write_switches(values: dict[str, str]) -> None:
    """Write kernel switches, those that have the value already excepted."""
    for name, value in values.items():
        file = _switch(name)
        if file.exists() and file.read_text().strip() != value:
            file.write_text(value)


def _switch(name: str) -> Path:
    return Path("/proc/sys", *name.split("."))
