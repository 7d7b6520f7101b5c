"""Start KAA Studio from a checkout: ``python main.py [command]``."""

from kaa_gui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
