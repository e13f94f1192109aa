# SPDX-License-Identifier: BSD-2-Clause
"""What the tools take and give, as JSON Schema: it is what clients are told, and what arguments.py checks."""


def integer(description, least, most, default):
    return {"type": "integer", "description": description, "minimum": least, "maximum": most, "default": default}


def flag(description):
    return {"type": "boolean", "description": description, "default": False}


def strings(description, longest, **more):
    return {"type": "array", "description": description, "maxItems": 100,
            "items": {"type": "string", "maxLength": longest, "minLength": 1}, **more}


def takes(*properties, required=()):
    together = {name: schema for group in properties for name, schema in group.items()}
    return {"type": "object", "properties": together, "required": [*required], "additionalProperties": False}


SCOPE = {
    "paths": strings("Files and directories to search, in this order; relative to the first root. Without any, all "
                     "roots are searched.", 4096),
    "paths_base64": strings("The same for names that are not UTF-8, as results give them in path_base64; searched "
                            "after `paths`.", 8192,
                            pattern="^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
    "globs": strings("Search only files that match one of these, written as in .gitignore; {a,b} is either. With a ! "
                     "in front: skip what matches. The last one that matches decides. Examples: *.py, !test/, "
                     "src/**/*.c", 1000),
    "hidden": flag("Search files and directories whose names start with a dot, too."),
    "ignored": flag("Search files, too, that .gitignore and .ignore tell to ignore."),
}
SCOPE["paths_base64"]["items"]["pattern"] = SCOPE["paths_base64"].pop("pattern")

MATCHING = {
    "pattern": {"type": "string", "maxLength": 10000, "description":
                "What to look for in each line: a regular expression, unless `fixed` is set."},
    "syntax": {"type": "string", "enum": ["oniguruma", "perl", "python", "basic", "extended"], "default": "oniguruma",
               "description": "How the pattern is written: Oniguruma's syntax, which is mostly Ruby's and Perl's; "
               "Perl's; Python's; POSIX basic, as for grep; POSIX extended, as for grep -E."},
    "fixed": flag("The pattern is a plain string."),
    "ignore_case": flag("Letters match in either case."),
    "word": flag("A match must be a whole word."),
    "multiline": flag("A match may reach over line ends; . takes no newline, (?m:.) does in Oniguruma's syntax."),
    "context": integer("Lines of context before and after each matching line.", 0, 50, 0),
    "max_per_file": integer("At most this many matching lines of each file; 1 tells which files match. 0: no limit.",
                            0, 1000, 0),
    "line_window": integer("Of a longer line only a window of this many bytes around its first match is returned, and "
                           "marked as one.", 16, 16384, 1000),
}

BOUNDS = {
    "max_results": integer("At most this many results: matching lines, binary files that match, or files of a list.",
                           1, 1000, 100),
    "deadline_ms": integer("The search ends after this many milliseconds, with what it has found by then.", 1, 60000,
                           10000),
    "max_output_bytes": integer("The result ends after the line with which its JSON reaches this many bytes.",
                                1024, 1 << 18, 65536),
}

SEARCH = takes(MATCHING, SCOPE, BOUNDS, required=["pattern"])
LIST = takes(SCOPE, BOUNDS)
PAGE = takes({"next": {"type": "string", "maxLength": 100000, "description":
                       "What the former result gave as `next`, whole and unchanged."}}, BOUNDS, required=["next"])

LINE = {
    "type": "object",
    "description": "A matching line, a line of context (`context`), or an error about the file or a line (`error`).",
    "properties": {
        "line": {"type": "integer", "description": "Its number, from 1."},
        "column": {"type": "integer", "description":
                   "Where the first match begins: bytes from the start of the line, from 1."},
        "text": {"type": "string", "description": "The line. U+FFFD stands for each byte that is not UTF-8."},
        "text_base64": {"type": "string", "description": "The bytes of the text, if they are not UTF-8."},
        "window": {
            "type": "object", "description": "The text is only a part of the line.",
            "properties": {"offset": {"type": "integer", "description": "Where in the line the text begins, in bytes."},
                           "line_bytes": {"type": "integer", "description": "How long the line is."}},
            "required": ["offset", "line_bytes"], "additionalProperties": False},
        "context": {"const": True, "description": "It does not match, but is near a line that does."},
        "binary": {"const": True, "description": "The file is binary, and matches; its lines are not shown."},
        "error": {"type": "string", "description": "What went wrong; the search went on."},
        "reason": {"type": "string", "description": "A word for that."},
        "note": {"const": True, "description": "Nothing went wrong, but it may surprise."},
    },
    "additionalProperties": False,
}

RESULT = {
    "type": "object",
    "properties": {
        "files": {
            "type": "array", "description": "In order: paths as given, directory entries by the bytes of their names.",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description":
                             "As it may be given in `paths`. U+FFFD stands for each byte that is not UTF-8."},
                    "path_base64": {"type": "string", "description": "The bytes of the path, if they are not UTF-8."},
                    "lines": {"type": "array", "items": LINE, "description":
                              "In order; a list of files has only errors."},
                },
                "required": ["path"], "additionalProperties": False},
        },
        "results": {"type": "integer", "description":
                    "How many there are here: matching lines, binary files, or files."},
        "errors": {"type": "integer", "description": "How many errors there are here."},
        "truncated": {"type": "boolean", "description": "There is more, or with deadline_ms there may be."},
        "truncated_by": {"type": "string", "enum": ["max_results", "max_output_bytes", "deadline_ms"],
                         "description": "The argument that ended the search."},
        "next": {"type": "string", "description": "For the tool `page`: where this result ends."},
        "changed": {"const": True, "description":
                    "The file in which the former page ended has changed: something may be missing between the two."},
        "files_searched": {"type": "integer", "description":
                           "So far, by this call; it may be ahead of what is shown if truncated."},
        "files_skipped": {"type": "integer", "description": "So far: ignored, hidden, links, excluded by globs, ..."},
    },
    "required": ["files", "results", "errors", "truncated", "files_searched", "files_skipped"],
    "additionalProperties": False,
}
