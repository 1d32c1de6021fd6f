"""Starts a job elsewhere and asks how it is until it is done, failed or too late: `for`/`else`, `wait`, `raise`.

Try:

    python examples/language/poll_job.py run
    python examples/language/poll_job.py run --query "select nothing"
"""

from __future__ import annotations

from dataclasses import dataclass

from flowdeco import main, step, wait, workflow


class JobFailed(Exception):
    """The job ended without a result."""


@dataclass
class Job:
    """What the other system tells about a job."""

    id: str
    state: str
    rows: int | None = None


@step
def submit(query: str) -> str:
    """Starts the job, and returns its id."""
    return f"job-{query}"


@step
def status(job: str, poll: int) -> Job:
    """A stand-in for the other system: short queries are done at once, long ones take a while."""
    if "nothing" in job:
        return Job(job, "FAILED")
    return Job(job, "DONE", rows=len(job)) if poll >= len(job) // 10 else Job(job, "RUNNING")


@step
def cancel(job: str) -> None:
    """Stops it."""


@workflow
def poll_job(query: str = "select everything", every: int = 1, polls: int = 5) -> dict[str, object]:
    """Runs a query in another system.

    Args:
        query: what to ask
        every: seconds between two looks
        polls: looks before it is called off
    """
    id = submit(query)
    for poll in range(polls):
        job = status(id, poll)
        if job.state == "DONE":
            break
        if job.state == "FAILED":
            raise JobFailed(f"{id} failed")
        wait(seconds=every)
    else:
        cancel(id)
        raise TimeoutError(f"{id} is not done after {polls} looks")
    return {"id": id, "rows": job.rows, "waited": poll * every}


if __name__ == "__main__":
    main()
