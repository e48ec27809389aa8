"""What the stand-in for Google's APIs holds: just enough of each service for the life of a run."""

import base64
import re

CREATED = "2026-01-02T03:04:05.678Z"
TERM = re.compile(r"\(?([\w.-]+)\s*(!=|=|eq)\s*\"?([^\"()]*)\"?\)?")


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status, name, message):
        super().__init__(message)
        self.status, self.name, self.message = status, name, message


class Service:
    """Resources by name, in the order in which they were made."""

    prefix = ""

    def __init__(self):
        self.resources = {}
        self.made = 0

    def answer(self, method, path, query, body):
        """What a method answers, by its name."""
        name = path.removeprefix(self.prefix)
        return getattr(self, "on_" + re.sub(r"\W", "_", method.name))(name, query, body)

    def number(self):
        self.made += 1
        return self.made

    def find(self, name):
        if name not in self.resources:
            raise Refusal(404, "NOT_FOUND", f"{name} was not found")
        return self.resources[name]

    def make(self, name, resource):
        if name in self.resources:
            raise Refusal(409, "ALREADY_EXISTS", f"{name} is there already")
        self.resources[name] = resource
        return resource

    def listed(self, parent, query):
        """The resources directly under a parent for which the filter holds."""
        return [
            resource for name, resource in self.resources.items()
            if name.rsplit("/", 1)[0] == parent and matches(resource, query.get("filter", ""))
        ]

    def on_get(self, name, query, body):
        return self.find(name)


def matches(resource, text):
    """Whether a filter of equalities joined by AND holds; one that is more is refused."""
    for term in filter(None, re.split(r"\s+AND\s+|(?<=\))\s*(?=\()", text)):
        found = TERM.fullmatch(term.strip())
        if not found:
            raise Refusal(400, "INVALID_ARGUMENT", f"the stand-in does not understand the filter {term!r}")
        field, sign, wanted = found.groups()
        holder, _, key = field.partition(".")
        value = resource.get(holder, {}).get(key) if key else resource.get(holder)
        if (value == wanted) == (sign == "!="):
            return False
    return True


def operation(parent, number):
    return {"name": f"{parent}/operations/operation-{number}", "done": False}


def parent_of(name):
    return "/".join(name.split("/")[:4])


class VertexAI(Service):
    prefix = "/v1/"

    def on_create(self, name, query, body):
        job = {**body, "state": "JOB_STATE_PENDING"}
        number = self.number()
        job["createTime"] = job["updateTime"] = CREATED.replace(":05.", f":{number:02}.")
        job["name"] = f"{name}/{1000 + number}"
        return self.make(job["name"], job)

    def on_list(self, name, query, body):
        return {"customJobs": self.listed(name, query)}

    def on_cancel(self, name, query, body):
        job = self.find(name.removesuffix(":cancel"))
        if job["state"] in ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"):
            raise Refusal(400, "FAILED_PRECONDITION", "the job is over")
        job["state"] = "JOB_STATE_CANCELLING" if job["state"] == "JOB_STATE_RUNNING" else "JOB_STATE_CANCELLED"
        return {}


class CloudRun(Service):
    prefix = "/v2/"

    def on_create(self, name, query, body):
        job = self.make(f"{name}/{query['jobId']}", {**body, "name": f"{name}/{query['jobId']}"})
        job["createTime"] = CREATED
        identity = f"{query['jobId']}-{body['startExecutionToken']}"
        job["latestCreatedExecution"] = {"name": identity, "completionStatus": "EXECUTION_PENDING"}
        execution = f"{job['name']}/executions/{identity}"
        self.make(execution, {"name": execution, "job": query["jobId"], "taskCount": 1, "createTime": CREATED})
        return operation(parent_of(name), self.number())

    def on_list(self, name, query, body):
        kind = name.rsplit("/", 1)[1]
        return {kind: self.listed(name, query)}

    def on_cancel(self, name, query, body):
        condition = {"type": "Completed", "state": "CONDITION_RECONCILING", "executionReason": "CANCELLING"}
        self.find(name.removesuffix(":cancel"))["conditions"] = [condition]
        return operation(parent_of(name), self.number())

    def on_delete(self, name, query, body):
        self.find(name)
        self.resources = {key: value for key, value in self.resources.items() if not f"{key}/".startswith(f"{name}/")}
        return operation(parent_of(name), self.number())


class CloudTPU(Service):
    prefix = "/v2/"

    def on_create(self, name, query, body):
        identity = query.get("queuedResourceId") or query["nodeId"]
        resource = self.make(f"{name}/{identity}", {**body, "name": f"{name}/{identity}", "createTime": CREATED})
        if "queuedResourceId" in query:
            resource["state"] = {"state": "WAITING_FOR_RESOURCES"}
        else:
            resource["state"] = "CREATING"
        return operation(parent_of(name), self.number())

    def on_list(self, name, query, body):
        return {name.rsplit("/", 1)[1]: self.listed_anywhere(name, query)}

    def listed_anywhere(self, parent, query):
        """Of all zones where the location is a dash."""
        pattern = re.compile(re.escape(parent).replace(r"/locations/\-/", "/locations/[^/]+/") + "/[^/]+")
        return [resource for name, resource in self.resources.items() if pattern.fullmatch(name)]

    def on_stop(self, name, query, body):
        self.find(name.removesuffix(":stop"))["state"] = "STOPPING"
        return operation(parent_of(name), self.number())

    def on_reset(self, name, query, body):
        self.find(name.removesuffix(":reset"))
        return operation(parent_of(name), self.number())

    def on_delete(self, name, query, body):
        self.find(name)
        del self.resources[name]
        return operation(parent_of(name), self.number())


class ComputeEngine(Service):
    prefix = "/compute/v1/"
    url = "https://www.googleapis.com/compute/v1/"

    def operation(self, kind, name):
        number = self.number()
        zone = "/".join(name.split("/")[:4])
        made = {
            "kind": "compute#operation", "id": str(number), "name": f"operation-{number}", "status": "RUNNING",
            "operationType": kind, "targetLink": self.url + name, "zone": self.url + zone, "insertTime": CREATED,
            "selfLink": f"{self.url}{zone}/operations/operation-{number}",
        }
        self.resources[f"{zone}/operations/operation-{number}"] = made
        return made

    def on_insert(self, name, query, body):
        zone = "/".join(name.split("/")[:4])
        identity = f"{name}/{body['name']}"
        instance = {**body, "kind": "compute#instance", "id": str(self.number()), "status": "PROVISIONING"}
        instance |= {"zone": self.url + zone, "selfLink": self.url + identity, "creationTimestamp": CREATED}
        self.make(identity, instance)
        return self.operation("insert", identity)

    def on_get(self, name, query, body):
        resource = self.find(name)
        if resource["kind"] == "compute#operation":
            resource["status"] = "DONE"
        return resource

    def on_wait(self, name, query, body):
        return self.on_get(name.removesuffix("/wait"), query, body)

    def on_list(self, name, query, body):
        kind = "compute#operationList" if name.endswith("/operations") else "compute#instanceList"
        return {"kind": kind, "id": "list", "items": self.listed(name, query)}

    def on_aggregatedList(self, name, query, body):
        project = "/".join(name.split("/")[:2])
        zones = {}
        for key, resource in self.resources.items():
            if key.startswith(f"{project}/zones/") and "/instances/" in key:
                if matches(resource, query.get("filter", "")):
                    zones.setdefault("zones/" + key.split("/")[3], {"instances": []})["instances"].append(resource)
        return {"kind": "compute#instanceAggregatedList", "id": "list", "items": zones}

    def on_stop(self, name, query, body):
        self.find(name.removesuffix("/stop"))["status"] = "STOPPING"
        return self.operation("stop", name.removesuffix("/stop"))

    def on_delete(self, name, query, body):
        self.find(name)
        del self.resources[name]
        return self.operation("delete", name)

    def on_getSerialPortOutput(self, name, query, body):
        self.find(name.removesuffix("/serialPort"))
        return {"kind": "compute#serialPortOutput", "contents": "", "next": "0", "start": "0"}

    def on_getGuestAttributes(self, name, query, body):
        self.find(name.removesuffix("/getGuestAttributes"))
        raise Refusal(404, "NOT_FOUND", "the instance has no guest attributes")


class SecretManager(Service):
    prefix = "/v1/"

    def on_access(self, name, query, body):
        data = base64.b64encode(b"123456789").decode()
        # The check value of CRC32C.
        return {"name": name.removesuffix(":access"), "payload": {"data": data, "dataCrc32c": str(0xE3069283)}}


SERVICES = {
    "aiplatform.v1": VertexAI,
    "run.v2": CloudRun,
    "tpu.v2": CloudTPU,
    "compute.v1": ComputeEngine,
    "secretmanager.v1": SecretManager,
}
