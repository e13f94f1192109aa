# SPDX-License-Identifier: BSD-2-Clause
"""The parts of server.py; see there."""
