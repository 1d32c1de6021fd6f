"""`asl check`: what is wrong with a state machine that is written out, in JSON or YAML."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import click

from flowdeco.asl.check import WorkflowType, check_text
from flowdeco.cli import parameters
from flowdeco.cli.findings_report import report
from flowdeco.cli.session import Session
from flowdeco.errors import LoadError

_YAML = (".yaml", ".yml")


def command(session: Session) -> click.Command:
    """The verb behind the verb."""

    def check(file: str, express: bool = False, as_json: bool = False) -> int:
        return check_definition(file, "EXPRESS" if express else "STANDARD", as_json=as_json)

    about = (
        "Look for mistakes in a state machine.\n\nFILE has a definition in Amazon States Language, as JSON, or as YAML when "
        "pyyaml is installed. Prints every finding with its place. Exits with 1 when one is an error, with 2 when the "
        "file cannot be read."
    )
    return click.Command(
        "check",
        callback=check,
        params=[
            click.Argument(["file"], metavar="FILE"),
            click.Option(
                ["--express"], is_flag=True, help="It is for an Express workflow, not a Standard one."
            ),
            parameters.as_json("the findings"),
            parameters.debug(session),
        ],
        **parameters.text(session, about, "asl check", " machine.json", " machine.json --json"),
    )


def is_definition(file: str) -> bool:
    """Whether a file has a state machine in it, going by its name."""
    return file.lower().endswith((".json", *_YAML))


def check_definition(file: str, type: WorkflowType, *, as_json: bool) -> int:
    """Checks a file, prints what was found, and returns the exit code. Raises LoadError when it cannot be read."""
    found = check_text(definition_text(file), type)
    return report([(file, finding) for finding in found], file, kind="file", as_json=as_json)


def definition_text(file: str) -> str:
    """The JSON text of a definition in a file, which may be YAML. Raises LoadError when it cannot be read."""
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
    except OSError as error:
        raise LoadError(f"the file cannot be read: {error.strerror or error}", location=file) from error
    except UnicodeDecodeError as error:
        raise LoadError("the file is not UTF-8 text", location=file) from error
    return _from_yaml(text, file) if file.lower().endswith(_YAML) else text


def _from_yaml(text: str, file: str) -> str:
    try:
        yaml: Any = import_module("yaml")
    except ImportError as error:
        hint = "pip install pyyaml, or write the state machine as JSON"
        raise LoadError(
            "pyyaml is needed to read YAML, and is not installed", location=file, hint=hint
        ) from error
    try:
        document = yaml.safe_load(text)
        return json.dumps(document, default=_text_of)
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise LoadError(f"the file is not YAML that JSON can hold: {error}", location=file) from error


def _text_of(value: Any) -> str:
    """A date or time, which YAML has and JSON has not, as it is written in JSON."""
    if not hasattr(value, "isoformat"):
        raise TypeError(f"a {type(value).__name__} is no JSON")
    text: str = value.isoformat()
    return text
