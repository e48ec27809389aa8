"""Checks JSON documents against a JSON Schema (2020-12).

    schema_check.py SCHEMA < documents

Standard input is a JSON array of documents; standard output a JSON array, for each the message of the first error, or
null. Exit code 1: the schema itself is none.
"""

import json
import sys

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        print(error.message, file=sys.stderr)
        return 1
    validator = Draft202012Validator(schema)
    errors = [best_match(validator.iter_errors(document)) for document in json.load(sys.stdin)]
    print(json.dumps([error and f"{error.json_path}: {error.message}" for error in errors]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
