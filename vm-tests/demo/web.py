# SPDX-License-Identifier: Apache-2.0
"""The two ends of nginx: a client that sends a request, and the upstream that answers it.

Plain sockets: where the demo runs every program is emulated, and the library's HTTP modules take longer to
import than all requests together.
"""
import socket
import threading
import time
import zlib
from typing import NamedTuple

PATIENCE = 20.0  # seconds for one answer


class Answer(NamedTuple):
    status: int
    body: bytes


class NoAnswer(Exception):
    """The connection was refused, broke or said nothing that is HTTP."""


class Request:
    """One request, which can be sent in two halves."""

    def __init__(self, port, path, body=b"", headers=()):
        lines = [
            f"{'POST' if body else 'GET'} {path} HTTP/1.1",
            "Host: localhost",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers),
        ]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.port = port
        self.data = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        self.sent = 0
        self.socket = None

    def send(self, until=None):
        """Sends what is not sent yet, up to byte `until`."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            self.socket.sendall(self.data[self.sent : until])
        except OSError as error:
            raise NoAnswer(f"port {self.port}: {error.strerror or error}") from error
        self.sent = len(self.data) if until is None else until

    def answer(self):
        """Reads the whole answer; sends the rest before."""
        self.send()
        data = b""
        try:
            with self.socket:
                while piece := self.socket.recv(65536):
                    data += piece
        except OSError as error:
            raise NoAnswer(f"port {self.port}: {error.strerror or error}") from error
        head, separator, body = data.partition(b"\r\n\r\n")
        words = head.split(None, 2)
        if not separator or len(words) < 2 or not words[1].isdigit():
            raise NoAnswer(f"port {self.port}: the connection ended without an answer")
        return Answer(int(words[1]), body)


def fetch(port, path, body=b"", headers=()):
    return Request(port, path, body, headers).answer()


def await_answer(port, path, wanted, seconds=PATIENCE):
    """Asks again until the answer has the body `wanted`; the last answer."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = fetch(port, path)
        except NoAnswer as error:
            answer = Answer(0, str(error).encode())
        if answer.body == wanted or time.monotonic() > end:
            return answer
        time.sleep(0.1)


class Upstream(threading.Thread):
    """A server behind nginx: answers each POST with a checksum of what arrived."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", port))

    @staticmethod
    def receipt(body):
        return f"upstream received {len(body)} bytes, checksum {zlib.crc32(body):08x}\n".encode()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(PATIENCE)
                try:
                    body = self.receipt(self.read_body(connection))
                    head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    connection.sendall(head + body)
                except (OSError, ValueError):
                    pass  # nginx then answers 502, and the request counts as failed

    @staticmethod
    def read_body(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                raise ValueError("no request")
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            piece = connection.recv(65536)
            if not piece:
                raise ValueError("half a request")
            body += piece
        return body
