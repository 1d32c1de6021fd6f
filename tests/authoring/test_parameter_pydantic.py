"""Parameters that pydantic reads: models, pydantic dataclasses, constrained types."""

from __future__ import annotations

import math
import sys
from datetime import date
from typing import Annotated, Any

import pytest

from flowdeco.authoring import parameter_annotations
from flowdeco.authoring.parameters import Parameters, read_parameters
from flowdeco.errors import InputError

pydantic = pytest.importorskip("pydantic")


class Layer(pydantic.BaseModel):  # type: ignore[name-defined,misc]
    model_config = pydantic.ConfigDict(extra="forbid")

    units: int
    kind: str = "dense"


class Config(pydantic.BaseModel):  # type: ignore[name-defined,misc]
    model_config = pydantic.ConfigDict(extra="forbid")

    lr: float = pydantic.Field(gt=0)
    day: date | None = None
    layers: list[Layer] = []


@pydantic.dataclasses.dataclass
class Options:
    n: int


class Unfinished(pydantic.BaseModel):  # type: ignore[name-defined,misc]
    x: Nowhere  # type: ignore[name-defined]  # noqa: F821


def parameters_for(annotation: Any) -> Parameters:
    def f(config: Any) -> None: ...

    f.__annotations__["config"] = annotation
    return read_parameters(f)


def problems(call: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as caught:
        call()
    return [(f.message, f.hint) for f in caught.value.findings]


CONFIG = {"lr": 1, "day": "2026-01-31", "layers": [{"units": 2}]}
NO_DATE = "Datetimes provided to dates should have zero time - e.g. be exact dates"
NO_INT = "Input should be a valid integer, unable to parse string as an integer"
BUILT = Config(lr=1.0, day=date(2026, 1, 31), layers=[Layer(units=2)])


def test_a_model() -> None:
    parameters = parameters_for(Config)
    assert parameters.items[0].type_text == "Config"
    assert parameters.from_json({"config": CONFIG}) == {"config": BUILT}
    assert parameters.from_call((CONFIG,), {}) == {"config": BUILT}
    assert parameters.from_call((BUILT,), {})["config"] is BUILT
    assert parameters.from_command_line(["--config", '{"lr": 1}']) == {"config": Config(lr=1)}
    assert parameters_for(list[Config] | None).from_json({"config": [CONFIG]}) == {"config": [BUILT]}
    assert parameters_for(Config | str).from_call((BUILT,), {})["config"] is BUILT


def test_a_pydantic_dataclass() -> None:
    assert parameters_for(Options).from_json({"config": {"n": 1}}) == {"config": Options(1)}


def test_what_pydantic_finds_is_reported_with_paths() -> None:
    document = {"day": 0.5, "layers": [{"unit": 1}, {"units": "x"}], "lrr": 3}
    assert problems(lambda: parameters_for(Config).from_json({"config": document})) == [
        ("'config.lr' is missing: Config needs it", 'add "lr"'),
        (
            f"'config.day' is no valid Config: {NO_DATE}, got 0.5",
            None,
        ),
        ("'config.layers[0].units' is missing: Config needs it", 'add "units"'),
        ("'config.layers[0].unit' is unknown: Config has no such field, got 1", None),
        (
            f"'config.layers[1].units' is no valid Config: {NO_INT}, got 'x'",
            None,
        ),
        ("'config.lrr' is unknown: Config has no such field, got 3", "did you mean 'lr'?"),
    ]
    assert problems(lambda: parameters_for(Config).from_call((5,), {})) == [
        (
            "'config' is no valid Config: Input should be a valid dictionary or instance of Config, got 5",
            None,
        )
    ]
    assert problems(lambda: parameters_for(Config).from_command_line(["--config", '{"lr": 0}'])) == [
        ("'config.lr' is no valid Config: Input should be greater than 0, got 0", None)
    ]
    assert problems(lambda: parameters_for(Config).from_json({"config": {"lr": math.nan}})) == [
        ("'config.lr' must be a finite number, got nan", "NaN and infinity have no JSON")
    ]
    assert problems(lambda: parameters_for(Config).from_command_line(["--config", "{lr: 1}"]))[0][1] == (
        "quote JSON for the shell, --config '...', or put it in a file, --config @file.json"
    )


def test_constraints() -> None:
    positive = parameters_for(pydantic.PositiveInt)
    assert positive.items[0].type_text == "int"
    assert positive.from_json({"config": 5}) == positive.from_command_line(["--config=5"]) == {"config": 5}
    assert problems(lambda: positive.from_json({"config": -5})) == [
        ("'config' is no valid int: Input should be greater than 0, got -5", None)
    ]
    # flowdeco's own reading comes first, and it is strict
    assert problems(lambda: positive.from_json({"config": "5"})) == [
        ("'config' must be int, got '5'", "give a whole number such as 3")
    ]
    assert (
        problems(lambda: positive.from_command_line(["--config=x"]))[0][0] == "'config' must be int, got 'x'"
    )
    assert parameters_for(pydantic.PositiveInt | None).from_call((3,), {}) == {"config": 3}

    either = parameters_for(Annotated[int | None, pydantic.Field(gt=0)] | str)
    assert either.from_call((3,), {}) == either.from_json({"config": 3}) == {"config": 3}
    assert either.from_call(("x",), {}) == {"config": "x"}

    many = parameters_for(Annotated[list[int], pydantic.Field(min_length=2)])
    assert many.from_command_line(["--config", "1", "--config", "2"]) == {"config": [1, 2]}
    assert problems(lambda: many.from_command_line(["--config", "1"])) == [
        (
            "'config' is no valid list[int]: List should have at least 2 items after validation, not 1, got [1]",
            None,
        )
    ]
    assert problems(lambda: many.from_command_line(["--config", "1", "--config", "x"]))[0][0] == (
        "'config[1]' must be int, got 'x'"
    )
    flag = parameters_for(Annotated[bool, pydantic.Field(description="x")])
    assert flag.from_command_line(["--no-config"]) == {"config": False}
    assert parameters_for(Annotated[int, "only text"]).from_json({"config": -5}) == {"config": -5}


def test_a_model_that_is_not_finished() -> None:
    ((message, hint),) = problems(lambda: parameters_for(Unfinished))
    assert message.startswith("'config': pydantic cannot read Unfinished: ")
    assert hint == "define what its fields name before the workflow is run"


def test_pydantic_is_only_looked_up() -> None:
    assert "pydantic" in sys.modules
    assert not any(
        getattr(value, "__name__", "") == "pydantic" for value in vars(parameter_annotations).values()
    )
