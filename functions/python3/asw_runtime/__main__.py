"""The entry point, started by path: ``python3 -S -P asw_runtime/__main__.py [--serve] [--shell]``.

By path and not by ``-m``, because ``-m`` imports runpy first, which costs several milliseconds.
"""

import sys

if __name__ == "__main__":
    _HERE = __file__.rpartition("/")[0] or "."
    if sys.path[0] == _HERE:  # without -P: our own modules must not shadow others
        del sys.path[0]
    sys.path.insert(0, f"{_HERE}/..")
    __package__ = "asw_runtime"
    from .main import main

    del sys.path[0]  # nor must what lies beside the package
    main(sys.argv[1:])
