"""kopf handlers, command line, settings and the one place that wires them. No business rules."""
