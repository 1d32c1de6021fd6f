"""Retries, time-outs, names, and waiting for what is not used."""

from flowdeco import Retry, step, workflow


class Flaky(Exception):
    pass


class VeryFlaky(Flaky):
    pass


@step(
    retry=[Retry(on=Flaky, max_attempts=5, interval="10s", backoff_rate=1.5, max_delay="5m", jitter=True), 2],
    timeout="10m",
)
def download(url: str) -> str:
    return url


@step(comment="Trains on the GPU queue.", memory="2GB")
def train(data: str) -> str:
    return data + "!"


@step
def check(ready: bool) -> None:
    assert ready


@workflow(name="with-options", timeout="2h")
def pipeline(url: str) -> str:
    data = download(url)
    checked = check.options(name="is it there", after=[data])(True)
    return train.options(timeout="1h", name="big train", retry=1, after=[checked])(data)


INPUTS = {"url": "u"}
