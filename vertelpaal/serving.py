"""Serving a web app for real: gunicorn with one process and threads, which WebSockets need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def options(host: str, port: int, threads: int) -> dict[str, Any]:
    """Return how gunicorn serves."""
    return {
        "bind": f"{host}:{port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": threads,
        "timeout": 60,
        "graceful_timeout": 3,
        "control_socket_disable": True,
        "loglevel": "warning",
        "accesslog": None,  # an address and what it asked for, side by side, is of a person
        "limit_request_line": 2048,
        "limit_request_fields": 64,
    }


def serve(make_app: Callable[[], Any], host: str, port: int, threads: int) -> None:
    """Serve until told to stop; `make_app` is called in the serving process, so its threads live there."""
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        def load_config(self) -> None:
            for name, value in options(host, port, threads).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return make_app()

    Application().run()
