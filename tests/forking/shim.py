"""The shim that execnet starts in the place of a worker: requests a forked worker.

It is a script for `python -I -S` with few imports, because it runs once for each worker. Then it becomes a shell that
waits, which needs a tenth of the memory.
"""

import os
import signal
import socket
import sys

# The status comes on the standard input. Its end without a status means that the server has ended.
_WAIT = 'read -r status; exit "${status:-1}"'


def main(address: str, worker: list[str]) -> None:
    """Request a worker from the server; without a server, become a plain worker.

    Args:
        address: Name of a socket in Linux's abstract namespace.
        worker: The options of Python's command line by which execnet starts a worker. The last is its code.
    """
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(f"\0{address}")
        # After the end of the server, another user could take its name.
        is_ours = server.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8] == os.getuid().to_bytes(
            4, sys.byteorder
        )
    except OSError:
        is_ours = False
    if not is_ours:
        sys.stderr.write("pare: workers can no longer be forked; this one takes more time and memory\n")
        os.execv(sys.executable, [sys.executable, *worker])
    environment = [name + b"=" + value for name, value in os.environb.items()]
    order = b"\0".join([os.fsencode(worker[-1]), os.getcwdb(), *environment])  # noqa: PTH109 - pathlib is slow to import
    socket.send_fds(server, [len(order).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(order)
    # The worker handles Ctrl-C, and SIGTERM to the process group.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # No copy of the worker's streams may stay open here: the controller sees the worker's death by their end.
    null = os.open(os.devnull, os.O_RDWR)
    for target, source in enumerate((server.fileno(), null, null)):
        os.dup2(source, target)
    os.execv("/bin/sh", ["sh", "-c", _WAIT])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
