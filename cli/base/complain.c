/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * complain.c - messages on standard error.
 */
#include "complain.h"

#include <stdio.h>
#include <unistd.h>

#include "safe.h"

#define LONGEST 8192 /* bytes on a terminal, where the rest would not help; and there need be no memory for them */

static const char *name = "psearch";

void complain_as(const char *program)
{
	name = program;
}

const char *complain_name(void)
{
	return name;
}

void complain_part_of(const char *format, va_list arguments)
{
	char text[LONGEST];

	if (!isatty(STDERR_FILENO)) {
		vfprintf(stderr, format, arguments);
		return;
	}
	vsnprintf(text, sizeof(text), format, arguments);
	safe_print(stderr, text);
}

void complain_part(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_part_of(format, arguments);
	va_end(arguments);
}

void complain(const char *format, ...)
{
	va_list arguments;

	complain_part("%s: ", name);
	va_start(arguments, format);
	complain_part_of(format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void complain_of_memory(void)
{
	complain("out of memory");
}
