"""A chat that goes back to its menu until the customer says "done": `while True`, `if`/`elif`, `continue`, `return`.

Try:

    python examples/language/menu.py run
    python examples/language/menu.py run --says '["balance", "send 20", "done"]'
"""

from __future__ import annotations

from dataclasses import dataclass

from flowdeco import main, step, workflow


@dataclass
class Wish:
    """What the customer wants."""

    word: str
    amount: int = 0


@step
def listen(says: list[str], turn: int) -> Wish:
    """What the customer says next. Here it is written down; a real chat would wait for it."""
    words = says[turn].lower().split() if turn < len(says) else ["done"]
    return Wish(words[0], int(words[1]) if len(words) > 1 else 0) if words else Wish("")


@step
def balance_of(customer: str) -> int:
    """What is on the account."""
    return 10 * len(customer)


@step
def send(customer: str, amount: int, balance: int) -> int:
    """Sends money, and tells what is left."""
    return balance - amount


@step
def connect(customer: str) -> str:
    """Passes on to a person."""
    return f"a person will call {customer}"


@workflow
def menu(customer: str = "grace", says: list[str] = ["hello", "balance", "send 20", "done"]) -> list[str]:  # noqa: B006
    """One conversation, from the greeting to the goodbye.

    Args:
        customer: who it is
        says: what the customer says, in order
    """
    balance = balance_of(customer)
    answers = [f"Hello {customer}: balance, send, help or done?"]
    turn = 0
    while True:
        wish = listen(says, turn)
        turn += 1
        if not wish.word:
            continue
        if wish.word == "done":
            answers.append("Goodbye!")
            return answers
        if wish.word == "balance":
            answers.append(f"You have {balance}.")
        elif wish.word == "send" and wish.amount > 0:
            if wish.amount > balance:
                answers.append(f"{wish.amount} is more than you have.")
                continue
            balance = send(customer, wish.amount, balance)
            answers.append(f"{wish.amount} sent, {balance} left.")
        elif wish.word == "help":
            answers.append(connect(customer))
            return answers
        else:
            answers.append("Please say balance, send, help or done.")


if __name__ == "__main__":
    main()
