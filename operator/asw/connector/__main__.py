"""``python -m asw.connector``: the process of a connector's pod."""

import os
import sys

from asw.connector.pod.run import main

if __name__ == "__main__":
    sys.exit(main(os.environ))
