"""Books an order in three systems, and undoes what was done when one of them refuses: nested `try`, `raise`.

Try:

    python examples/language/order_saga.py run
    python examples/language/order_saga.py run --amount 900
    python examples/language/order_saga.py run --item piano
"""

from __future__ import annotations

from flowdeco import main, step, workflow

STOCK = {"lamp": 12, "chair": 3, "piano": 1}
CARRIED = {"lamp": True, "chair": True, "piano": False}


class OrderError(Exception):
    """An order that cannot be carried out."""


class PaymentRefused(OrderError):
    """The bank said no."""


class NotDeliverable(OrderError):
    """No carrier takes it."""


@step
def reserve(item: str, pieces: int) -> str:
    """Puts pieces aside."""
    if STOCK.get(item, 0) < pieces:
        raise OrderError(f"only {STOCK.get(item, 0)} of {item} in stock")
    return f"reservation-{item}-{pieces}"


@step
def release(reservation: str) -> None:
    """Puts them back."""


@step
def charge(customer: str, amount: float) -> str:
    """Takes the money."""
    if amount > 500:
        raise PaymentRefused(f"{customer} may not spend {amount:.2f}")
    return f"payment-{customer}"


@step
def refund(payment: str) -> None:
    """Gives it back."""


@step
def ship(item: str, reservation: str) -> str:
    """Hands the goods to a carrier."""
    if not CARRIED[item]:
        raise NotDeliverable(f"no carrier takes a {item}")
    return f"parcel of {reservation}"


@workflow
def order_saga(
    customer: str = "ada", item: str = "lamp", pieces: int = 1, amount: float = 49.5
) -> dict[str, str]:
    """One order, all of it or nothing.

    Args:
        customer: who pays
        item: what is ordered
        pieces: how many
        amount: what it costs
    """
    try:
        reservation = reserve(item, pieces)
        try:
            payment = charge(customer, amount)
            try:
                parcel = ship(item, reservation)
            except NotDeliverable:
                refund(payment)
                raise
        except OrderError:
            release(reservation)
            raise
    except PaymentRefused as error:
        return {"status": "unpaid", "reason": str(error)}
    except OrderError as error:
        return {"status": "cancelled", "reason": str(error)}
    return {"status": "shipped", "parcel": parcel, "payment": payment}


if __name__ == "__main__":
    main()
