# SPDX-License-Identifier: BSD-2-Clause
"""Makes the tree that the machines search: tree.py DIRECTORY"""
import os
import sys

TOP = sys.argv[1]


def write(path, data):
    path = os.path.join(os.fsencode(TOP), os.fsencode(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


for n in range(300):
    write(f"dir{n % 20:02}/file{n:03}", b"".join(
        b"%s %d of file %d\n" % (b"needle" if line % 4 == 0 else b"hay", line, n) for line in range(120)))
write("large", b"".join(b"a needle in line %d of a file that is cut amid it\n" % line for line in range(6000)))
write("dir07/binary", b"needle\n" * 3 + b"\0 needle\n")
write("dir08/late", b"needle\n" + b"x\n" * 40000 + b"\0 needle\nneedle\n")
write("dir09/long", b"needle " + b"x" * 300000 + b"\nneedle\n")
write(b"dir10/\xff\n name", b"needle\n")
write("dir11/.hidden", b"needle\n")
write("dir12/.ignore", b"ignored\n")
write("dir12/ignored", b"needle\n")
write("dir13/last", b"needle, without a newline at the end")
