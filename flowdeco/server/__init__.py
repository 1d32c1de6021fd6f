"""The Step Functions API on this computer, over the engine: what boto3, the AWS command line and Terraform talk to.

    with LocalServer(Service()) as server:
        client = boto3.client("stepfunctions", endpoint_url=server.url, ...)

`http.py` listens, `protocol.py` and `shapes.py` hold requests to botocore's model of the service, `service.py` lists all
operations and who performs them: `machines.py` and `versions.py` (over `book.py`), `executions.py` (each `running.py` on a
thread of its own) and `execution_views.py`, `map_runs.py`, `activities.py`, `task_tokens.py`, `tags.py`,
`definitions.py`. What they keep is in `database.py`. They refuse with the `faults.py` of the service. `handlers.py` says
who answers for a resource.
"""

from __future__ import annotations

from flowdeco.server.http import LocalServer
from flowdeco.server.service import Service

__all__ = ["LocalServer", "Service"]
