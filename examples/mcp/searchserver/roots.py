# SPDX-License-Identifier: BSD-2-Clause
"""Confinement: what may be searched is what lies in the roots that the command line names.

A path is taken as the kernel takes it: links are followed, and .. goes up from where they led. What comes of that must
lie in a root, and be a regular file or a directory; then it is the resolved path that is searched. A walk follows no
links. So a link inside the roots that leads out is refused as an argument, and passed over in a walk.

A path outside is refused in the same words whether or not there is something: a client learns nothing of it.

Names are checked before the search: a program that renames directories in a root at that moment can get another one
searched. A hard link or a mount inside a root is inside.
"""
import os
import stat


class Refused(Exception):
    """A path may not be searched, or cannot be. The message is for the client."""


def display(path):
    """Bytes for a message: U+FFFD for each that is not UTF-8."""
    return "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in path.decode(errors="surrogateescape"))


def inside(path, directory):
    return path == directory or path.startswith(directory.rstrip(b"/") + b"/")


class Roots:
    """The first root is the current directory: relative paths and globs are below it, and its results are relative."""
    def __init__(self, names):
        if not all(names):
            raise FileNotFoundError("--root '' names no directory")
        self.directories = [*dict.fromkeys(os.path.realpath(os.fsencode(name), strict=True) for name in names)]
        for directory in self.directories:
            if not os.path.isdir(directory):
                raise NotADirectoryError(f"--root {display(directory)} is not a directory")
        os.chdir(self.directories[0])

    def shown(self, path):
        """A resolved path as results show it, and as it may be given again."""
        first = self.directories[0]
        return os.path.relpath(path, first) if inside(path, first) else path

    def all(self):
        return [self.shown(directory) for directory in self.directories]

    def resolve(self, name):
        """The path to search for what a client has named, both as bytes."""
        if b"\0" in name or not name:
            raise Refused(f"paths: {display(name)!r} is not the name of a file")
        try:
            real = os.path.realpath(os.path.join(self.directories[0], name))
        except (OSError, RecursionError):  # a link that has gone meanwhile, or thousands of them
            raise Refused(f"paths: {display(name)!r} leads through links that cannot be followed") from None
        if not any(inside(real, directory) for directory in self.directories):
            raise Refused(f"paths: {display(name)!r} is outside of the roots, or a link that leads out of them. The "
                          f"roots are: {', '.join(map(display, self.directories))}")
        try:
            mode = os.stat(real).st_mode
        except OSError as failure:
            raise Refused(f"paths: {display(name)!r}: {failure.strerror}") from None
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise Refused(f"paths: {display(name)!r} is neither a regular file nor a directory")
        return self.shown(real)
