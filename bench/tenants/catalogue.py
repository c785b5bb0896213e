"""Every attack by its name, in the order in which they are tried."""

from collections.abc import Mapping

from bench.tenants import expressions, floods, machines, objects, pushes
from bench.tenants.attack import Attack

ATTACKS: Mapping[str, Attack] = {
    attack.name: attack
    for module in (expressions, machines, objects, floods, pushes)
    for attack in module.attacks()
}
