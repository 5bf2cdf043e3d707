#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The host that vm-tests/servers/escapes attacks, in FOLDER: a service like docker's, which obeys whoever connects to
`sock` (it makes `obeyed`), and a process with a secret in its memory, at the address in `address`: while it isn't what
it was, `changed` is there."""
import ctypes
import socket
import sys
from pathlib import Path

folder = Path(sys.argv[1])
WAS = b"as it was, and as it should stay"
memory = ctypes.create_string_buffer(WAS)
(folder / "address.new").write_text(f"{ctypes.addressof(memory)}\n", encoding="ascii")
server = socket.socket(socket.AF_UNIX)
server.bind(str(folder / "sock"))
server.listen(8)
server.settimeout(0.1)
(folder / "address.new").rename(folder / "address")
while True:
    if memory.value != WAS:
        (folder / "changed").touch()
        memory.value = WAS
    try:
        asked, _ = server.accept()
    except TimeoutError:
        continue
    with asked:
        asked.settimeout(5)
        word = asked.recv(64)
        if word:
            (folder / "obeyed").touch()
            asked.sendall(word)
