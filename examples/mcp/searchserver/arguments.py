# SPDX-License-Identifier: BSD-2-Clause
"""Checks arguments against the part of JSON Schema that schema.py uses, in messages that name argument and remedy."""
import re

KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


class Wrong(Exception):
    """An argument is not what the schema asks for. The message is for the client."""


def in_words(kind):
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def check_string(schema, text, name):
    if len(text) > schema.get("maxLength", len(text)):
        raise Wrong(f"{name}: longer than {schema['maxLength']} characters")
    if len(text) < schema.get("minLength", 0):
        raise Wrong(f"{name}: empty")
    if text not in schema.get("enum", [text]):
        raise Wrong(f"{name}: {text!r} is none of {', '.join(schema['enum'])}")
    if "pattern" in schema and not re.fullmatch(schema["pattern"], text):  # $ alone lets a newline pass
        raise Wrong(f"{name}: does not match {schema['pattern']}")
    try:
        text.encode()
    except UnicodeEncodeError as wrong:
        raise Wrong(f"{name}: half of a surrogate pair, at character {wrong.start + 1}") from None


def check_object(schema, value, name):
    prefix = name and name + "."
    for unknown in value.keys() - schema["properties"].keys():
        raise Wrong(f"{prefix}{unknown}: there is no such argument; there are: {', '.join(schema['properties'])}")
    for missing in [key for key in schema["required"] if key not in value]:
        raise Wrong(f"{prefix}{missing}: missing")
    return {key: check(schema["properties"][key], part, prefix + key) for key, part in value.items()}


def check(schema, value, name=""):
    """The value, checked; whole numbers as integers."""
    kind = schema["type"]
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)  # to JSON, 1.0 is one
    if type(value) is not KINDS[kind]:
        raise Wrong(f"{name or 'arguments'}: not {in_words(kind)}")
    if kind == "object":
        return check_object(schema, value, name)
    if kind == "array":
        if len(value) > schema["maxItems"]:
            raise Wrong(f"{name}: more than {schema['maxItems']} elements")
        return [check(schema["items"], part, f"{name}[{i}]") for i, part in enumerate(value)]
    if kind == "string":
        check_string(schema, value, name)
    elif kind == "integer" and not schema["minimum"] <= value <= schema["maximum"]:
        raise Wrong(f"{name}: {value} is not from {schema['minimum']} to {schema['maximum']}")
    return value


def defaults(schema):
    return {name: part["default"] for name, part in schema["properties"].items() if "default" in part}
