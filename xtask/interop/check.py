"""Validates files with the Python tools that own their formats: `check.py KIND FILE...`. A line for each fault; exit 1 if there is one."""

import json
import os
import subprocess
import sys
import tempfile

faults = 0


def fault(path, text):
    global faults
    faults += 1
    print(f"{path}: {str(text).splitlines()[0][:300] if str(text) else text!r}")


def openapi(path):
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    document = json.load(open(path, encoding="utf-8"))
    version = document["openapi"]
    if version.startswith("3.0"):
        validator = OpenAPIV30SpecValidator
    elif version.startswith("3.1"):
        validator = OpenAPIV31SpecValidator
    else:
        from openapi_spec_validator import OpenAPIV32SpecValidator as validator
    for error in list(validator(document).iter_errors())[:20]:
        where = "/".join(str(p) for p in error.absolute_path) if hasattr(error, "absolute_path") else ""
        fault(path, f"{where} {getattr(error, 'message', error)}")


def cyclonedx(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = open(path, encoding="utf-8").read()
    version = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}[json.loads(text)["specVersion"]]
    error = JsonStrictValidator(version).validate_str(text)
    if error:
        fault(path, error)


def junit(path):
    from junitparser import JUnitXml

    report = JUnitXml.fromfile(path)
    tests = sum(1 for suite in report for _ in suite)
    if tests != report.tests:
        fault(path, f"{tests} cases, {report.tests} promised")


def sarif(path):
    from sarif import loader

    data = loader.load_sarif_file(path)
    wanted = sum(len(run["results"]) for run in json.load(open(path, encoding="utf-8"))["runs"])
    found = len(data.get_results())
    if found != wanted:
        fault(path, f"{found} results read of {wanted}")


def grpc(folder):
    from grpc_tools import protoc

    protos = [
        os.path.relpath(os.path.join(root, name), folder)
        for root, _, names in os.walk(folder)
        for name in names
        if name.endswith(".proto")
    ]
    import grpc_tools

    include = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
    with tempfile.TemporaryDirectory() as out:
        code = protoc.main(["protoc", f"-I{folder}", f"-I{include}", f"--python_out={out}", f"--grpc_python_out={out}", *protos])
    if code or not protos:
        fault(folder, f"protoc ended with {code} for {len(protos)} files")


def parquet(path):
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    if table.num_rows == 0 or "path" not in table.column_names:
        fault(path, f"{table.num_rows} rows, columns {table.column_names}")


def csv(path):
    import csv as reader

    rows = list(reader.reader(open(path, encoding="utf-8", newline="")))
    if len({len(row) for row in rows}) != 1:
        fault(path, "rows of different length")
    for row in rows:
        for cell in row:
            if cell[:1] in ("=", "+", "-", "@", "\t"):
                fault(path, f"a formula: {cell}")


def shell(path):
    done = subprocess.run(["sh", "-n", path], capture_output=True, text=True)
    if done.returncode:
        fault(path, done.stderr)


def against(name, value, path):
    """Faults of a value against `schemas/NAME.json`, for tools that can't be had: it is written from their documentation, and closed."""
    import jsonschema

    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemas", f"{name}.json"), encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    for error in validator.iter_errors(value):
        best = jsonschema.exceptions.best_match([error])
        fault(path, f"{'/'.join(map(str, best.absolute_path))} {best.message}")


def zap(folder):
    import yaml as reader

    with open(os.path.join(folder, "zap.yaml"), encoding="utf-8") as file:
        plan = reader.safe_load(file)
    against("zap", plan, folder)
    contexts = {context["name"]: context for context in plan["env"]["contexts"]}
    for job in plan["jobs"]:
        parameters = job["parameters"]
        if "context" in parameters and parameters["context"] not in contexts:
            fault(folder, f"no context {parameters['context']}")
        users = {user["name"] for context in contexts.values() for user in context.get("users", [])}
        if "user" in parameters and parameters["user"] not in users:
            fault(folder, f"no user {parameters['user']}")
        for key in ("apiFile", "schemaFile", "wsdlFile"):
            if key in parameters and not os.path.isfile(os.path.join(folder, parameters[key])):
                fault(folder, f"no file {parameters[key]}")
    expressions(folder, [path for context in contexts.values() for key in ("includePaths", "excludePaths") for path in context.get(key, [])])


def expressions(path, patterns):
    import re

    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            fault(path, f"{pattern} is no regular expression: {error}")


def stackhawk(folder):
    import yaml as reader

    with open(os.path.join(folder, "stackhawk.yml"), encoding="utf-8") as file:
        value = reader.safe_load(file)
    against("stackhawk", value, folder)
    for part in ("openApiConf", "graphqlConf", "soapConf"):
        name = value["app"].get(part, {}).get("filePath")
        if name and not os.path.isfile(os.path.join(folder, name)):
            fault(folder, f"no file {name}")
    expressions(folder, value["app"].get("excludePaths", []))


def nuclei(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            against("nuclei", json.loads(line), path)


ITEM = "time url host port protocol method path extension request status responselength mimetype response comment".split()


def burp(path):
    """The items of Burp's "Save items", whose document type definition Burp writes into each file: a list of `item`, each with these parts."""
    import base64
    import xml.etree.ElementTree as tree

    root = tree.parse(path).getroot()
    if root.tag != "items" or len(root) == 0:
        fault(path, f"{root.tag} with {len(root)} items")
    for item in root:
        names = [part.tag for part in item]
        if item.tag != "item" or names != ITEM:
            fault(path, f"{item.tag}: {names}")
            continue
        request = base64.b64decode(item.find("request").text or "", validate=True)
        first = request.split(b"\r\n", 1)[0].decode("utf-8").split(" ")
        wanted = [item.find("method").text, item.find("path").text, "HTTP/1.1"]
        if first != wanted or b"\r\n\r\n" not in request:
            fault(path, f"request line {first}, wanted {wanted}")


kind, *paths = sys.argv[1:]
for path in paths:
    try:
        globals()[kind](path)
    except Exception as error:
        fault(path, f"{type(error).__name__}: {error}")
sys.exit(1 if faults else 0)
