"""`python -m dagwright`."""

from dagwright.cli import main

if __name__ == "__main__":
    main()
