"""The only thread code: calls to the shop wait in one ordered queue, one worker makes them, and answers come back on
the window's thread.

A call runs on the worker and must touch no widget. `done` and `failed` run on the window's thread, and only while
their owner lives.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition
from typing import Any, Final

import shiboken6
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal

BUSY_AFTER_MS: Final = 150
"""What takes longer shows that it is working."""


@dataclass(eq=False, slots=True)
class _Call:
    make: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    owner: QObject
    key: tuple[int, str] | None
    quiet: bool


def _nobody(answer: object) -> None:
    """Take an answer that nobody waits for."""


class _Worker(QThread):
    """Makes the calls, one after the other, in the order they came."""

    answered = Signal(object, object, object)
    """The call, its answer, and the exception if there was one."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: deque[_Call] = deque()
        self._news = Condition()
        self._ending = False

    def take(self, call: _Call) -> None:
        with self._news:
            self._calls.append(call)
            self._news.notify()

    def drop(self, unwanted: Callable[[_Call], bool]) -> list[_Call]:
        """Take calls that have not begun out of the queue, and return them."""
        with self._news:
            dropped = [call for call in self._calls if unwanted(call)]
            for call in dropped:
                self._calls.remove(call)
            return dropped

    def end(self) -> None:
        with self._news:
            self._ending = True
            self._news.notify()

    def run(self) -> None:
        while (call := self._next()) is not None:
            try:
                answer, trouble = call.make(), None
            except Exception as error:  # whatever it is, the window must hear of it
                answer, trouble = None, error
            self.answered.emit(call, answer, trouble)

    def _next(self) -> _Call | None:
        with self._news:
            while not self._calls and not self._ending:
                self._news.wait()
            return self._calls.popleft() if self._calls else None


class Background(QObject):
    """The queue as the window sees it."""

    busy = Signal(bool)
    """Sent with True when calls have been under way for 150 ms, with False when the last one is back."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest: dict[tuple[int, str], _Call] = {}
        self._under_way = 0
        self._shown_busy = False
        self._stopped = False
        self._patience = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._patience.timeout.connect(self._show_busy)
        self._worker = self._hire()
        self._patient: _Worker | None = None

    def run(
        self,
        call: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        owner: QObject,
        key: str = "",
        quiet: bool = False,
        long: bool = False,
    ) -> None:
        """Make a call on the worker and hand its answer, or its exception, to the owner.

        With a key, only the newest call of this owner and key is answered, and older ones that have not begun are left
        out: for questions, never for commands. A quiet call does not show as work. A long call, a reading that takes
        seconds such as a check of the whole audit log, goes to a second worker: commands and the feed must not wait.
        """
        if self._stopped:
            return
        place = (id(owner), key) if key else None
        made = _Call(call, done, failed, owner, place, quiet)
        if place is not None:
            self._newest[place] = made
            for worker in self._workers():
                for old in worker.drop(lambda waiting: waiting.key == place):
                    self._count(old, -1)
        self._count(made, +1)
        if long:
            self._patient = self._patient or self._hire()
        (self._patient if long and self._patient else self._worker).take(made)

    @property
    def stopped(self) -> bool:
        """Whether the end has begun; a long call looks at it from its worker, and gives up."""
        return self._stopped

    def stop(self, last: Callable[[], Any] | None = None) -> None:
        """End the workers: commands that wait are still made, since somebody tapped them; questions are not.

        `last` is called when nothing else is under way, on the worker too: to close what the other calls were made on.
        """
        if self._stopped:
            return
        self._stopped = True
        self._patience.stop()
        for worker in self._workers():
            worker.drop(lambda waiting: waiting.key is not None or waiting.quiet)
        if self._patient is not None:
            self._patient.end()
            self._patient.wait()
        if last is not None:
            self._worker.take(_Call(last, _nobody, _nobody, self, None, quiet=True))
        self._worker.end()
        self._worker.wait()

    def _hire(self) -> _Worker:
        worker = _Worker()
        # Queued, to a method of an object of the window's thread: no callable ever crosses by itself.
        worker.answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        worker.start()
        return worker

    def _workers(self) -> list[_Worker]:
        return [worker for worker in (self._worker, self._patient) if worker is not None]

    def _deliver(self, call: _Call, answer: object, trouble: Exception | None) -> None:
        self._count(call, -1)
        if call.key is not None:
            if self._newest.get(call.key) is not call:
                return
            del self._newest[call.key]
        if self._stopped or not shiboken6.isValid(call.owner):
            return
        if trouble is None:
            call.done(answer)
        else:
            call.failed(trouble)

    def _count(self, call: _Call, change: int) -> None:
        if call.quiet:
            return
        self._under_way += change
        if self._under_way == 0:
            self._patience.stop()
            if self._shown_busy:
                self._shown_busy = False
                self.busy.emit(False)
        elif change > 0 and not self._patience.isActive() and not self._shown_busy:
            self._patience.start()

    def _show_busy(self) -> None:
        self._shown_busy = True
        self.busy.emit(True)
