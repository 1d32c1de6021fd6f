"""A chat that goes back to its menu until the customer says "done": `while True`, `if`/`elif`, `continue`, `return`.

    python examples/language/menu.py run
    python examples/language/menu.py run --says '["balance", "send 20", "done"]'
"""

from __future__ import annotations

from flowdeco import main, step, workflow


@step
def listen(says: list[str], turn: int) -> str:
    """What the customer says next. Here it is written down; a real chat would wait for it."""
    return says[turn] if turn < len(says) else "done"


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
        words = listen(says, turn).lower().split()
        turn += 1
        if not words:
            continue
        if words[0] == "done":
            answers.append("Goodbye!")
            return answers
        if words[0] == "balance":
            answers.append(f"You have {balance}.")
        elif words[0] == "send" and len(words) == 2:
            amount = int(words[1])
            if amount > balance:
                answers.append(f"{amount} is more than you have.")
                continue
            balance = send(customer, amount, balance)
            answers.append(f"{amount} sent, {balance} left.")
        elif words[0] == "help":
            answers.append(connect(customer))
            return answers
        else:
            answers.append("Please say balance, send, help or done.")


if __name__ == "__main__":
    main()
