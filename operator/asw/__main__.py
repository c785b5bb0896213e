"""``python -m asw`` is ``asw``."""

from asw.cli.main import main

if __name__ == "__main__":
    main(prog_name="asw")
