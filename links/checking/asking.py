"""Ask many servers side by side, politely: one request at a time for each host, with pauses.

The event loop runs in a thread of its own, so that whoever uses an ``Asker`` may use the database
meanwhile, as Django's ORM wants it: from one thread and without ``await``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Self, TypeAlias

from links.checking.verdicts import NOT_FOR_HEAD, Verdict, judge, judge_error
from links.fetching import Fetcher, FetchError, Response, Validators
from links.normalizing import source_key

MakeFetcher: TypeAlias = Callable[[], Fetcher]
# As much of a page is read as its title and description need.
BEGINNING: Final = 262_144


@dataclass(frozen=True, slots=True)
class Question:
    """A link to ask about: its key and canonical address, and what makes the request cheaper."""

    pk: int
    url: str
    known: Validators | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question; a ``verdict`` of None means that the host asked for a pause first,
    until ``later``."""

    question: Question
    verdict: Verdict | None
    at: datetime
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How many requests run at once in all, and how long a host is left alone after each.

    A host that asks for a longer pause than ``patience`` is not asked again by this Asker before.
    """

    at_once: int = 64
    pause: timedelta = timedelta(seconds=1)
    patience: timedelta = timedelta(seconds=10)


@dataclass(slots=True)
class _Host:
    """A host that is asked: whose turn it is, when it may be asked again, and when it wants to."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    rests_until: datetime | None = None


class Asker:
    """Takes questions and gives answers in the order in which they come. A context manager.

    ``make_fetcher`` is called in the event loop of the Asker.
    """

    def __init__(self, make_fetcher: MakeFetcher, manners: Manners | None = None) -> None:
        self._make_fetcher = make_fetcher
        self._manners = manners or Manners()
        self._answers: SimpleQueue[Answer | BaseException] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="asker", daemon=True)
        self._hosts: dict[str, _Host] = {}
        self.open = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._begin())
        return self

    def __exit__(self, *_error: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, question: Question) -> None:
        """Take a question; ``open`` counts those without answer."""
        self.open += 1
        self._submit(self._answer(question))

    def answers(self, seconds: float) -> list[Answer]:
        """Return the answers that came, after waiting for the first for at most so long."""
        found: list[Answer] = []
        try:
            item = self._answers.get(timeout=seconds)
            while True:
                if isinstance(item, BaseException):
                    raise item
                found.append(item)
                item = self._answers.get_nowait()
        except Empty:
            self.open -= len(found)
            return found

    # In the event loop

    async def _begin(self) -> None:
        self._slots = asyncio.Semaphore(self._manners.at_once)
        self._fetcher = await self._make_fetcher().__aenter__()

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._fetcher.__aexit__(None, None, None)

    async def _answer(self, question: Question) -> None:
        try:
            answer = await self._ask_in_turn(question)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (raised again where the answers are read)
            self._answers.put(error)
        else:
            self._answers.put(answer)

    async def _ask_in_turn(self, question: Question) -> Answer:
        host = self._hosts.setdefault(source_key(question.url), _Host())
        async with host.turn:
            if host.rests_until and host.rests_until > datetime.now(UTC):
                return Answer(question, None, datetime.now(UTC), host.rests_until)
            verdict = await self._ask_host(question, host)
        if verdict.retry_after and verdict.status in {429, 503}:
            self._let_rest(host, verdict.retry_after)
        return Answer(question, verdict, datetime.now(UTC))

    def _let_rest(self, host: _Host, wish: timedelta) -> None:
        """Do what a server wishes: wait a little for it, or leave it alone for longer."""
        if wish <= self._manners.patience:
            host.free_at = time.monotonic() + wish.total_seconds()
        else:
            host.rests_until = datetime.now(UTC) + wish

    async def _ask_host(self, question: Question, host: _Host) -> Verdict:
        """HEAD first, which costs a server least; GET where HEAD is not enough, or not answered."""
        try:
            response = await self._fetch(question, host, "HEAD")
            # Of a page that is there, its title and signs of a soft 404 are wanted.
            if response.status in NOT_FOR_HEAD or 200 <= response.status < 300:
                response = await self._fetch(question, host, "GET")
        except FetchError as error:
            if error.kind not in {"protocol", "connect", "encoding"}:
                return judge_error(error)
            try:
                response = await self._fetch(question, host, "GET")
            except FetchError as second:
                return judge_error(second)
        return judge(question.url, response, datetime.now(UTC))

    async def _fetch(self, question: Question, host: _Host, method: Any) -> Response:
        await asyncio.sleep(max(0.0, host.free_at - time.monotonic()))
        async with self._slots:
            try:
                return await self._fetcher.fetch(
                    question.url,
                    method=method,
                    known=question.known,
                    max_bytes=BEGINNING,
                    truncate=True,
                )
            finally:
                host.free_at = time.monotonic() + self._manners.pause.total_seconds()

    # Between the threads

    def _submit(self, coroutine: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _run(self, coroutine: Any) -> None:
        self._submit(coroutine).result()
