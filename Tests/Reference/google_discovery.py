"""Google's REST APIs as their discovery documents describe them, to judge requests and resources by.

The documents come with google-api-python-client, so no network is asked. A request is judged by its path, query and
body: unknown methods, parameters and fields, wrong types, formats, enum values and patterns, missing and output-only
fields are all faults.
"""

import json
import os
import re

import googleapiclient

DOCUMENTS = os.path.join(os.path.dirname(googleapiclient.__file__), "discovery_cache", "documents")

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
FORMATS = {
    "int64": (re.compile(r"-?\d+"), "a 64-bit number as text"),
    "uint64": (re.compile(r"\d+"), "a 64-bit number as text"),
    "byte": (BASE64, "base64"),
    "google-datetime": (TIMESTAMP, "an RFC 3339 time"),
    "google-duration": (DURATION, "a duration like 3.5s"),
}


class Method:
    """One method of an API, found by its verb and path."""

    def __init__(self, api, description):
        self.id = description["id"]
        self.name = self.id.rsplit(".", 1)[1]
        self.verb = description["httpMethod"]
        self.request = description.get("request", {}).get("$ref")
        self.response = description.get("response", {}).get("$ref", "")
        self.parameters = {**api.document.get("parameters", {}), **description.get("parameters", {})}
        template = api.base + (description.get("flatPath") or description["path"])
        parts = re.split(r"(\{\+?\w+\})", template)
        pattern = "".join("[^/:]+" if part.startswith("{") else re.escape(part) for part in parts)
        self.path = re.compile("/" + pattern)


class Api:
    """An API of a version: `run.v2`."""

    def __init__(self, name):
        self.name = name
        with open(os.path.join(DOCUMENTS, name + ".json"), encoding="utf-8") as file:
            self.document = json.load(file)
        self.base = self.document.get("servicePath", "")
        self.schemas = self.document["schemas"]
        self.methods = list(self._methods(self.document))

    def _methods(self, resource):
        for description in resource.get("methods", {}).values():
            yield Method(self, description)
        for inner in resource.get("resources", {}).values():
            yield from self._methods(inner)

    def method(self, verb, path):
        """The method that a verb and a path call; None where there is none."""
        found = (method for method in self.methods if method.verb == verb and method.path.fullmatch(path))
        return next(found, None)

    def faults(self, verb, path, query, content_type, body):
        """The method that a request calls, and what is wrong with the request."""
        method = self.method(verb, path)
        if method is None:
            return None, [f"{self.name} has no method for {verb} {path}"]
        faults = self._query_faults(method, query)
        if body and method.request is None:
            return method, faults + [f"{method.id} takes no body"]
        if method.request is None:
            return method, faults
        if content_type.split(";")[0].strip() != "application/json":
            faults.append(f"the content type is {content_type!r}")
        try:
            value = json.loads(body or b"{}")
        except ValueError as error:
            return method, faults + [f"the body is no JSON: {error}"]
        judge = Judge(self, is_request=True, is_whole=verb == "POST")
        judge.check({"$ref": method.request}, value, "body")
        return method, faults + judge.faults

    def resource_faults(self, schema, value):
        """What is wrong with a resource as an answer."""
        judge = Judge(self, is_request=False, is_whole=False)
        judge.check({"$ref": schema}, value, schema)
        return judge.faults

    def _query_faults(self, method, query):
        judge = Judge(self, is_request=True, is_whole=False)
        seen = set()
        for name, text in query:
            parameter = method.parameters.get(name)
            if parameter is None or parameter.get("location") != "query":
                judge.faults.append(f"?{name}: {method.id} has no such parameter")
                continue
            if name in seen and not parameter.get("repeated"):
                judge.faults.append(f"?{name}: twice")
            seen.add(name)
            judge.check({**parameter, "description": ""}, _parameter(parameter["type"], text), f"?{name}")
        for name, parameter in method.parameters.items():
            if parameter.get("required") and parameter.get("location") == "query" and name not in seen:
                judge.faults.append(f"?{name}: missing")
        return judge.faults


def _parameter(kind, text):
    """A query's text as a value of the parameter's type; the text itself where it is none."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    return text


class Judge:
    """Holds a value against a schema and keeps the faults."""

    def __init__(self, api, is_request, is_whole):
        self.schemas = api.schemas
        self.is_request = is_request
        self.is_whole = is_whole
        self.faults = []

    def check(self, schema, value, place):
        """Adds the faults of a value at a place."""
        if "$ref" in schema:
            # The description beside a reference tells of the field, that of the schema of the type.
            about = schema.get("description", "")
            schema = {**self.schemas[schema["$ref"]], "description": about, "readOnly": schema.get("readOnly", False)}
        if self.is_request and _is_output_only(schema):
            return self._fault(place, "is for answers only")
        if self.is_request and schema.get("deprecated"):
            self._fault(place, "is deprecated")
        kind = schema.get("type", "any")
        return getattr(self, "_" + kind)(schema, value, place)

    def _fault(self, place, text):
        self.faults.append(f"{place} {text}")

    def _any(self, schema, value, place):
        pass

    def _array(self, schema, value, place):
        if not isinstance(value, list):
            return self._fault(place, "is no array")
        for index, element in enumerate(value):
            self.check(schema["items"], element, f"{place}[{index}]")

    def _object(self, schema, value, place):
        if not isinstance(value, dict):
            return self._fault(place, "is no object")
        properties = schema.get("properties", {})
        for name, member in value.items():
            if name in properties:
                self.check(properties[name], member, f"{place}.{name}")
            elif "additionalProperties" in schema:
                self.check(schema["additionalProperties"], member, f"{place}.{name}")
            else:
                self._fault(f"{place}.{name}", f"is no field of {schema.get('id', 'the object')}")
        for name, member in properties.items():
            if self.is_whole and member.get("description", "").startswith("Required.") and name not in value:
                self._fault(f"{place}.{name}", "is missing")

    def _string(self, schema, value, place):
        if not isinstance(value, str):
            return self._fault(place, "is no string")
        pattern, name = FORMATS.get(schema.get("format"), (None, ""))
        if pattern and not pattern.fullmatch(value):
            self._fault(place, f"is {value!r}, not {name}")
        if "enum" in schema and value not in schema["enum"]:
            self._fault(place, f"is {value!r}, none of {', '.join(schema['enum'])}")
        if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
            self._fault(place, f"is {value!r}, which does not match {schema['pattern']}")

    def _boolean(self, schema, value, place):
        if not isinstance(value, bool):
            self._fault(place, "is no boolean")

    def _integer(self, schema, value, place):
        if isinstance(value, bool) or not isinstance(value, int):
            self._fault(place, "is no integer")

    def _number(self, schema, value, place):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._fault(place, "is no number")


def _is_output_only(schema):
    about = schema.get("description", "")
    return schema.get("readOnly", False) or about.startswith(("[Output Only]", "Output only."))
