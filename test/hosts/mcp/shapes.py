# SPDX-License-Identifier: BSD-2-Clause
"""The messages that a server of tools may send, as JSON Schema: written from what the versions 2024-11-05, 2025-03-26
and 2025-06-18 of the protocol say of them, for the fields that these have. A field that a version lacks is refused."""
import jsonschema

ID = {"type": ["string", "integer"]}


def shape(required, optional={}):
    return {"type": "object", "properties": {**required, **optional}, "required": [*required],
            "additionalProperties": False}


def message(**fields):
    return shape({"jsonrpc": {"const": "2.0"}, **fields})


TEXT, FLAG, OBJECT = {"type": "string"}, {"type": "boolean"}, {"type": "object"}
RESPONSE = message(id=ID, result=OBJECT)
# JSON-RPC wants the id null where it could not be read; MCP's own schema has no word for that.
ERROR = message(id={"type": ["string", "integer", "null"]}, error=shape({"code": {"type": "integer"}, "message": TEXT}))
PROGRESS = message(method={"const": "notifications/progress"}, params=shape(
    {"progressToken": ID, "progress": {"type": "number"}}, {"total": {"type": "number"}, "message": TEXT}))
SCHEMA_OF_TOOL = {"type": "object", "properties": {"type": {"const": "object"}, "properties": OBJECT,
                                                  "required": {"type": "array", "items": TEXT}}, "required": ["type"]}
CONTENT = {"type": "array", "items": shape({"type": {"const": "text"}, "text": TEXT})}


def results(version):
    """What each method returns in a version."""
    annotations = {"annotations": shape({}, {"title": TEXT, "readOnlyHint": FLAG, "destructiveHint": FLAG,
                                             "idempotentHint": FLAG, "openWorldHint": FLAG})}
    structured = {"title": TEXT, "outputSchema": SCHEMA_OF_TOOL}
    tool = shape({"name": TEXT, "inputSchema": SCHEMA_OF_TOOL}, {
        "description": TEXT, **(annotations if version >= "2025-03-26" else {}),
        **(structured if version >= "2025-06-18" else {})})
    return {
        "ping": shape({}),
        "initialize": shape({"protocolVersion": {"const": version}, "capabilities": shape({"tools": shape({}, {
            "listChanged": FLAG})}), "serverInfo": shape({"name": TEXT, "version": TEXT})}, {"instructions": TEXT}),
        "tools/list": shape({"tools": {"type": "array", "items": tool}}, {"nextCursor": TEXT}),
        "tools/call": shape({"content": CONTENT}, {
            "isError": FLAG, **({"structuredContent": OBJECT} if version >= "2025-06-18" else {})}),
    }


def is_valid(schema, value):
    return jsonschema.Draft202012Validator(schema).is_valid(value)


def check(schema, value):
    jsonschema.Draft202012Validator(schema).validate(value)
