"""Checks what goes over the wire against the recorded shapes of Stripe's API."""

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

CONTRACT = Path(__file__).parents[3] / "tests" / "contracts" / "stripe.json"
_BASE = "urn:stripe"


class ContractBroken(AssertionError):
    """A request or an answer that Stripe would not make."""


class Contract:
    """The operations of one vendor document."""

    def __init__(self, document: dict[str, Any]) -> None:
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
        raise ContractBroken(f"Stripe has no {method} {path}")

    def read_form(self, operation: dict[str, Any], body: str) -> dict[str, Any]:
        """The body decoded by the operation's schema. Raises `ContractBroken` if it does not fit."""
        content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
        form = self._coerced(_nested(body), content["schema"])
        self._check(form, content["schema"], f"body of {operation['operationId']}")
        return dict(form)

    def read_query(self, operation: dict[str, Any], query: str) -> dict[str, Any]:
        """The query decoded by the operation's parameters. Raises `ContractBroken` for one that is not known."""
        known = {entry["name"]: entry["schema"] for entry in operation.get("parameters", ()) if entry["in"] == "query"}
        values = _nested(query)
        for name, value in values.items():
            if name not in known:
                raise ContractBroken(f"{operation['operationId']} has no parameter {name}")
            values[name] = self._coerced(value, known[name])
            self._check(values[name], known[name], f"{name} of {operation['operationId']}")
        return values

    def check_answer(self, operation: dict[str, Any], status: int, answer: object) -> None:
        """Raise `ContractBroken` if Stripe would not answer so."""
        responses = operation["responses"]
        response = responses.get(str(status), responses["default"])
        self._check(answer, response["content"]["application/json"]["schema"], f"answer of {operation['operationId']}")

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


@cache
def stripe_contract() -> Contract:
    """Stripe's API, as recorded."""
    return Contract(json.loads(CONTRACT.read_text()))


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
