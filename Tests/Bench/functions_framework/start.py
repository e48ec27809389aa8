"""Measures how soon a function gives its first answer, and how much memory it has then.

    python3 start.py --runs 9 --event ../../../events/storage-archive-finalized.json -- gcs-upload

prints one JSON object: milliseconds from exec to the first answer, its status, and the resident kilobytes of the
process and its children. The command is started with PORT set to a free port, and stopped by SIGTERM. An answer that is
no success ends the measurement with an error: a failure is sooner than the work.
"""

import argparse
import base64
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time

LIMIT_SECONDS = 60


def processes(pid):
    """The process and all that descend from it."""
    found = [pid]
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        for child in children.read().split():
            found += processes(int(child))
    return found


def resident(pid):
    """Resident kilobytes, pages shared between the processes counted once for each (as RSS is)."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def free_port():
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(port, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
    connection.request("POST", "/", body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def run(command, headers, body):
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=dict(os.environ, PORT=str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                status = ask(port, headers, body)
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > LIMIT_SECONDS:
                    sys.exit(f"{command[0]} did not answer")
                time.sleep(0.0005)
        milliseconds = 1000 * (time.perf_counter() - started)
        if not 200 <= status < 300:
            sys.exit(f"{command[0]} answered with the status {status}")
        return milliseconds, sum(resident(pid) for pid in processes(process.pid)), status
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--event", required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    with open(options.event) as file:
        event = json.load(file)
    body = base64.b64decode(event["body_base64"]) if "body_base64" in event else json.dumps(event["body"]).encode()
    runs = [run(options.command, event["headers"], body) for _ in range(options.runs)]
    print(
        json.dumps(
            {
                "milliseconds": round(statistics.median(run[0] for run in runs), 1),
                "resident_kilobytes": statistics.median(run[1] for run in runs),
                "statuses": sorted({run[2] for run in runs}),
            }
        )
    )


if __name__ == "__main__":
    main()
