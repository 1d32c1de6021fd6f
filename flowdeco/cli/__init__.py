"""The command line: `main()` at the end of a pipeline's file, or the `flowdeco` command.

    __init__      the two ways in
    application   verbs, errors, exit codes
    session       which workflow is meant; loading finds it in a file
    run, check, asl, graph, runs, show    one file a verb; asl_check is `asl check`
    answers, findings_report, signature_help, streams    what verbs share: JSON, findings, help on inputs, safe writing

Exit codes: 0 it worked, 1 it failed, 2 the command or the inputs are wrong, 130 it was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from flowdeco.authoring.workflows import Workflow

__all__ = ["console", "main"]


def main(workflow: Workflow[Any, Any] | None = None, *, args: Sequence[str] | None = None) -> NoReturn:
    """The command line of a pipeline's file. Put it at the end:

        if __name__ == "__main__":
            main()

    Then `python pipeline.py run`, `check`, `asl`, `graph`, `runs` and `show` work; each tells about itself with
    `--help`. It is about the workflow defined in the calling module. When there are several, the command says which
    (`--workflow NAME`), or `main(pipeline)` does. `args` replaces the arguments of the process.

    Always ends with SystemExit; see the exit codes in this package. Raises LoadError when it is reached while the file
    is imported by somebody else.
    """
    import sys

    from flowdeco.cli.application import run_application
    from flowdeco.cli.session import script_session

    session = script_session(sys._getframe(1).f_globals, workflow)
    raise SystemExit(run_application(session, sys.argv[1:] if args is None else list(args)))


def console(args: Sequence[str] | None = None) -> NoReturn:
    """The `flowdeco` command, which is told the file: `flowdeco run pipeline.py --day 2026-01-01`."""
    import sys

    from flowdeco.cli.application import run_application
    from flowdeco.cli.session import Session

    raise SystemExit(run_application(Session("flowdeco"), sys.argv[1:] if args is None else list(args)))
