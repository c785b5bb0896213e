"""State machines of the Amazon States Language, run on Kubernetes or on one machine.

The package is layered and imports go down only (docs/architecture.md):
``app > (kubernetes | local) > reconciler > api > engine > asl``.
"""

__version__ = "0.1.0"
