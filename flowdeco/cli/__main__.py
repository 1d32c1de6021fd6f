"""`python -m flowdeco.cli`, for when the `flowdeco` command is not on the PATH."""

from __future__ import annotations

from flowdeco.cli import console

if __name__ == "__main__":
    console()
