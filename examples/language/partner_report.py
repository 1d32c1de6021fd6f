"""Asks every partner for numbers and makes one report, whoever answers: dict comprehensions, `.items()`, `.get`, `any`.

Try:

    python examples/language/partner_report.py run
    python examples/language/partner_report.py run --quarter 2
"""

from __future__ import annotations

from flowdeco import main, step, workflow

ORDERS = {"ada": [5, 7, 1], "bob": [2], "cyd": []}
GOALS = {1: {"ada": 10, "bob": 10, "cyd": 0}, 2: {"ada": 5, "zoe": 100}, 3: {"cyd": 0}}


@step
def goals_of(quarter: int) -> dict[str, int]:
    """How much each partner is to order."""
    return GOALS.get(quarter, {})


@step
def orders_of(partner: str) -> list[int]:
    """What a partner has ordered."""
    return ORDERS.get(partner, [])


@step
def add_up(orders: dict[str, list[int]]) -> dict[str, int]:
    """How much each partner has ordered."""
    return {partner: sum(amounts) for partner, amounts in orders.items()}


@step
def mail(partner: str, text: str) -> str:
    """Sends a mail."""
    return f"to {partner}: {text}"


@workflow
def partner_report(quarter: int = 1) -> dict[str, object]:
    """Who has reached the goal, and a mail to who has not.

    Args:
        quarter: 1 to 4
    """
    goals = goals_of(quarter)
    orders = {partner: orders_of(partner) for partner in goals}
    totals = add_up(orders)
    missing = {partner: goal - totals[partner] for partner, goal in goals.items() if totals[partner] < goal}
    mails = [mail(partner, f"{short} to go") for partner, short in missing.items()]
    largest = max((amount for amounts in orders.values() for amount in amounts), default=0)
    return {
        "totals": totals,
        "missing": missing,
        "mails": mails,
        "largest": largest,
        "all reached": not missing,
        "any silent": any(not amounts for amounts in orders.values()),
        "ada": totals.get("ada", 0),
    }


if __name__ == "__main__":
    main()
