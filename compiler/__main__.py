"""`python compiler ...`: the command line without installing anything but its libraries."""

from dagwright.cli import main

if __name__ == "__main__":
    main()
