/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error.c - why a call failed: the code, the array element at fault, and a sentence.
 *
 * Inside the library a struct search_error is always complete and never NULL: a public function fills one of its own,
 * and copies as much of it as the caller's struct holds. Each struct that the library fills for a caller is handled
 * like this: it starts with its size, which may be that of an older or a newer header.
 */
#include "search.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The size of version 1.0.0: no caller has a shorter struct. */
enum { OLDEST_ERROR = PS_END_OF(struct search_error, message) };

bool ps_is_sized(const void *to)
{
	size_t size;

	if (to == NULL)
		return false;
	memcpy(&size, to, sizeof(size));
	return size >= sizeof(size) && size <= 65536;
}

void ps_give_sized(void *to, const void *from, size_t known)
{
	size_t size;

	memcpy(&size, to, sizeof(size));
	memset(to, 0, size);
	memcpy(to, from, ps_min(size, known));
	memcpy(to, &size, sizeof(size));
}

bool ps_error_is_valid(const struct search_error *error)
{
	return error == NULL || (error->size >= OLDEST_ERROR && error->size <= 65536);
}

int ps_error_give(struct search_error *to, const struct search_error *error)
{
	if (to != NULL)
		ps_give_sized(to, error, sizeof(*error));
	return error->code;
}

__attribute__((format(printf, 3, 0)))
static int fill_error(struct search_error *error, int code, const char *format, va_list arguments)
{
	error->code = code;
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	return code;
}

int ps_fail(struct search_error *error, int code, const char *format, ...)
{
	va_list arguments;

	*error = (struct search_error)SEARCH_ERROR_INIT;
	va_start(arguments, format);
	fill_error(error, code, format, arguments);
	va_end(arguments);
	return code;
}

int ps_fail_at(struct search_error *error, enum search_subject subject, size_t index, const char *format, ...)
{
	va_list arguments;

	*error = (struct search_error){ .subject = subject, .index = index, .offset = SIZE_MAX };
	va_start(arguments, format);
	fill_error(error, SEARCH_EINVAL, format, arguments);
	va_end(arguments);
	return SEARCH_EINVAL;
}

int ps_fail_by_code(struct search_error *error, int code)
{
	return error->code == code ? code : ps_fail(error, code, "%s", search_strerror(code));
}
