"""Reads JSON bodies into the message types of Google's own clients, which refuse unknown fields and wrong values.

    google_protos.py MESSAGE < body.json     # google.cloud.run_v2.types.Job

Ends with 1, and says why, where a body is no such message.
"""

import importlib
import json
import sys


def main():
    module, _, name = sys.argv[1].rpartition(".")
    message = getattr(importlib.import_module(module), name)
    body = sys.stdin.read()
    try:
        parsed = message.from_json(body, ignore_unknown_fields=False)
    except Exception as error:  # The parsers of several libraries, each with errors of its own.
        sys.exit(f"{sys.argv[1]}: {error}")
    written = json.loads(message.to_json(parsed, always_print_fields_with_no_presence=False))
    lost = sorted(set(json.loads(body)) - set(written))
    # A member with its type's zero value is left out when written; anything else must come back.
    lost = [member for member in lost if json.loads(body)[member] not in (0, "", False, [], {})]
    if lost:
        sys.exit(f"{sys.argv[1]}: lost {', '.join(lost)}")


if __name__ == "__main__":
    main()
