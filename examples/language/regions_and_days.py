"""Loads every day of every region at the same time and adds up: a map in a map, filters, `sum` of what came out.

Try:

    python examples/language/regions_and_days.py run
    python examples/language/regions_and_days.py run --country lowland
"""

from __future__ import annotations

from flowdeco import main, step, workflow

SALES = {
    "north": {"mon": 120, "tue": 80, "wed": 0},
    "east": {"mon": 40, "tue": 0},
    "south": {},
}


@step
def regions_of(country: str) -> list[str]:
    """The regions of a country."""
    return {"highland": ["north", "east", "south"], "lowland": ["south"]}.get(country, [])


@step
def days_of(region: str) -> list[str]:
    """The days there is something for."""
    return list(SALES[region])


@step
def load(region: str, day: str) -> int:
    """What was sold on one day."""
    return SALES[region][day]


@step
def report(totals: list[int], regions: list[str]) -> dict[str, int]:
    """One line a region."""
    return dict(zip(regions, totals, strict=True))


@workflow
def regions_and_days(country: str = "highland") -> dict[str, object]:
    """The sales of all regions of a country.

    Args:
        country: where to look
    """
    regions = regions_of(country)
    sales = [[load(region, day) for day in days_of(region)] for region in regions]
    totals = [sum(days) for days in sales]
    quiet = [region for region, total in zip(regions, totals) if total == 0]
    return {"totals": report(totals, regions), "all": sum(totals), "quiet": quiet}


if __name__ == "__main__":
    main()
