"""Records what the gcloud command line sends for the order of Tests/ComputeTiersTests/Google/Golden/order.json.

    gcloud_golden.py [FOLDER]      # writes vertex.json, cloud-run-job.json, tpu.json and compute-engine.json

gcloud speaks through a proxy on a loopback port that answers everything itself; no account and no network is needed.
The files are the golden ones that the tiers' own requests are compared with; a run with FOLDER elsewhere shows what a
newer gcloud sends.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "ComputeTiersTests" / "Google" / "Golden"
APIS = {"aiplatform": "", "run": "", "tpu": "", "compute": "compute/v1/"}


class Recorder(BaseHTTPRequestHandler):
    """A proxy that answers instead of passing on, and keeps every request that creates."""

    protocol_version = "HTTP/1.1"
    requests = []

    def respond(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        if self.command == "POST":
            query = "&".join(sorted(part for part in url.query.split("&") if part and part != "alt=json"))
            path = url.path + ("?" + query if query else "")
            value = json.loads(body)
            self.requests.append({"method": "POST", "host": url.netloc, "path": path, "body": without_nonce(value)})
            status, answer = 200, self.created(url.path, value)
        else:
            status, answer = 404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "nothing is here"}}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def created(self, path, body):
        if path.endswith("customJobs"):
            return {"name": path.removeprefix("/v1/") + "/1", "state": "JOB_STATE_PENDING"}
        if "/namespaces/" in path:
            return body
        if path.startswith("/compute/"):
            zone = "http://compute.invalid" + path.rsplit("/", 1)[0]
            link = f"{zone}/operations/operation-1"
            made = {"kind": "compute#operation", "name": "operation-1", "status": "DONE"}
            return {**made, "selfLink": link, "zone": zone}
        return {"name": "projects/p/locations/l/operations/operation-1", "done": True}

    do_GET = do_POST = respond

    def log_message(self, *_):
        pass


def without_nonce(value):
    """The request without the random label by which gcloud knows its own executions again."""
    if isinstance(value, dict):
        return {name: without_nonce(member) for name, member in value.items() if name != "client.knative.dev/nonce"}
    return [without_nonce(element) for element in value] if isinstance(value, list) else value


def labels(order):
    """What TrainerContainer.labels(for:) makes."""
    store = order["variables"]["SIGNALBOX_TRAINING_BUCKET"] + "/" + order["variables"].get("SIGNALBOX_PREFIX", "")
    return {
        "signalbox-run": run_name(order),
        "signalbox-deployment": hashlib.sha256(store.encode()).hexdigest()[:16],
        "signalbox-job": order["job_id"],
        "signalbox-attempt": str(order["attempt"]),
        "signalbox-robot": order["robot_id"],
    }


def run_name(order):
    return f"signalbox-{order['job_id']}-a{order['attempt']}"


def pairs(values):
    return ",".join(f"{name}={value}" for name, value in sorted(values.items()))


def commands(order, scratch):
    """The command lines a person would write for the order, one a tier."""
    places = {tier: place.split("/") for tier, place in order["places"].items()}
    name, seconds = run_name(order), order["run_seconds_max"]
    account = f"--service-account={order['service_account']}"
    machine, accelerator = places["vertex"][2].split("+")
    kind, count = accelerator.split(":")
    config = scratch / "job.json"
    config.write_text(json.dumps(vertex_config(order, machine, kind.upper().replace("-", "_"), int(count))))
    startup = scratch / "startup"
    startup.write_text("the startup script\n")
    yield "vertex", [
        "ai", "custom-jobs", "create", f"--region={places['vertex'][1]}", f"--display-name={name}",
        f"--config={config}", f"--labels={pairs(labels(order))}", account,
    ]
    cpus, memory = places["cloud-run-job"][2].split("-")
    yield "cloud-run-job", [
        "run", "jobs", "create", name, f"--region={places['cloud-run-job'][1]}", f"--image={order['image']}",
        f"--args=--spec,{order['spec']}", f"--set-env-vars={pairs(order['variables'])}",
        f"--labels={pairs(labels(order))}", "--max-retries=0", f"--task-timeout={seconds}",
        f"--cpu={cpus.removesuffix('cpu')}", f"--memory={memory}", "--tasks=1", "--parallelism=1", account, "--async",
    ]
    yield "tpu", [
        "compute", "tpus", "queued-resources", "create", name, f"--zone={places['tpu'][1]}",
        f"--accelerator-type={places['tpu'][2]}", "--runtime-version=v2-alpha-tpuv5-lite", f"--node-id={name}",
        "--spot", f"--labels={pairs(labels(order))}", f"--metadata-from-file=startup-script={startup}", account,
        "--scopes=https://www.googleapis.com/auth/cloud-platform", "--async",
    ]
    yield "compute-engine", [
        "compute", "instances", "create", name, f"--zone={places['compute-engine'][1]}", f"--machine-type={machine}",
        f"--accelerator=type={kind},count={count}", "--maintenance-policy=TERMINATE", "--no-restart-on-failure",
        "--provisioning-model=SPOT", "--instance-termination-action=DELETE", f"--max-run-duration={seconds}s",
        "--image-family=cos-stable", "--image-project=cos-cloud", "--boot-disk-size=100GB", account,
        "--scopes=cloud-platform", f"--labels={pairs(labels(order))}",
        f"--metadata-from-file=startup-script={startup}", "--async",
    ]


def vertex_config(order, machine, kind, count):
    """The CustomJobSpec of --config: what gcloud has no flags for."""
    environment = [{"name": name, "value": value} for name, value in sorted(order["variables"].items())]
    return {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": machine, "acceleratorType": kind, "acceleratorCount": count},
                "replicaCount": 1,
                "containerSpec": {
                    "imageUri": order["image"], "args": ["--spec", order["spec"]], "env": environment,
                },
            }
        ],
        "scheduling": {
            "timeout": f"{order['run_seconds_max']}s", "strategy": "SPOT", "disableRetries": True,
            "restartJobOnWorkerRestart": False,
        },
    }


def main():
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else GOLDEN
    order = json.loads((GOLDEN / "order.json").read_text())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ, "CLOUDSDK_CONFIG": folder, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_PROJECT": order["project"], "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true", "CLOUDSDK_PROXY_TYPE": "http",
            "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1", "CLOUDSDK_PROXY_PORT": str(server.server_address[1]),
        }
        for api, path in APIS.items():
            environment[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}"] = f"http://{api}.invalid/{path}"
        for tier, command in commands(order, pathlib.Path(folder)):
            Recorder.requests.clear()
            done = subprocess.run(["gcloud", *command], env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0 or len(Recorder.requests) != 1:
                sys.exit(f"{tier}: {len(Recorder.requests)} requests\n{done.stderr}")
            (target / f"{tier}.json").write_text(json.dumps(Recorder.requests[0], indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
