"""Reads a listing page by page until there is no next page: `while token:` and a list that grows.

Try:

    python examples/language/paginate.py run
    python examples/language/paginate.py run --prefix logs/ --size 2
"""

from __future__ import annotations

from dataclasses import dataclass

from flowdeco import main, step, workflow

FILES = [f"logs/day-{day:02}.txt" for day in range(1, 8)] + ["data/a.csv", "data/b.csv", "readme.md"]


@dataclass
class Page:
    """Some of the names, and where the next page starts; None on the last one."""

    names: list[str]
    token: str | None


@step
def list_page(prefix: str, size: int, token: str | None) -> Page:
    """One page of a listing, as an API gives it."""
    names = [name for name in FILES if name.startswith(prefix)]
    start = names.index(token) if token else 0
    end = start + size
    return Page(names[start:end], names[end] if end < len(names) else None)


@workflow
def paginate(prefix: str = "", size: int = 3) -> dict[str, object]:
    """Every name under a prefix.

    Args:
        prefix: what the names start with
        size: names on a page
    """
    page = list_page(prefix, size, None)
    names = page.names
    pages = 1
    while page.token:
        page = list_page(prefix, size, page.token)
        names = names + page.names
        pages += 1
    return {"names": names, "pages": pages, "text": f"{len(names)} names on {pages} pages"}


if __name__ == "__main__":
    main()
