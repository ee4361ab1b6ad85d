"""The pole's line to the library's server: publications down; envelopes and status up. Visits never wait for it."""

from __future__ import annotations

import hashlib
import logging
import random
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.outbox import Outbox
from kiosk.server_client import RefusedByServer, ServerClient
from kiosk.shelf import Shelf, Token
from vertelpaal import __version__
from vertelpaal.assignment import Assignment, KioskStatus, PairingOffer
from vertelpaal.clock import Clock
from vertelpaal.errors import InvalidInput, NotAllowed, NotFound, ServerUnreachable, VertelpaalError
from vertelpaal.publication import Publication

log = logging.getLogger(__name__)

FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
MOST_TROUBLES = 5
"""How many envelopes may give trouble in one try, so that a backlog is no storm on a server that is in trouble."""


class Uplink:
    """Keeps trying, with growing waits; tells the agent what is new by the callbacks it is given."""

    def __init__(
        self,
        *,
        client: ServerClient,
        shelf: Shelf,
        outbox: Outbox,
        clock: Clock,
        rng: random.Random,
        on_publication: Callable[[Publication], None],
        on_pairing: Callable[[PairingOffer | None], None],
        seconds: float,
    ) -> None:
        self._client = client
        self._shelf = shelf
        self._outbox = outbox
        self._clock = clock
        self._rng = rng
        self._on_publication = on_publication
        self._on_pairing = on_pairing
        self._seconds = seconds
        self._offer: PairingOffer | None = None
        self._refused: set[str] = set()
        self._troubles: Counter[str] = Counter()
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self._wait = FIRST_WAIT
        self._server_time_at_zero: datetime | None = None
        """What the server's clock said when the pole's monotonic seconds were zero, when it last was to be believed."""

    @property
    def clock_offset(self) -> float | None:
        """Return the seconds to add to the pole's clock now; None before the first contact of this run.

        It is told by the server's clock and the seconds since, which run on when the pole's clock jumps.
        """
        if self._server_time_at_zero is None:
            return None
        true_time = self._server_time_at_zero + timedelta(seconds=self._clock.monotonic())
        return (true_time - self._clock.now()).total_seconds()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request that is under way."""
        self._ended.set()
        self._woken.set()
        self._thread.join(timeout=5)

    def wake(self) -> None:
        """Look at the outbox now: something was sealed."""
        self._woken.set()

    def once(self) -> float:
        """Do what there is to do, and return after how many seconds to come back.

        Raises:
            VertelpaalError: it could not be finished; nothing is lost by trying again.
        """
        token = self._shelf.token()
        if token is None:
            return self._pair()
        try:
            trouble = self._try_news(token)
            self._deliver(token)
            if trouble is not None:
                raise trouble
        except NotAllowed:
            log.warning("the server no longer takes this pole's token; a new pairing is needed")
            self._shelf.drop_token()
            return FIRST_WAIT
        return self._seconds

    def step(self) -> float:
        """Do what there is to do, whatever comes of it, and return after how many seconds to come back.

        Every wait differs a little, so that poles that lost the server together do not come back together.
        """
        self._woken.clear()
        try:
            pause = self.once()
            self._wait = FIRST_WAIT
            return pause * self._rng.uniform(0.9, 1.1)
        except (VertelpaalError, OSError) as error:
            log.info("not all could be done now: %s", error)
        except Exception as error:
            log.error("the uplink stumbled and goes on: %s", type(error).__name__)
        self._woken.clear()  # what was sealed meanwhile waits for the same next try
        pause = self._wait * self._rng.uniform(0.5, 1.5)
        self._wait = min(self._wait * 2, LONGEST_WAIT)
        return pause

    def _run(self) -> None:
        while not self._ended.is_set():
            pause = self.step()
            if not self._ended.is_set():
                self._woken.wait(pause)

    def _pair(self) -> float:
        if self._offer is None:
            self._offer = self._client.offer_pairing()
            self._on_pairing(self._offer)
        try:
            token = self._client.claim_token(self._offer.device_code)
        except NotFound:
            self._offer = None
            return FIRST_WAIT
        if token is None:
            return float(self._offer.interval)
        self._shelf.keep_token(token)
        self._offer = None
        self._on_pairing(None)
        return 0.0

    def _try_news(self, token: Token) -> Exception | None:
        """Fetch what is new; what goes wrong there waits until the envelopes are delivered."""
        try:
            self._fetch_news(token)
        except NotAllowed:
            raise
        except Exception as error:  # whatever it is: a pole that takes no news still gives its envelopes
            return error
        return None

    def _fetch_news(self, token: Token) -> None:
        assignment = self._check_in(token)
        self._shelf.keep_assignment(assignment)
        if assignment.publication is None:
            return
        publication = self._shelf.publication()
        if publication is None or self._shelf.publication_sha256() != assignment.publication_sha256:
            publication, document = self._client.publication(token, assignment.publication)
            if hashlib.sha256(document).hexdigest() != assignment.publication_sha256:
                raise ServerUnreachable("the publication arrived with another hash")
            for sha256 in self._shelf.missing_files(publication):
                self._fetch_file(token, sha256)
            self._shelf.keep_publication(publication, document)
        self._on_publication(publication)

    def _check_in(self, token: Token) -> Assignment:
        before = self._clock.monotonic()
        assignment = self._client.check_in(token, self.status())
        middle = (before + self._clock.monotonic()) / 2
        if assignment.time_is_believed:
            self._server_time_at_zero = assignment.server_time - timedelta(seconds=middle)
        return assignment

    def _fetch_file(self, token: Token, sha256: str) -> None:
        try:
            self._shelf.keep_file(sha256, lambda file: self._client.fetch_file(token, sha256, file))
        except InvalidInput as error:
            raise ServerUnreachable(error.message) from error

    def _deliver(self, token: Token) -> None:
        """Send every envelope, oldest first; one that cannot go now stays, and lets the others go first from then on.

        Raises:
            Exception: the first trouble with an envelope, once the others had their turn.
            ServerUnreachable: nothing answers, so the others need not try.
        """
        troubles: list[Exception] = []
        for sealed in sorted(self._outbox.waiting(), key=lambda sealed: self._troubles[sealed.file.name]):
            if self._ended.is_set() or len(troubles) == MOST_TROUBLES:
                break
            if sealed.file.name in self._refused:
                continue
            try:
                self._outbox.confirm(sealed, self._client.deliver(token, sealed))
            except (RefusedByServer, NotFound) as error:
                log.error("the server refuses an envelope, which stays here: %s", error.code)
                self._refused.add(sealed.file.name)
            except (NotAllowed, ServerUnreachable):
                raise
            except Exception as error:
                log.warning("an envelope cannot go now, and stays here: %s", type(error).__name__)
                self._troubles[sealed.file.name] += 1
                troubles.append(error)
        if troubles:
            raise troubles[0]

    def status(self) -> KioskStatus:
        """Return how the pole is."""
        waiting = self._outbox.waiting()
        assignment = self._shelf.assignment()
        return KioskStatus(
            software=__version__,
            queue=len(waiting),
            oldest_sequence=int(waiting[0].file.name.split("-", 1)[0]) if waiting else None,
            refused=len(self._refused),
            free_bytes=shutil.disk_usage(self._outbox.folder).free,
            publication=assignment.publication if assignment else None,
            seals_to=assignment.public_key if assignment else None,
        )
