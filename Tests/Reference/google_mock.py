"""Stands in for Google's APIs on a loopback port: strict about requests, and stateful enough for a run's life.

    google_mock.py API...        # aiplatform.v1 run.v2 tpu.v2 compute.v1 secretmanager.v1

The first line of output is the port. An API answers under its name: http://127.0.0.1:PORT/run.v2/v2/projects/…
Every request is held against the discovery document of its API; one with faults is answered 400 with all of them.
What the server makes is held against the same documents, so that no test learns from a shape that does not exist.
It ends at the end of its standard input.

Beside the APIs:

    GET  /-/requests                 all requests so far, with their faults
    PUT  /-/resources/API/NAME       merges members into a resource that is there, as the service itself would
    GET  /-/values/API/SCHEMA/FIELD  the values that an enumeration has
    POST /-/check/API/SCHEMA         answers with the faults of the body as an answer of that schema
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from google_discovery import Api
from google_mock_state import SERVICES, Refusal


class Mock:
    """The APIs, what they hold, and what they were asked."""

    def __init__(self, names):
        self.apis = {name: Api(name) for name in names}
        self.services = {name: SERVICES[name]() for name in names}
        self.requests = []
        self.lock = threading.Lock()

    def control(self, verb, path, body):
        """A request of a test's own."""
        parts = path.split("/", 4)[2:]
        if verb == "GET" and parts == ["requests"]:
            return 200, self.requests
        if verb == "GET" and parts[0] == "values":
            schema, field = parts[2].split("/")
            return 200, self.apis[parts[1]].schemas[schema]["properties"][field]["enum"]
        if verb == "PUT" and parts[0] == "resources":
            service = self.services[parts[1]]
            if parts[2] not in service.resources:
                return 404, {"known": list(service.resources)}
            service.resources[parts[2]].update(json.loads(body))
            return 200, service.resources[parts[2]]
        if verb == "POST" and parts[0] == "check":
            return 200, self.apis[parts[1]].resource_faults(parts[2], json.loads(body))
        return 404, {}

    def call(self, verb, target, headers, body):
        """A request of one of the APIs."""
        url = urlsplit(target)
        _, name, path = url.path.split("/", 2)
        path = "/" + unquote(path)
        api = self.apis.get(name)
        if api is None:
            return 404, _error(404, "NOT_FOUND", f"no API {name}")
        query = parse_qsl(url.query, keep_blank_values=True)
        method, faults = api.faults(verb, path, query, headers.get("content-type", ""), body)
        if not headers.get("authorization", "").startswith("Bearer "):
            faults = faults + ["no bearer token"]
        value = json.loads(body) if body and method and method.request and not faults else {}
        self.requests.append(
            {
                "api": name, "method": method.id if method else None, "verb": verb, "path": path,
                "query": dict(query), "body": json.loads(body) if body else None, "faults": faults,
            }
        )
        if faults:
            return 400, _error(400, "INVALID_ARGUMENT", "; ".join(faults))
        try:
            answer = self.services[name].answer(method, path, dict(query), value)
        except Refusal as refusal:
            return refusal.status, _error(refusal.status, refusal.name, refusal.message)
        wrong = api.resource_faults(method.response, answer) if method.response else []
        if wrong:
            self.requests[-1]["faults"] = [f"the stand-in's own answer: {fault}" for fault in wrong]
            return 500, _error(500, "INTERNAL", "; ".join(wrong))
        return 200, answer


def _error(status, name, message):
    return {"error": {"code": status, "status": name, "message": message}}


def handler(mock):
    """A handler of requests for a stand-in."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            with mock.lock:
                if self.path.startswith("/-/"):
                    status, answer = mock.control(self.command, unquote(self.path), body)
                else:
                    status, answer = mock.call(self.command, self.path, self.headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

        def log_message(self, *_):
            pass

    return Handler


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(Mock(sys.argv[1:])))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
