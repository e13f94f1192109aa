# SPDX-License-Identifier: BSD-2-Clause
"""What holds as long as the machines work: steady.py DIRECTORY"""
import machines
import memory
import same
import stop

client = machines.connect(1, 2)
for part in same, stop, memory:
    part.check_all(client)
machines.end(client)
