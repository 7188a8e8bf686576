#!/bin/sh
# distributed 2026.8.0: after a worker has died, calls of `client.get_executor()` are executed again although their
# results were delivered, as long as their concurrent.futures.Future is kept. Of ten calls that have returned to the
# caller, those of the dead worker write a second line. With the futures dropped, none does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check distributed==2026.8.0 dask==2026.8.0
cat > probe.py <<'PY'
import logging, os, sys, time
from pathlib import Path

import dask
from distributed import Client, LocalCluster
from distributed.scheduler import KilledWorker


def call(directory, number):
    with open(f"{directory}/{number}", "a") as file:
        file.write("x")
    return number


def die():
    os._exit(1)


def executions(directory, keep):
    directory.mkdir()
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as cluster, Client(cluster) as client:
        executor = client.get_executor()
        futures = [executor.submit(call, str(directory), number) for number in range(10)]
        assert [future.result() for future in futures] == list(range(10))
        if not keep:
            futures.clear()
            time.sleep(1)
        try:
            executor.submit(die).result()
        except KilledWorker:
            pass
        time.sleep(5)
        assert all(future.done() for future in futures)
    return sum(len(path.read_text()) for path in directory.iterdir())


# A call whose worker dies fails at once.
dask.config.set({"distributed.scheduler.allowed-failures": 0})

if __name__ == "__main__":
    kept, dropped = executions(Path("kept"), True), executions(Path("dropped"), False)
    print(f"executions of ten finished calls: {kept} with their futures kept, {dropped} with them dropped")
    sys.exit(not (kept > 10 and dropped == 10))
PY
env/bin/python probe.py 2>/dev/null
