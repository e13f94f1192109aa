/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.c - standard input, which only one option or path may read.
 */
#include "input.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool input_is_file(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

bool input_may_have_text(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

bool input_is(const char *name)
{
	static const char *const others[] = { "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0" };

	if (strcmp(name, "-") == 0)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return !input_is_file();
	return false;
}

bool input_take(struct input *input, const char *option, const char *name)
{
	if (name && !input_is(name))
		return true;
	if (input->option)
		return false;
	input->option = option;
	input->name = name;
	return true;
}
