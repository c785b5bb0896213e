"""The operator as a process: settings, handlers, health, metrics, logs."""
