"""The one loop that performs effects. It drives coroutines itself: no asyncio, no thread of its own.

What it does next, in this order: go on with coroutines that have their answer; fire timers that are due; take
in results of handlers; call handlers that wait for a free thread; start the next child of a Gather that is not
eager, if a handler could run now; else wait for a timer or a result. So with inline handlers work is done depth first, in the order of the definition.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, assert_never

from flowdeco.asl.model import JSON
from flowdeco.engine.clock import Clock
from flowdeco.engine.effects import LATE, Callback, Effect, Gather, Invoke, Sleep, Spawn, Work
from flowdeco.engine.failure import StateError
from flowdeco.engine.fibers import Fiber, Join, Wake
from flowdeco.engine.pool import Pool, Ticket
from flowdeco.engine.timers import Timers


class DeadlinePassed(Exception):
    """The execution as a whole ran out of time."""


class Stopped(Exception):
    """Somebody stopped the execution, and said why."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class Scheduler:
    """Runs one execution. `pool` None means handlers are called on the calling thread, one at a time.

    `deadline` is when the whole must be done. `on_idle` is called right before waiting.
    """

    def __init__(
        self,
        clock: Clock,
        pool: Pool | None,
        deadline: float | None = None,
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        self._clock = clock
        self._pool = pool
        self._results: SimpleQueue[Ticket] = SimpleQueue() if pool is None else pool.results
        self._callbacks = 0
        self._deadline = deadline
        self._on_idle = on_idle
        self._ready: deque[tuple[Fiber, Any, StateError | None]] = deque()
        self._pending: deque[Fiber] = deque()
        self._joins: list[Join] = []
        self._timers = Timers()
        self._root: Fiber | None = None
        self._answer: JSON = None
        self._error: StateError | None = None
        self._stopped: Stopped | None = None
        self._detached: dict[Fiber, None] = {}

    def stop(self, reason: Stopped) -> None:
        """Makes `run` raise `reason` as soon as no handler is called on its thread. May be called on any thread."""
        self._stopped = reason
        self._results.put(Wake(lambda: None, None))

    def run(self, work: Work) -> JSON:
        """Drives `work` to its end and returns its result.

        Raises StateError, DeadlinePassed, Stopped, and what work raises.
        """
        self._root = root = Fiber(work)
        if self._deadline is not None:
            self._timers.add(self._deadline, None)
        self._ready.append((root, None, None))
        while root.alive:
            self._step()
        if self._error is not None:
            raise self._error
        return self._answer

    def drain(self) -> None:
        """Drives what was spawned to its end, however long that takes."""
        self._deadline = None
        while self._detached:
            self._step()

    def _step(self) -> None:
        if self._stopped is not None:
            raise self._stopped
        if self._ready:
            self._drive(*self._ready.popleft())
        elif not (self._fire_timers() or self._take_results() or self._start_child() or self._dispatch()):
            self._wait()

    def close(self) -> None:
        """Closes all coroutines that have not ended."""
        for fiber in (self._root, *self._detached):
            if fiber is not None and fiber.alive:
                self._cancel(fiber)
        self._detached.clear()

    # --- coroutines ---------------------------------------------------------------------------------------

    def _drive(self, fiber: Fiber, value: Any, error: StateError | None) -> None:
        if not fiber.alive:
            return
        work = fiber.work
        try:
            effect = work.send(value) if error is None else work.throw(error)
            if self._pool is None:
                while type(effect) is Invoke and self._stopped is None:
                    try:
                        outcome = self._call(effect)
                    except StateError as failure:
                        effect = work.throw(failure)
                    else:
                        effect = work.send(outcome)
        except StopIteration as end:
            self._ended(fiber, end.value)
        except StateError as failure:
            self._failed(fiber, failure)
        else:
            self._perform(fiber, effect)

    def _perform(self, fiber: Fiber, effect: Effect) -> None:
        match effect:
            case Invoke():
                fiber.invoke = effect
                self._pending.append(fiber)
            case Sleep(until):
                fiber.timer = self._timers.add(until, fiber)
            case Gather():
                self._gather(fiber, effect)
            case Callback():
                self._watch(fiber, effect)
            case Spawn(work):
                detached = Fiber(work)
                self._detached[detached] = None
                self._ready.append((detached, None, None))
                self._ready.appendleft((fiber, None, None))
            case _:
                assert_never(effect)

    def _watch(self, fiber: Fiber, effect: Callback) -> None:
        fiber.callback = wake = Wake(lambda: None, fiber)
        self._callbacks += 1
        if effect.until is not None:
            fiber.timer = self._timers.add(effect.until, fiber)
        effect.watch(lambda: self._results.put(wake))

    def _unwatch(self, fiber: Fiber) -> None:
        if fiber.callback is not None:
            fiber.callback = None
            self._callbacks -= 1

    def _gather(self, fiber: Fiber, effect: Gather) -> None:
        if not effect.count:
            self._ready.appendleft((fiber, [], None))
            return
        fiber.join = join = Join(fiber, effect)
        if effect.until is not None:
            fiber.timer = self._timers.add(effect.until, fiber)
        if effect.eager:
            while join.open:
                self._ready.insert(join.started, (self._child(join), None, None))
        else:
            self._list(join)

    def _child(self, join: Join) -> Fiber:
        child = Fiber(join.effect.start(join.started), join, join.started)
        join.started += 1
        join.children[child] = None
        return child

    def _list(self, join: Join) -> None:
        if join.open and not join.listed:
            join.listed = True
            self._joins.append(join)

    def _start_child(self) -> bool:
        """Starts one more child of a Gather that is not eager, if its job could be done now."""
        if self._pool is not None and len(self._pending) >= self._pool.room:
            return False
        while self._joins:
            join = self._joins[-1]
            if join.fiber.alive and join.open:
                self._drive(self._child(join), None, None)
                return True
            join.listed = False
            self._joins.pop()
        return False

    def _ended(self, fiber: Fiber, value: JSON) -> None:
        fiber.alive = False
        join = fiber.parent
        if join is None:
            if fiber is self._root:
                self._answer = value
            else:
                del self._detached[fiber]
            return
        join.results[fiber.index] = value
        del join.children[fiber]
        if join.open:
            self._list(join)
        elif not join.children and join.started == join.effect.count:
            join.fiber.join = None
            self._timers.drop(join.fiber)
            self._ready.appendleft((join.fiber, join.results, None))

    def _failed(self, fiber: Fiber, error: StateError) -> None:
        fiber.alive = False
        join = fiber.parent
        if join is None:
            self._error = error
            return
        del join.children[fiber]
        self._close_children(join)
        join.fiber.join = None
        self._timers.drop(join.fiber)
        self._ready.appendleft((join.fiber, None, error))

    def _cancel(self, fiber: Fiber) -> None:
        if fiber.join is not None:
            self._close_children(fiber.join)
        fiber.alive = False
        self._timers.drop(fiber)
        self._unwatch(fiber)
        if fiber.ticket is not None and self._pool is not None:
            self._pool.abandon(fiber.ticket)
        fiber.work.close()

    def _close_children(self, join: Join) -> None:
        for child in join.children:
            self._cancel(child)
        join.children.clear()
        join.started = join.effect.count

    # --- handlers -----------------------------------------------------------------------------------------

    def _call(self, invoke: Invoke) -> Any:
        """Calls a handler here and now. It cannot be stopped, but coming back too late counts as late."""
        invoke.begin()
        if self._on_idle is not None:
            self._on_idle()
        if invoke.seconds is None and self._deadline is None:
            return invoke.call()
        began = self._clock.now()
        outcome = invoke.call()
        now = self._clock.now()
        if self._deadline is not None and now > self._deadline:
            raise DeadlinePassed
        return LATE if invoke.seconds is not None and now - began > invoke.seconds else outcome

    def _dispatch(self) -> bool:
        """Hands waiting calls to the pool. The time of those whose time counts starts now, so they start now."""
        pool = self._pool
        if pool is None:
            return False
        taken = False
        while self._pending and pool.room > 0:
            fiber = self._pending[0]
            invoke = fiber.invoke
            assert invoke is not None
            if fiber.alive and invoke.seconds is not None and not pool.free:
                break
            self._pending.popleft()
            if fiber.alive:
                self._hand_over(fiber, invoke, pool)
            taken = True
        return taken

    def _hand_over(self, fiber: Fiber, invoke: Invoke, pool: Pool) -> None:
        """Gives a call to a thread, or makes it here when it is the only thing there is to do: this thread would only
        wait, and a chain of steps hops no threads. Not when anything could have to happen meanwhile.
        """
        alone = invoke.seconds is None and not pool.active and not self._pending and not self._ready
        try:
            if alone and self._timers.due() is None:
                fiber.invoke = None
                self._ready.append((fiber, self._call(invoke), None))
                return
            invoke.begin()
        except StateError as failure:
            self._ready.append((fiber, None, failure))
            return
        if invoke.seconds is not None:
            fiber.timer = self._timers.add(self._clock.now() + invoke.seconds, fiber)
        fiber.ticket = Ticket(invoke.call.guarded, fiber)
        pool.submit(fiber.ticket)

    def _take_results(self) -> bool:
        if self._pool is None and not self._callbacks:
            return False
        results = self._results
        if results.empty():
            return False
        while not results.empty():
            self._take(results.get())
        return True

    def _take(self, ticket: Ticket) -> None:
        fiber = ticket.owner
        assert fiber is None or isinstance(fiber, Fiber)
        if isinstance(ticket, Wake):
            if fiber is not None and fiber.callback is ticket:
                self._unwatch(fiber)
                self._timers.drop(fiber)
                self._ready.append((fiber, None, None))
            return
        assert self._pool is not None
        assert fiber is not None
        if not self._pool.finished(ticket):
            return
        fiber.ticket = fiber.invoke = None
        self._timers.drop(fiber)
        self._ready.append((fiber, ticket.outcome, None))

    # --- time ---------------------------------------------------------------------------------------------

    def _fire_timers(self) -> bool:
        until = self._timers.due()
        if until is None or until > self._clock.now():
            return False
        fiber = self._timers.pop()
        if fiber is None:
            if self._deadline is None:
                return True
            raise DeadlinePassed
        fiber.timer = None
        if fiber.join is not None:
            self._close_children(fiber.join)
            fiber.join = None
            self._ready.append((fiber, LATE, None))
            return True
        self._unwatch(fiber)
        answer = None
        if fiber.ticket is not None and self._pool is not None:
            self._pool.abandon(fiber.ticket)
            fiber.ticket = fiber.invoke = None
            answer = LATE
        self._ready.append((fiber, answer, None))
        return True

    def _wait(self) -> None:
        if self._on_idle is not None:
            self._on_idle()
            if not self._results.empty():  # what it did has answered somebody already
                return
        pool = self._pool
        busy = pool is not None and pool.active > 0
        until = self._timers.due()
        busy = busy or (until is None and self._callbacks > 0)
        assert busy or until is not None, "nothing to wait for"
        ticket = self._clock.wait(self._results, until, busy)
        if ticket is not None:
            self._take(ticket)
