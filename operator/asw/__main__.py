"""``python -m asw`` is ``asw``."""

from asw.app.cli import main

if __name__ == "__main__":
    main(prog_name="asw")
