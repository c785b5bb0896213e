#!/bin/sh
# Serves many tasks. Node.js cannot move descriptors, so they are moved here: requests come by 3,
# answers go by 4; user code and its children find an empty stdin and print to stderr.
main="${0%/*}/main.js"
exec "${1:-node}" "$main" --serve 3<&0 4>&1 </dev/null >&2
