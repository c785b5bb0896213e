"""The iptables rules of kubelet, kube-proxy and network plugins, and how they are taken away.

They live in chains with names of their own (KUBE-..., CNI-...), reached by jumps from the
machine's chains.
"""

import re
import shutil

from dev.cluster.commands import run

OUR_CHAIN = re.compile(r"(KUBE|CNI)-")
_RULE = re.compile(r"-A (?P<chain>\S+) (?P<rest>.*)")
_TARGET = re.compile(r"(?:^| )(?:-j|-g) (?P<chain>\S+)")


def removal_script(saved: str) -> str:
    """Turn what iptables-save printed into input for iptables-restore that removes ours."""
    script: list[str] = []
    for table, lines in _tables(saved):
        commands = _removals(lines)
        if commands:
            script += [f"*{table}", *commands, "COMMIT"]
    return "".join(f"{line}\n" for line in script)


def remove_rules() -> None:
    """Remove the cluster's rules and chains, for both families, each table in one transaction."""
    for family in ("iptables", "ip6tables"):
        if not shutil.which(f"{family}-save"):
            continue
        script = removal_script(run([f"{family}-save"]))
        if script:
            run([f"{family}-restore", "--noflush"], text=script)


def _tables(saved: str) -> list[tuple[str, list[str]]]:
    tables: list[tuple[str, list[str]]] = []
    for line in saved.splitlines():
        if line.startswith("*"):
            tables.append((line[1:].strip(), []))
        elif line.startswith((":", "-A")) and tables:
            tables[-1][1].append(line)
    return tables


def _removals(lines: list[str]) -> list[str]:
    chains = [name for line in lines if (name := _declared(line)) and OUR_CHAIN.match(name)]
    jumps = [f"-D{line[2:]}" for line in lines if _jumps_into_ours(line)]
    return jumps + [f"-F {chain}" for chain in chains] + [f"-X {chain}" for chain in chains]


def _declared(line: str) -> str:
    return line[1:].split(maxsplit=1)[0] if line.startswith(":") else ""


def _jumps_into_ours(line: str) -> bool:
    rule = _RULE.match(line)
    if not rule or OUR_CHAIN.match(rule["chain"]):
        return False
    target = _TARGET.search(rule["rest"])
    return bool(target and OUR_CHAIN.match(target["chain"]))
