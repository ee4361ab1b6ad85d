"""Durable work on DBOS: the rows of our own database are the truth, a sweep turns them into workflows.

Workflows take and return ids only: what DBOS keeps of them is in a database of its own and holds nothing of a person.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_errors
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from vertelpaal.errors import Interrupted, NoSafeDecoding, StorageFull
from vertelpaal.traces import trace

log = logging.getLogger(__name__)

QUEUE = "recordings"
POLL_SECONDS = 0.2
CODE_VERSION = "1"
"""Changes when the steps of a workflow change; work begun by another version is begun anew by the sweep."""
STEP_TRIES = 3
STOP_SECONDS = 5
"""How long a stop waits for what runs."""
TAKEN = "PENDING"
"""DBOS's word for what a worker has begun."""
RUNNING = frozenset({TAKEN, "ENQUEUED", "DELAYED"})
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
SURROUNDINGS = (OSError, StorageFull, NoSafeDecoding, Interrupted, OperationalError, InterfaceError, InternalError)
"""What fails for reasons outside the subject: a full disk, no wall to decode behind, a database that is away. It is
tried again, without end; but for what is interrupted, as the subject may be why memory runs out."""
MOST_INTERRUPTIONS = 8
"""How often a subject waits after an interruption, some hour and a half together, before staff see that it failed."""


INTERRUPTED = "the worker was interrupted at it every time, or had no time for it; nothing is known to be wrong with it"


class JobFailed(Exception):
    """A job failed, by the name of its error: DBOS keeps what a step raises, and an error may hold a person's words."""

    def __init__(self, name: str, is_ours: bool) -> None:
        super().__init__(name, is_ours)
        self.name = name
        self.is_ours = is_ours


Job = Callable[[UUID], None]
GiveUp = Callable[[UUID, str], None]
"""Told of a subject whose job failed every time, and why."""


class Work:
    """Runs jobs by id, each at least once to its end, also when the process is killed in the middle."""

    def __init__(
        self,
        url: str,
        executor_id: str,
        jobs: dict[str, tuple[Job, GiveUp]],
        concurrency: int,
        is_running: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._concurrency = concurrency
        self._is_running = is_running
        """Says whether the worker of this name runs; the work of one that does not is done anew."""
        self._latest: dict[str, int] = {}
        """How often each thing was asked for, by what its workflows' ids begin with."""
        config: DBOSConfig = {
            "name": "vertelpaal",
            "system_database_url": url,
            "system_database_engine": _make_engine(url),
            "executor_id": executor_id,
            "application_version": CODE_VERSION,
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": POLL_SECONDS,
        }
        DBOS(config=config)
        self._workflow = _workflow(jobs)

    def start(self) -> None:
        """Take up what an earlier process left, and wait for more."""
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=POLL_SECONDS)

    def stop(self) -> None:
        """Let running work end its step, and stop; what takes longer is begun again at the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=STOP_SECONDS)

    def forget_ended(self, before: datetime, piece: int = 500) -> int:
        """Forget all work that ended before this, a piece at a time; return how much."""
        forgotten = 0
        while found := DBOS.list_workflows(
            status=list(ENDED), completed_before=before.isoformat(), limit=piece, load_input=False, load_output=False
        ):
            DBOS.delete_workflows([one.workflow_id for one in found])
            forgotten += len(found)
        return forgotten

    def enqueue(self, job: str, subject: UUID, occasion: str = "") -> None:
        """Ask for a job; asking again while it waits or runs changes nothing, asking after it ended runs it again."""
        asked = f"{job}-{subject}-{occasion}-{CODE_VERSION}-"
        time = self._latest[asked] if asked in self._latest else _latest(asked)
        if time >= 0 and self._runs(f"{asked}{time}"):
            return
        with SetWorkflowID(f"{asked}{time + 1}"):  # when another worker was first, it is its work
            DBOS.enqueue_workflow(QUEUE, self._workflow, job, str(subject))
        self._latest[asked] = time + 1

    def forget_asked(self, job: str, subject: UUID, occasion: str) -> None:
        """Forget in this process what was asked for and is done."""
        self._latest.pop(f"{job}-{subject}-{occasion}-{CODE_VERSION}-", None)

    def _runs(self, workflow_id: str) -> bool:
        status = DBOS.get_workflow_status(workflow_id)
        if status is None or status.status not in RUNNING:
            return False
        return status.status != TAKEN or status.executor_id is None or self._is_running(status.executor_id)


def _latest(asked: str) -> int:
    """Return the number of the newest workflow whose id begins so; -1 when there is none."""
    found = DBOS.list_workflows(workflow_id_prefix=asked, load_input=False, load_output=False)
    return max((int(one.workflow_id.removeprefix(asked)) for one in found), default=-1)


def _workflow(jobs: dict[str, tuple[Job, GiveUp]]) -> Callable[[str, str], None]:
    """Return the one workflow: run a job, some times if it must be, and give up on it in the end."""
    interruptions: Counter[str] = Counter()

    @DBOS.step(name="run", retries_allowed=True, max_attempts=STEP_TRIES, interval_seconds=1.0)
    def run(job: str, subject: str) -> None:
        try:
            jobs[job][0](UUID(subject))
        except Exception as error:
            log.error("%s of %s failed: %s", job, subject, trace(error))
            raise JobFailed(type(error).__name__, not isinstance(error, SURROUNDINGS)) from None

    def is_interrupted_for_good(subject: str) -> bool:
        interruptions[subject] += 1
        return interruptions[subject] >= MOST_INTERRUPTIONS

    @DBOS.workflow(name="job")
    def work(job: str, subject: str) -> None:
        try:
            run(job, subject)
        except dbos_errors.DBOSMaxStepRetriesExceeded as error:
            failed = error.errors[-1]
            name, is_ours = (
                (failed.name, failed.is_ours) if isinstance(failed, JobFailed) else (type(failed).__name__, True)
            )
            reason = f"the worker failed on it: {name}"
            if name == Interrupted.__name__ and is_interrupted_for_good(subject):
                is_ours, reason = True, INTERRUPTED
            if not is_ours:
                log.error("%s of %s waits until its surroundings are well: %s", job, subject, name)
                return
            log.error("%s of %s failed %d times and is put aside", job, subject, STEP_TRIES)
            jobs[job][1](UUID(subject), reason)
        interruptions.pop(subject, None)

    return work


def _make_engine(url: str) -> Engine:
    """Return DBOS's engine; on SQLite it writes ahead, and need not sync: the sweep knows what was lost."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
