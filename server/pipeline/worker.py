"""The worker: sweeps for envelopes and recordings that wait, and says that it is alive."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from server.database import Database
from server.pipeline.attempts import Attempts
from server.pipeline.janitor import Janitor
from server.pipeline.settling import Folders
from server.pipeline.transcription import give_up, transcribe_recording, untranscribed, wait_for_model
from server.pipeline.unpack import Unpacker
from server.pipeline.work import GiveUp, Job, Work
from server.privacy.periods import WORK_KEPT
from server.speech.transcriber import Transcriber
from server.tables import EnvelopeRow, EnvelopeState, RecordingRow, WorkerRow
from vertelpaal.clock import Clock
from vertelpaal.errors import ModelError
from vertelpaal.traces import trace

log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.5
MODEL_SECONDS = 10.0
"""How often a worker without a model looks whether one has arrived."""
ALIVE_SECONDS = 5.0
BATCH = 50
MOST = 5000
"""How many waiting rows a sweep looks at, so that some that cannot be done now hold up no others."""
ASK_AGAIN_SECONDS = 60.0
LONGEST_SECONDS = 1800.0
"""What waits for its surroundings is asked for again at growing distances, up to this one."""
UNPACK = "unpack"
TRANSCRIBE = "transcribe"


class _Asked(NamedTuple):
    """When something is asked for again if it still waits, in monotonic seconds, and the pause before that."""

    again_at: float
    pause: float


class Worker:
    """Ties the pipeline together; `find_transcriber` returns None while there is no speech model."""

    def __init__(
        self,
        *,
        name: str,
        database: Database,
        folders: Folders,
        unpacker: Unpacker,
        find_transcriber: Callable[[], Transcriber | None],
        work_url: str,
        clock: Clock,
        concurrency: int,
        janitor: Janitor,
        is_running: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._name = name
        self._database = database
        self._folders = folders
        self._find_transcriber = find_transcriber
        self._clock = clock
        self._transcriber: Transcriber | None = None
        self._looked_for_model: float | None = None
        self._speaking = threading.Lock()
        self._said_alive: float | None = None
        self._asked: dict[str, dict[UUID, _Asked]] = {}
        self._janitor = janitor
        self._opening = unpacker.attempts
        self._transcribing = Attempts(database, RecordingRow)
        jobs: dict[str, tuple[Job, GiveUp]] = {
            UNPACK: (unpacker.unpack, unpacker.quarantine),
            TRANSCRIBE: (self._transcribe, lambda subject, reason: give_up(database, subject, reason, clock)),
        }
        self._work = Work(work_url, name, jobs, concurrency, is_running)

    def run(self, ended: threading.Event) -> None:
        """Work until told to end."""
        self._register()
        cleaned_at = self._janitor.clean()
        self._work.start()
        self._forget_work(cleaned_at)
        try:
            while not ended.wait(SWEEP_SECONDS):
                try:
                    self.sweep()
                except Exception as error:
                    log.error("a sweep failed; the next one goes on: %s", trace(error))
        finally:
            self._work.stop()
            for attempts in (self._opening, self._transcribing):
                attempts.forgive_unfinished()  # what a stop breaks off did not stop this worker

    def sweep(self) -> None:
        """Turn what waits into work, and say that this worker is alive."""
        self._look_for_model()
        with self._database.reading() as session:
            envelopes = session.scalars(
                select(EnvelopeRow.visit_id)
                .where(EnvelopeRow.state == EnvelopeState.RECEIVED)
                .order_by(EnvelopeRow.received_at)
                .limit(MOST)
            ).all()
            recordings = untranscribed(session, MOST) if self._transcriber else []
        model = self._transcriber.identity.sha256[:16] if self._transcriber else ""
        self._ask(UNPACK, envelopes, "")
        self._ask(TRANSCRIBE, recordings, model)
        if self._transcriber is None:
            wait_for_model(self._database, self._clock)
        self._say_alive()
        self._forget_work(self._janitor.clean_now_and_then())

    def _forget_work(self, now: datetime | None) -> None:
        """Forget work that ended long ago, when the janitor has cleaned and believes that it is `now`."""
        if now is not None:
            self._work.forget_ended(now - WORK_KEPT)

    def _ask(self, job: str, waiting: Sequence[UUID], occasion: str) -> None:
        """Ask for what waits, a batch at a time; what still waits a good while later is asked for again."""
        now = self._clock.monotonic()
        asked = self._asked.setdefault(job, {})
        due = [one for one in waiting if one not in asked or asked[one].again_at <= now][:BATCH]
        for subject in due:
            self._work.enqueue(job, subject, occasion)
            pause = min(asked[subject].pause * 2, LONGEST_SECONDS) if subject in asked else ASK_AGAIN_SECONDS
            asked[subject] = _Asked(now + pause, pause)
        for done in asked.keys() - set(waiting):
            del asked[done]
            self._work.forget_asked(job, done, occasion)

    def _transcribe(self, recording_id: UUID) -> None:
        """Transcribe one recording at a time, as the model uses every core by itself; without a model it waits on."""
        if self._transcriber is None:
            return
        with self._speaking:
            transcribe_recording(
                self._database, self._folders.media, self._transcriber, recording_id, self._clock, self._transcribing
            )

    def _look_for_model(self) -> None:
        if self._transcriber is not None:
            return
        now = self._clock.monotonic()
        if self._looked_for_model is not None and now - self._looked_for_model < MODEL_SECONDS:
            return
        self._looked_for_model = now
        try:
            self._transcriber = self._find_transcriber()
        except ModelError as error:
            log.error("recordings wait: %s", error)
        if self._transcriber is not None:
            log.info("speech model: %s", self._transcriber.identity.name)

    def _register(self) -> None:
        self._look_for_model()
        now = self._clock.now()
        with self._database.transaction() as session:
            row = session.get(WorkerRow, self._name)
            if row is None:
                session.add(WorkerRow(id=self._name, started_at=now, last_seen_at=now))
            else:
                row.started_at = row.last_seen_at = now

    def _say_alive(self) -> None:
        now = self._clock.monotonic()
        if self._said_alive is not None and now - self._said_alive < ALIVE_SECONDS:
            return
        self._said_alive = now
        with self._database.transaction() as session:
            row = session.get_one(WorkerRow, self._name)
            row.last_seen_at = self._clock.now()
            row.model = self._transcriber.identity.name if self._transcriber else None
