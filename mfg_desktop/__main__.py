"""Start the program with `python -m mfg_desktop`."""

from mfg_desktop.cli import main

if __name__ == "__main__":
    main()
