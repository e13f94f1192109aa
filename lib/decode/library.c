/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * library.c - the libraries of compressed formats, loaded when a file of their format comes.
 *
 * To load all five takes a third of a millisecond, which is more than a search of one file; and most hosts never see a
 * compressed file. Each decompressor loads what it needs, once, and lets go of it at its end: the system counts, and
 * nothing here is shared between threads. A build for programs without shared libraries has them linked in
 * (PS_LINK_CODECS).
 */
#include "codec.h"

#include <string.h>

#ifdef PS_LINK_CODECS
bool ps_library_load(struct ps_loaded *loaded, const struct ps_library *library, char *problem, size_t size)
{
	(void)problem;
	(void)size;
	memcpy(loaded->functions, library->linked, library->count * sizeof(loaded->functions[0]));
	return true;
}

void ps_library_unload(struct ps_loaded *loaded)
{
	(void)loaded;
}
#else
#include <dlfcn.h>
#include <stdio.h>

static bool find_functions(struct ps_loaded *loaded, const struct ps_library *library)
{
	for (size_t i = 0; i < library->count; i++) {
		void *function = dlsym(loaded->handle, library->names[i]);

		if (function == NULL)
			return false;
		memcpy(&loaded->functions[i], &function, sizeof(function));
	}
	return true;
}

bool ps_library_load(struct ps_loaded *loaded, const struct ps_library *library, char *problem, size_t size)
{
	const char *failure;

	if (loaded->handle != NULL)
		return true;
	for (int i = 0; i < 2 && loaded->handle == NULL && library->files[i] != NULL; i++)
		loaded->handle = dlopen(library->files[i], RTLD_NOW | RTLD_LOCAL);
	if (loaded->handle != NULL && find_functions(loaded, library))
		return true;
	failure = dlerror(); /* it names the library */
	snprintf(problem, size, "%s", failure != NULL ? failure : library->files[0]);
	ps_library_unload(loaded);
	return false;
}

void ps_library_unload(struct ps_loaded *loaded)
{
	if (loaded->handle != NULL)
		dlclose(loaded->handle);
	loaded->handle = NULL;
}
#endif
