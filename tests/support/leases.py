"""Leases in memory, as ``LeaseApi`` has them."""

from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.reconciler.platform import Conflict


class FakeLeases:
    """Leases by namespace and name; ``outage`` is raised instead of any answer.

    ``forbidden`` holds what is refused with which error, by method and namespace.
    """

    def __init__(self):
        self.leases = {}
        self.outage = None
        self.forbidden = {}
        self.requests = []
        self._version = 0

    def get(self, namespace, name):
        """See LeaseApi."""
        self._check("get", namespace)
        if (namespace, name) not in self.leases:
            raise NotFound(name)
        return self.leases[namespace, name]

    def named(self, name):
        """See LeaseApi."""
        self._check("list", None)
        return [lease for (_, each), lease in self.leases.items() if each == name]

    def create(self, namespace, lease):
        """See LeaseApi."""
        self._check("create", namespace)
        if (namespace, lease["metadata"]["name"]) in self.leases:
            raise AlreadyExists("taken")
        return self.put(namespace, lease)

    def replace(self, namespace, lease):
        """See LeaseApi."""
        self._check("update", namespace)
        old = self.leases.get((namespace, lease["metadata"]["name"]))
        if old is None:
            raise NotFound("gone")
        if lease["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"]:
            raise Conflict("stale")
        return self.put(namespace, lease)

    def put(self, namespace, lease):
        """Store it, as anybody might."""
        self._version += 1
        version = {"resourceVersion": str(self._version), "namespace": namespace}
        made = {**lease, "metadata": {**lease["metadata"], **version}}
        self.leases[namespace, lease["metadata"]["name"]] = made
        return made

    def _check(self, verb, namespace):
        self.requests.append((verb, namespace))
        if self.outage is not None:
            raise self.outage
        if (verb, namespace) in self.forbidden:
            raise self.forbidden[verb, namespace]
