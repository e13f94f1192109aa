# SPDX-License-Identifier: BSD-2-Clause
"""The same models without the library."""
