"""The stand-in on a loopback port, with the standard library's WSGI server on threads."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from epass.errors import ConfigError
from epass.sandbox.app import Sandbox

HOST = "127.0.0.1"
_IDLE_LIMIT = 30.0  # seconds that a connection may stay silent


class _Handler(WSGIRequestHandler):
    timeout = _IDLE_LIMIT

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: ``Sandbox(on_request=...)`` reports, without what a path may hold."""


class _Server(ThreadingMixIn, WSGIServer):
    """Joins its threads when it is closed, and closes their connections so that they end."""

    daemon_threads = False
    # On Windows SO_REUSEADDR would let two servers share the port; elsewhere it only skips the
    # wait after a server on this port has ended.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, app: Sandbox) -> None:
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((HOST, port), _Handler)
        self.set_app(app)

    def server_bind(self) -> None:
        """Bind without the base class's reverse look-up of the host, which can take seconds."""
        if sys.platform == "win32":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        TCPServer.server_bind(self)
        self.server_name = HOST
        self.server_port = self.server_address[1]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away or says nothing is its own matter; the rest is a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # its client has closed it
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


@contextmanager
def serve(sandbox: Sandbox, *, port: int = 0) -> Iterator[str]:
    """Serve ``sandbox`` on ``port`` of the loopback interface, or on a free one; the base URL.

    Raises:
        ConfigError: the port cannot be had, another program (or another sandbox) has it.
    """
    if not 0 <= port < 65536:
        raise ConfigError("the port is not 0 to 65535")
    try:
        server = _Server(port, sandbox)
    except OSError as exc:
        raise ConfigError(
            f"port {port} cannot be used ({exc.strerror})",
            advice="Choose another port, or end the program that uses this one.",
        ) from None
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="epass-sandbox"
    )
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        sandbox.stop()
        server.shutdown()
        thread.join()
        server.server_close()
