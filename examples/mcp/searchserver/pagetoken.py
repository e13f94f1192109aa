# SPDX-License-Identifier: BSD-2-Clause
"""The word that says where the next page begins.

The library's cursor only fits a search with the same options, so the word has these, too: then a client can get nothing
wrong but the word itself, which has a checksum, and the server keeps nothing. It is no secret and no permission: what
it holds is checked as if it were given as arguments.
"""
import base64
import json
import zlib

PREFIX = "p1."
MAX_QUERY = 1 << 16  # bytes of what is in a word


class Damaged(Exception):
    """It is not a word that encode() made."""


def fits(arguments):
    return len(json.dumps(arguments, ensure_ascii=False).encode()) < MAX_QUERY // 2


def encode(tool, arguments, cursor):
    query = json.dumps([tool, arguments, cursor], ensure_ascii=False, separators=(",", ":")).encode()
    packed = zlib.compress(query, 9)
    return PREFIX + base64.urlsafe_b64encode(zlib.crc32(packed).to_bytes(4, "big") + packed).rstrip(b"=").decode()


def decode(token):
    """Tool, arguments and cursor."""
    try:
        if not token.startswith(PREFIX):
            raise ValueError(token)
        word = token[len(PREFIX):].encode("ascii")
        data = base64.b64decode(word + b"=" * (-len(word) % 4), b"-_", validate=True)
        check, packed, unpack = data[:4], data[4:], zlib.decompressobj()
        if zlib.crc32(packed).to_bytes(4, "big") != check:
            raise ValueError(check)
        query = unpack.decompress(packed, MAX_QUERY)
        if not unpack.eof:
            raise ValueError(len(query))
        tool, arguments, cursor = json.loads(query)
        if not (isinstance(tool, str) and isinstance(arguments, dict) and isinstance(cursor, str)
                and cursor.isascii() and cursor.isprintable()):
            raise ValueError(cursor)
        return tool, arguments, cursor
    except (ValueError, TypeError, zlib.error, RecursionError):
        raise Damaged("next: damaged: give the word as it came, whole and unchanged") from None
