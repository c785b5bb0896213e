#!/bin/sh
# The entry point of the image: runs one task, or serves as a warm pod (docs/reference/warm-contract.md).
#
# A warm pod's parent is the one of our other runtimes, because Node.js can neither hide its memory
# and its environment from its children nor tell who has sent a signal.
here="${0%/*}"
if [ -z "$ASW_POLL_URL" ]; then
    exec node "$here/main.js"
fi
if [ $# -eq 0 ]; then
    set -- -- "$here/serve.sh"
fi
exec python3 -S -P "$here/../../python3/asw_runtime/__main__.py" "$@"
