"""One namespace does its worst, and what another one notices of it: `make bench-tenants`."""
