"""What execnet starts in the place of a worker: has one forked, passes its own standard streams on, and ends with it.

A script, run by `python -I -S`: it is started for each worker, so it imports nothing that it can do without. Then it
becomes a shell that waits, which takes a tenth of the memory.
"""

import os
import signal
import socket
import sys

# The status comes on the standard input; its end without one is the end of the server.
_WAIT = 'read -r status; exit "${status:-1}"'


def main(address: str, worker: list[str]) -> None:
    """Ask the server at `address` for a worker; where there is none any more, become a plain one.

    Args:
        address: Name of a socket in Linux's abstract namespace.
        worker: The options of Python's command line by which execnet starts a worker. The last is its code.
    """
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(f"\0{address}")
        # Such a name can be taken by anybody once the server has ended.
        is_ours = server.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8] == os.getuid().to_bytes(
            4, sys.byteorder
        )
    except OSError:
        is_ours = False
    if not is_ours:
        sys.stderr.write("pare: workers can no longer be forked; this one takes more time and memory\n")
        os.execv(sys.executable, [sys.executable, *worker])  # noqa: S606 - what execnet would have started
    environment = [name + b"=" + value for name, value in os.environb.items()]
    order = b"\0".join([os.fsencode(worker[-1]), os.getcwdb(), *environment])  # noqa: PTH109 - pathlib is slow to import
    socket.send_fds(server, [len(order).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(order)
    # Ctrl-C, and SIGTERM to the process group, are the worker's business.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # No copy of the worker's streams may stay here: their end is how its death is seen.
    null = os.open(os.devnull, os.O_RDWR)
    for target, source in enumerate((server.fileno(), null, null)):
        os.dup2(source, target)
    os.execv("/bin/sh", ["sh", "-c", _WAIT])  # noqa: S606 - a fixed script


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
