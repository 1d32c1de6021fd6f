"""Asks every partner for numbers and makes one report, whoever answers: dict comprehensions, `.items()`, `.get`, `any`.

Try:

    python examples/language/partner_report.py run
    python examples/language/partner_report.py run --goals '{"ada": 5, "bob": 100}'
"""

from __future__ import annotations

from flowdeco import main, step, workflow

ORDERS = {"ada": [5, 7, 1], "bob": [2], "cyd": []}


@step
def orders_of(partner: str) -> list[int]:
    """What a partner has ordered."""
    return ORDERS.get(partner, [])


@step
def mail(partner: str, text: str) -> str:
    """Sends a mail."""
    return f"to {partner}: {text}"


@workflow
def partner_report(goals: dict[str, int] = {"ada": 10, "bob": 10, "cyd": 0}) -> dict[str, object]:  # noqa: B006
    """Who has reached the goal, and a mail to who has not.

    Args:
        goals: how much each partner is to order
    """
    orders = {partner: orders_of(partner) for partner in goals}
    totals = {partner: sum(amounts) for partner, amounts in orders.items()}
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
