"""The description of a server's interface in OpenAPI 3.1, written from what is checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from elegan.core.version import __version__
from elegan.run import Run
from elegan.verbs.serve.asked import Asked, parameters
from elegan.verbs.serve.limits import Limits
from elegan.verbs.serve.services import Service

REFUSALS = {
    "400": "A parameter is unknown or out of range.",
    "401": "The key is missing or wrong.",
    "404": "There is no such model.",
    "408": "The picture came too slowly.",
    "413": "The picture has too many bytes or pixels, or the work takes too long.",
    "415": "What was sent is no picture that can be read.",
    "429": "Too many requests wait; Retry-After says when to ask again.",
}


def openapi(models: Mapping[str, tuple[Run, Sequence[Service]]], limits: Limits, keyed: bool) -> dict[str, Any]:
    """The description of every path, by the models that are served."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "elegan serve", "version": __version__, "description": "Pictures by trained GANs."},
        "paths": {
            "/v1/models": {"get": {"summary": "What is served.", "responses": {"200": {"description": "The models."}}}},
            **{
                f"/v1/models/{name}/{service.verb}": _path(name, run, service, limits)
                for name, (run, services) in models.items()
                for service in services
            },
        },
        "components": {
            "schemas": {"Refusal": {"type": "object", "properties": {"error": {"type": "string"}}}},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}} if keyed else {},
        },
        "security": [{"key": []}] if keyed else [],
    }


def _path(name: str, run: Run, service: Service, limits: Limits) -> dict[str, Any]:
    most = f"At most {limits.megabytes:g} MB and {limits.megapixels:g} million pixels, as it is sent and as it is made."
    picture = {"description": f"The picture's file. {most}", "required": True, "content": {"image/*": {}}}
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    operation = {
        "operationId": f"{service.verb}_{name}",
        "tags": [name],
        "summary": service.help,
        "parameters": [_parameter(key, field, service, run, limits) for key, field in _schemas(service.asks).items()],
        **({"requestBody": picture} if service.uploads else {}),
        "responses": {
            "200": {"description": "What was asked for.", "content": {media: {} for media in service.media}},
            **{status: {"description": why, "content": refusal} for status, why in REFUSALS.items()},
        },
    }
    return {"post" if service.uploads else "get": operation}


def _schemas(kind: type[Asked]) -> dict[str, Any]:
    properties: dict[str, Any] = kind.model_json_schema(by_alias=True)["properties"]
    return {name: properties[name] for name in parameters(kind)}


def _parameter(key: str, schema: dict[str, Any], service: Service, run: Run, limits: Limits) -> dict[str, Any]:
    """A parameter of a query; what only this model knows is added to its schema."""
    (plain,) = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    known = {name: value for name, value in plain.items() if name not in ("title", "description")}
    if "default" in schema and schema["default"] is not None:
        known["default"] = schema["default"]
    if key == "class" and run.classes:
        known["enum"] = run.classes
    if key == "num":
        known["maximum"] = limits.num
    if key == "scale":
        known["maximum"] = service.scale(service.asks())
    return {"name": key, "in": "query", "description": schema.get("description", ""), "schema": known}
