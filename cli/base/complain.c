/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * complain.c - messages on standard error.
 */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>

static const char *name = "psearch";

void complain_as(const char *program)
{
	name = program;
}

const char *complain_name(void)
{
	return name;
}

void complain(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void complain_of_memory(void)
{
	complain("out of memory");
}
