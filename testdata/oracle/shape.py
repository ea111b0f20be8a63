#!/usr/bin/env python3
"""Makes testdata/shape/NAME.json of OpenAPI documents that applications give at run time (`app.openapi()`, `/openapi.json`).

usage: shape.py FROM [PREFIX=]DOCUMENT.json ... > testdata/shape/NAME.json

FROM says in a few words what gave the documents. PREFIX is put before the paths of a document (where a sub-application is
mounted). Only what `cargo xtask corpus --shape` compares is kept: of each operation its parameters (`place name`), the
properties of its bodies down to the second level, both with their types and a `!` if they are required, and the statuses
of its answers. Swagger 2 and OpenAPI 3 are read.
"""
import json
import sys

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PARTS = ("anyOf", "oneOf", "allOf")
LEVELS = 2


def resolve(document, schema):
    """Follows references; a reference that leads nowhere is an empty schema."""
    for _ in range(20):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            break
        at = document
        for key in reference.lstrip("#/").split("/"):
            at = at.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(at, dict) else {}
        schema = at
    return schema if isinstance(schema, dict) else {}


def words(document, schema, depth=0):
    """The JSON types that a schema allows, null aside."""
    schema = resolve(document, schema)
    found = set()
    said = schema.get("type")
    found |= set(said if isinstance(said, list) else [said] if said else [])
    if not said and depth < 8:
        for key in PARTS:
            for part in schema.get(key) or []:
                found |= words(document, part, depth + 1)
    if not said and "properties" in schema:
        found.add("object")
    if not said and not found:
        kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
        values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
        found |= {kinds[type(v)] for v in values if type(v) in kinds}
    return found - {"null", "file"} | ({"string"} if "file" in found else set())


def properties(document, schema, level=1, seen=()):
    """Names, with what they stand in, and whether one is required, with types."""
    schema = resolve(document, schema)
    if id(schema) in seen:
        return {}
    seen = seen + (id(schema),)
    out = {}
    for key in PARTS:
        # Of an object or nothing the object's properties count.
        alone = sum(words(document, part) != set() or "$ref" in part for part in schema.get(key) or []) == 1
        for part in schema.get(key) or []:
            for name, value in properties(document, part, level, seen).items():
                # What only one of the alternatives asks for is not required.
                out.setdefault(name, (value[0] and (key == "allOf" or alone), value[1]))
    required = schema.get("required") if isinstance(schema.get("required"), list) else []
    for name, inner in (schema.get("properties") or {}).items():
        if resolve(document, inner).get("readOnly"):
            continue
        out[name] = (name in required, words(document, inner))
        if level < LEVELS:
            for below, value in properties(document, inner, level + 1, seen).items():
                out[f"{name}.{below}"] = value
    if isinstance(schema.get("items"), dict):
        for name, value in properties(document, schema["items"], level, seen).items():
            out.setdefault(name, value)
    return out


def shown(pairs):
    return {name + ("!" if required else ""): "|".join(sorted(types)) for name, (required, types) in sorted(pairs.items())}


def operation(document, item, one):
    parameters, bodies, form = {}, {}, {}
    for parameter in list(item.get("parameters") or []) + list(one.get("parameters") or []):
        parameter = resolve(document, parameter)
        place, name = parameter.get("in"), parameter.get("name")
        schema = parameter.get("schema") or parameter
        if place == "body":
            bodies["application/json"] = shown(properties(document, schema))
        elif place == "formData":
            form[name] = (bool(parameter.get("required")), words(document, schema))
        else:
            key = f"{place} {name.lower() if place == 'header' else name}"
            parameters[key] = (bool(parameter.get("required")), words(document, schema))
    if form:
        bodies[(one.get("consumes") or ["multipart/form-data"])[0]] = shown(form)
    for kind, media in (resolve(document, one.get("requestBody") or {}).get("content") or {}).items():
        bodies[kind] = shown(properties(document, media.get("schema") or {}))
    statuses = sorted(int(s) for s in one.get("responses") or {} if str(s).isdigit())
    return {"parameters": shown(parameters), "bodies": bodies, "responses": statuses}


def main(said, documents):
    out = {}
    for document in documents:
        prefix, _, path = document.rpartition("=")
        with open(path) as file:
            document = json.load(file)
        prefix += (document.get("basePath") or "").rstrip("/")
        for route, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    out[f"{method.upper()} {prefix}{route}"] = operation(document, item, item[method])
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in sorted(out.items()))
    print(f'{{"from": {json.dumps(said)},\n"operations": {{\n{lines}\n}}}}')


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
