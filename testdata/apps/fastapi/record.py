"""Writes down which handlers ran and which requests no route took; read by `cargo xtask interop`."""

import json
import os


def _write(entry):
    with open(os.environ["RECORD"], "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def ran(name):
    _write({"ran": name})


def lost(method, path):
    _write({"lost": f"{method} {path}"})
