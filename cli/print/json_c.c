/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_c.c - loads json-c. It stays loaded to the end of the command.
 */
#ifdef PS_WITH_JSON
#include "json_c.h"

#ifdef PS_LINK_JSON
#define JSON_C_ADDRESS(function) .function = function,

bool json_c_load(struct json_c *c)
{
	*c = (struct json_c){ JSON_C_FUNCTIONS(JSON_C_ADDRESS) };
	return true;
}
#else
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "../base/complain.h"

#define JSON_C_FILE "libjson-c.so.5"
#define JSON_C_NAME(function) #function,

static const char *const names[] = { JSON_C_FUNCTIONS(JSON_C_NAME) };

#define COUNT (sizeof(names) / sizeof(names[0]))

_Static_assert(sizeof(struct json_c) == COUNT * sizeof(void (*)(void)), "it is an array of pointers");

static bool find_functions(struct json_c *c, void *library)
{
	for (size_t i = 0; i < COUNT; i++) {
		void *function = dlsym(library, names[i]);

		if (!function)
			return false;
		memcpy((char *)c + i * sizeof(function), &function, sizeof(function));
	}
	return true;
}

bool json_c_load(struct json_c *c)
{
	void *library = dlopen(JSON_C_FILE, RTLD_NOW | RTLD_LOCAL);
	const char *failure;

	if (library && find_functions(c, library))
		return true;
	failure = dlerror(); /* it names the library */
	complain("--json: %s; install json-c", failure ? failure : JSON_C_FILE ": cannot be loaded");
	if (library)
		dlclose(library);
	return false;
}
#endif
#else
typedef int psearch_has_no_json_c; /* a file must declare something */
#endif
