"""Checks what goes over the wire against the recorded shapes of a vendor's API."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.vendors.closing import close

CONTRACTS = Path(__file__).parents[1] / "contracts"
_FORM = "application/x-www-form-urlencoded"
_BASE = "urn:contract"
_ANYONES = {401, 409, 429}
"""What any server may answer, named or not."""


class ContractBroken(AssertionError):
    """A request or an answer that the vendor would not make."""


class Contract:
    """The operations of one vendor document."""

    def __init__(self, vendor: str, document: dict[str, Any]) -> None:
        self._vendor = vendor
        self._document = document
        self._registry: Registry[Any] = Registry().with_resource(_BASE, Resource(document, DRAFT4))
        self._paths = [
            (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path) for path in document["paths"]
        ]
        # Fixed paths such as /search come before those with a parameter in the same place.
        self._paths.sort(key=lambda entry: entry[1].count("{"))
        self._validators: dict[str, OAS30Validator] = {}

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation for a request. Raises `ContractBroken` if there is none."""
        for pattern, template in self._paths:
            if pattern.match(path) and method.lower() in self._document["paths"][template]:
                operation: dict[str, Any] = self._document["paths"][template][method.lower()]
                return operation
        raise ContractBroken(f"{self._vendor} has no {method} {path}")

    def read(self, operation: dict[str, Any], query: str, body: str) -> dict[str, Any]:
        """The parameters of query and body, decoded by the operation. Raises `ContractBroken` if they do not fit."""
        return self._read_query(operation, query) | self._read_body(operation, body)

    def success_status(self, operation: dict[str, Any], answer: object) -> int:
        """The status that the vendor answers with when all went well; where it names none, 200, or 204 for nothing."""
        named = [int(status) for status in operation["responses"] if status.startswith("2")]
        return named[0] if named else 204 if answer is None else 200

    def check_answer(self, operation: dict[str, Any], status: int, answer: object) -> None:
        """Raise `ContractBroken` if the vendor would not answer so."""
        responses = operation["responses"]
        response = responses.get(str(status), responses.get("default"))
        if response is None and (status in _ANYONES or status >= 500):
            return
        if response is None:
            raise ContractBroken(f"{operation['operationId']} never answers {status}")
        content = response.get("content")
        if content is None:
            if answer is not None:
                raise ContractBroken(f"{operation['operationId']} answers {status} without a body")
            return
        self._check(answer, content["application/json"]["schema"], f"answer of {operation['operationId']}")

    def _read_query(self, operation: dict[str, Any], query: str) -> dict[str, Any]:
        entries = [self._parameter(entry) for entry in operation.get("parameters", ())]
        known = {entry["name"]: entry["schema"] for entry in entries if entry["in"] == "query"}
        values = _nested(query)
        for name, value in values.items():
            if name not in known:
                raise ContractBroken(f"{operation['operationId']} has no parameter {name}")
            values[name] = self._coerced(value, known[name])
            self._check(values[name], known[name], f"{name} of {operation['operationId']}")
        return values

    def _parameter(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The parameter itself, where the document keeps it apart from the operations that take it."""
        if "$ref" not in entry:
            return entry
        shared: dict[str, Any] = self._document["components"]["parameters"][entry["$ref"].rsplit("/", 1)[1]]
        return shared

    def _read_body(self, operation: dict[str, Any], body: str) -> dict[str, Any]:
        if "requestBody" not in operation:
            if body:
                raise ContractBroken(f"{operation['operationId']} takes no body")
            return {}
        content = operation["requestBody"]["content"]
        if _FORM in content:
            schema = content[_FORM]["schema"]
            values = self._coerced(_nested(body), schema)
        else:
            schema = content["application/json"]["schema"]
            values = json.loads(body) if body else {}
        self._check(values, schema, f"body of {operation['operationId']}")
        return dict(values)

    def _check(self, value: object, schema: dict[str, Any], where: str) -> None:
        validator = self._validator(schema)
        errors = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]
        if errors:
            raise ContractBroken(f"{where}: {'; '.join(errors)}")

    def _validator(self, schema: dict[str, Any]) -> OAS30Validator:
        text = json.dumps(schema)
        if text not in self._validators:
            absolute = json.loads(text.replace('"#/', f'"{_BASE}#/'))
            self._validators[text] = OAS30Validator(absolute, registry=self._registry)
        return self._validators[text]

    def _coerced(self, value: Any, schema: Mapping[str, Any]) -> Any:
        """Form text as the JSON value that `schema` asks for; as it is where it asks for nothing else."""
        if "$ref" in schema:
            return self._coerced(value, self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        for option in schema.get("anyOf", ()):
            coerced = self._coerced(value, option)
            if self._validator(dict(option)).is_valid(coerced):
                return coerced
        if isinstance(value, dict) and schema.get("type") == "array":
            return [self._coerced(item, schema["items"]) for item in value.values()]
        if isinstance(value, dict):
            properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
            return {name: self._coerced(item, properties.get(name, others or {})) for name, item in value.items()}
        return _scalar(value, schema.get("type"))


def recorded(vendor: str) -> dict[str, Any]:
    """The API of `vendor`, in which nothing has a field that is not recorded: a fake may not invent any."""
    document: dict[str, Any] = json.loads((CONTRACTS / f"{vendor}.json").read_text())
    close(document)
    return document


@cache
def contract_of(vendor: str) -> Contract:
    """The contract that messages of `vendor` have to keep to."""
    return Contract(vendor, recorded(vendor))


def _nested(encoded: str) -> dict[str, Any]:
    """`a[b][0]=1` as {"a": {"b": {"0": "1"}}}."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)):
        keys = re.findall(r"[^\[\]]+", name)
        place = result
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return result


def _scalar(value: Any, kind: str | None) -> Any:
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value
