"""A workflow's signature as its interface: inputs from a Python call, a JSON document or the command line.

All three ways give the same dict of Python values, or one `InputError` that lists everything wrong.

    read_parameters      signature → annotations (parameter_annotations) and help (parameter_docstring) → Parameters
    kinds                how a type is read: parameter_kinds (scalars), _spellings, _containers, _records
    from_command_line    tokens → options → kinds: parameter_options
    findings             parameter_report
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, NamedTuple

from flowdeco.authoring.parameter_annotations import AnnotationProblem, Annotations
from flowdeco.authoring.parameter_containers import Union
from flowdeco.authoring.parameter_docstring import parameter_help
from flowdeco.authoring.parameter_kinds import Anything, Kind, Null
from flowdeco.authoring.parameter_options import OptionReader, option_of, spellings
from flowdeco.authoring.parameter_report import Place, Report, Source, default_text, shorten, suggestion
from flowdeco.errors import InputError, Location


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a workflow. `default` has a meaning only when it is not `required`; `help` may be empty.

    `annotation` is resolved (no strings); `kind` reads its values.
    """

    name: str
    annotation: object
    required: bool
    default: object
    help: str
    kind: Kind = field(repr=False, compare=False)
    positional_only: bool = False
    keyword_only: bool = False

    @property
    def type_text(self) -> str:
        """The type as people write it: `list[float]`."""
        return self.kind.text


class OptionHelp(NamedTuple):
    """A row of `--help`. `default` is None for a required input; `repeats` says that the option may be repeated."""

    spelling: str
    type: str
    default: str | None
    help: str
    repeats: bool


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of the workflow `name`, in order.

    >>> def pipeline(day: str, lrs: list[float] = [0.1], *, publish: bool = True): ...
    >>> parameters = read_parameters(pipeline)
    >>> parameters.from_command_line(["--day", "2026-01-01", "--lrs", "0.1", "--lrs", "1", "--no-publish"])
    {'day': '2026-01-01', 'lrs': [0.1, 1.0], 'publish': False}
    >>> parameters.from_json({"day": "2026-01-01"})
    {'day': '2026-01-01', 'lrs': [0.1], 'publish': True}
    """

    items: tuple[Parameter, ...]
    name: str = "workflow"
    location: Location | None = None

    @property
    def names(self) -> list[str]:
        return [parameter.name for parameter in self.items]

    @property
    def signature(self) -> str:
        """All parameters on one line: `day: date, lr: float = 0.1`."""
        shown = []
        for parameter in self.items:
            default = "" if parameter.required else f" = {default_text(parameter.default)}"
            shown.append(f"{parameter.name}: {parameter.type_text}{default}")
        return ", ".join(shown)

    def from_call(self, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
        """The inputs of `wf.run(*args, **kwargs)`, defaults included. Raises `InputError`.

        Objects that are what the annotation says are passed through as they are. Also accepted is what JSON would
        write for them: "2026-01-31" for a date, a dict for a dataclass.
        """
        report = Report()
        free = [parameter for parameter in self.items if not parameter.keyword_only]
        given = {parameter.name: value for parameter, value in zip(free, args)}
        for value in args[len(free) :]:
            message = f"takes {_count(len(free), 'positional input')}, got one more: {shorten(value)}"
            report.add(message, where=None, hint="give it by name", code="unknown-input")
        for name, value in kwargs.items():
            if name in given:
                message = (
                    f"'{name}' is given twice: {shorten(given[name])} by position, {shorten(value)} by name"
                )
                report.add(message, where=None, hint="give it once", code="duplicate-input")
            given.setdefault(name, value)
        return self._read(given, Source(python=True), report, {})

    def from_known(self, given: Mapping[str, object]) -> dict[str, object]:
        """Some of the inputs of `wf.run(**given)`, without those that are not given. Raises `InputError`."""
        report = Report()
        read = {
            p.name: p.kind.read(given[p.name], Place(report, Source(python=True), p.name))
            for p in self.items
            if p.name in given
        }
        if report.findings:
            raise self._error(report)
        return read

    def from_json(self, data: object, *, source: str | None = None) -> dict[str, object]:
        """The inputs that the JSON value `data` holds, defaults included. Raises `InputError`.

        `source` names the document in errors.
        """
        report = Report()
        given = self._document(data, source, report)
        return self._read(given, Source(where=source), report, {})

    def from_command_line(
        self, tokens: Sequence[str], *, base: object = None, source: str | None = None
    ) -> dict[str, object]:
        """The inputs that options give, defaults included. Raises `InputError`.

        `base` is a JSON document (named `source` in errors) for the inputs that no option gives; an option replaces
        the value of the document whole.
        """
        report = Report()
        options = OptionReader({parameter.name: parameter.kind for parameter in self.items}, report)
        document = {} if base is None else self._document(base, source, report)
        values = options.read(tokens, known=document)
        given = {name: value for name, value in document.items() if name not in values}
        return self._read(given, Source(where=source), report, values, options)

    def arguments(self, values: Mapping[str, object]) -> tuple[tuple[object, ...], dict[str, object]]:
        """`values` (by name) as the positional and keyword arguments of a call of the function.

        >>> def f(x, /, *, y): ...
        >>> read_parameters(f).arguments({"x": 1, "y": 2})
        ((1,), {'y': 2})
        """
        positional = tuple(values[p.name] for p in self.items if p.positional_only)
        return positional, {p.name: values[p.name] for p in self.items if not p.positional_only}

    def describe(self) -> tuple[OptionHelp, ...]:
        """A row for each parameter, for `--help`."""
        kinds = {parameter.name: parameter.kind for parameter in self.items}
        return tuple(
            OptionHelp(
                "/".join(spellings(parameter.name, kinds)),
                parameter.type_text,
                None if parameter.required else default_text(parameter.default),
                parameter.help,
                parameter.kind.repeats,
            )
            for parameter in self.items
        )

    def _document(self, data: object, source: str | None, report: Report) -> dict[str, object]:
        """The JSON object `data`; reports when it is none."""
        if isinstance(data, Mapping) and all(isinstance(key, str) for key in data):
            return dict(data)
        got = "keys that are not strings" if isinstance(data, Mapping) else shorten(data)
        message = f"the inputs must be one JSON object, got {got}"
        example = ", ".join(f'"{name}": ...' for name in self.names[:3])
        report.add(message, where=source, hint=f"write {{{example}}}", code="wrong-input")
        raise self._error(report)

    def _read(
        self,
        given: Mapping[str, object],
        source: Source,
        report: Report,
        values: Mapping[str, object],
        options: OptionReader | None = None,
    ) -> dict[str, object]:
        """`values` as they are, `given` read, defaults for the rest; raises what `report` has then."""
        result: dict[str, object] = {}
        for parameter in self.items:
            name = parameter.name
            if name in values:
                result[name] = values[name]
            elif name in given:
                result[name] = parameter.kind.read(given[name], Place(report, source, name))
            elif parameter.required:
                result[name] = self._missing(parameter, source, report, options)
            else:
                result[name] = parameter.default
        for name, value in given.items():
            if name not in result:
                free = [other for other in self.names if other not in given and other not in values]
                message = f"'{name}' is no input of '{self.name}', got {shorten(value)}"
                hint = suggestion(name, free or self.names)
                report.add(message, where=source.where, hint=hint, code="unknown-input")
        if report.findings:
            raise self._error(report)
        return result

    def _missing(
        self, parameter: Parameter, source: Source, report: Report, options: OptionReader | None
    ) -> object:
        name, text = parameter.name, parameter.type_text
        example = getattr(parameter.kind, "example", None)
        where = source.where
        if options is not None:
            where = option_of(name, self.names)
            flags = spellings(name, options.kinds)
            hint = (
                f"add {' or '.join(flags)}" if parameter.kind.is_flag else f"add {where} {example or 'VALUE'}"
            )
        elif source.python:
            hint = f"add {name}=..."
        else:
            hint = f'add "{name}": "{example}"' if example else f'add "{name}": ...'
        return report.add(f"'{name}' ({text}) is missing", where=where, hint=hint, code="missing-input")

    def _error(self, report: Report) -> InputError:
        count = len(report.findings)
        message = f"{_count(count, 'input')} of workflow '{self.name}' {'is' if count == 1 else 'are'} wrong"
        signature = self.signature
        taken = signature if len(signature) <= 300 else signature[:299] + "…"
        hint = f"it takes {taken or 'no inputs'}"
        return InputError(message, report.findings, location=self.location, hint=hint)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def read_parameters(fn: Callable[..., object]) -> Parameters:
    """The parameters of a function, with the kinds of their annotations.

    Raises `InputError`, with a finding for each `*args`, `**kwargs` and each annotation that cannot be resolved or has
    no meaning for inputs, at the place of the function. Defaults are not checked against annotations.
    """
    function = inspect.unwrap(fn)
    name = getattr(function, "__name__", type(function).__name__)
    code = getattr(function, "__code__", None)
    location = Location.of_code(code) if code is not None else None
    try:
        described = list(inspect.signature(function).parameters.values())
    except (NameError, TypeError, ValueError) as error:
        message = f"the signature of '{name}' cannot be read: {error}"
        hint = "decorate a function whose parameters and annotations Python can see"
        raise InputError(message, location=location, hint=hint) from error
    report, annotations = Report(), Annotations()
    help_texts = parameter_help(inspect.getdoc(function), [parameter.name for parameter in described])
    items = []
    for parameter in described:
        try:
            items.append(_parameter(parameter, function, annotations, help_texts.get(parameter.name, "")))
        except AnnotationProblem as problem:
            report.add(str(problem), where=None, hint=problem.hint, code="bad-signature")
    if report.findings:
        message = f"the signature of workflow '{name}' does not say what its inputs are"
        raise InputError(message, report.findings, location=location)
    return Parameters(tuple(items), name, location)


def _parameter(
    parameter: inspect.Parameter, function: Any, annotations: Annotations, help_text: str
) -> Parameter:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
        instead = f"{name}: list[...]" if stars == "*" else f"{name}: dict[str, ...]"
        raise AnnotationProblem(
            f"'{stars}{name}' has no fixed inputs", f"name every input, or take one collection, {instead}"
        )
    annotation = _resolve(parameter.annotation, name, function)
    try:
        kind = annotations.kind(annotation)
    except AnnotationProblem as problem:
        raise AnnotationProblem(f"'{name}': {problem}", problem.hint) from problem
    required = parameter.default is parameter.empty
    if parameter.default is None and not isinstance(kind, Anything | Null):
        members = kind.members if isinstance(kind, Union) else (kind,)
        if not any(isinstance(member, Null) for member in members):
            kind = Union((*members, Null()))  # `day: date = None`: what the default is may also be given
    return Parameter(
        name,
        annotation,
        required,
        None if required else parameter.default,
        help_text or _text_of(annotation),
        kind,
        positional_only=parameter.kind is parameter.POSITIONAL_ONLY,
        keyword_only=parameter.kind is parameter.KEYWORD_ONLY,
    )


def _resolve(annotation: Any, name: str, function: Any) -> Any:
    """The annotation with its strings evaluated where the function was defined, as far as that is known."""
    if annotation is inspect.Parameter.empty:
        return annotation
    namespace = getattr(function, "__globals__", {})
    local: dict[str, object] = {}
    if isinstance(function, FunctionType) and function.__closure__:
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__):
            try:
                local[variable] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue

    def only() -> None: ...

    only.__annotations__ = {name: annotation}
    try:
        return typing.get_type_hints(only, namespace, local, include_extras=True)[name]
    except Exception as error:
        shown = annotation.strip("'\"") if isinstance(annotation, str) else shorten(annotation)
        hint = "write a type that exists when the program runs"
        if isinstance(error, NameError):
            hint = f"import or define {error.name!r} at the top of the file, outside `if TYPE_CHECKING:`"
        raise AnnotationProblem(
            f"the annotation '{shown}' of '{name}' cannot be resolved: {error}", hint
        ) from error


def _text_of(annotation: Any) -> str:
    """The first string in `Annotated[int, "number of epochs"]`."""
    metadata = getattr(annotation, "__metadata__", ())
    return next((item for item in metadata if isinstance(item, str)), "")
