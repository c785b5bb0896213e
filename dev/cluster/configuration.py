"""The configuration files of the processes, as text: no file is written here."""

import json

from dev.cluster.settings import (
    BRIDGE,
    CLUSTER_DOMAIN,
    DNS_HEALTH_PORT,
    NAME,
    NODE_ADDRESS,
    PAUSE_IMAGE,
    POD_RANGE,
    Settings,
)


def files(settings: Settings) -> dict[str, str]:
    """Return all files of the configuration folder by their names in it."""
    return {
        "containerd.toml": containerd(settings),
        "kubelet.json": json.dumps(kubelet(settings), indent=2),
        "kube-proxy.json": json.dumps(kube_proxy(settings), indent=2),
        "cni/10-bridge.conflist": json.dumps(pod_network(settings), indent=2),
        "Corefile": corefile(settings),
        # Pods that ask for the node's resolver get the cluster's, which sends nothing outside.
        "resolv.conf": f"nameserver {NODE_ADDRESS}\n",
    }


def containerd(settings: Settings) -> str:
    """Describe containerd with all that it keeps below the state folder."""
    root = settings.containerd
    runc = 'plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc'
    return f"""version = 2
root = "{root}/root"
state = "{root}/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = "{settings.containerd_socket}"

[plugins."io.containerd.internal.v1.opt"]
path = "{root}/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
netns_mounts_under_state_dir = true
# Where root lacks CAP_SYS_RESOURCE, runc dies on lowering a score.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[{runc}]
runtime_type = "io.containerd.runc.v2"

[{runc}.options]
SystemdCgroup = false
Root = "{root}/runc"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{settings.configuration}/cni"
"""


def kubelet(settings: Settings) -> dict[str, object]:
    """Describe a kubelet for many short pods on a small machine with a full disk."""
    certificates = settings.certificates
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(certificates / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{NAME}",
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": CLUSTER_DOMAIN,
        "containerRuntimeEndpoint": f"unix://{settings.containerd_socket}",
        "resolvConf": str(settings.configuration / "resolv.conf"),
        "podLogsDir": str(settings.logs / "pods"),
        "volumePluginDir": str(settings.kubelet / "volume-plugins"),
        "staticPodPath": "",
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        "maxPods": 500,
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "0%",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
    }


def kube_proxy(settings: Settings) -> dict[str, object]:
    """Describe a kube-proxy that leaves the machine's connection tracking as it is."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(settings.certificates / "kube-proxy.conf")},
        "clusterCIDR": POD_RANGE,
        "hostnameOverride": NAME,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "mode": "iptables",
        "nodePortAddresses": [POD_RANGE],
        "iptables": {"localhostNodePorts": False, "minSyncPeriod": "0s"},
        "conntrack": {
            "maxPerCore": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
        "oomScoreAdj": 0,
    }


def pod_network(settings: Settings) -> dict[str, object]:
    """Describe the bridge, with addresses handed out from a folder below the state."""
    return {
        "cniVersion": "1.0.0",
        "name": NAME,
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": POD_RANGE, "gateway": NODE_ADDRESS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "dataDir": str(settings.state / "addresses"),
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def corefile(settings: Settings) -> str:
    """Answer cluster names; all others do not exist, for nothing is forwarded."""
    return f"""{CLUSTER_DOMAIN}:53 in-addr.arpa:53 {{
    bind {NODE_ADDRESS}
    errors
    health 127.0.0.1:{DNS_HEALTH_PORT}
    kubernetes {{
        kubeconfig {settings.kubeconfig} {NAME}
        pods insecure
        ttl 1
    }}
}}
.:53 {{
    bind {NODE_ADDRESS}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""
