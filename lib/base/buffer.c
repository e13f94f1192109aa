/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * buffer.c - memory for buffers, see base.h.
 *
 * malloc may keep freed memory instead of returning it to the system: one small block after it that is still in
 * use, or is freed but not yet merged with it, keeps a thread's whole arena. Finished searches would leave the
 * host with megabytes for each of their threads. Worse, a large block that is freed makes glibc raise, for the whole
 * process, the sizes from which it maps blocks and trims arenas. Therefore
 *   - large buffers, and buffers that grow beyond a page, are anonymous mappings. They return to the system
 *     when freed, and pages that were never touched take no memory;
 *   - buffers that every search needs come from malloc nevertheless, so that the next search finds them there:
 *     mapping a fresh page costs a small search more than reading a page. They are freed last: then malloc merges
 *     them with free blocks, and trims its arena to what it keeps for the next search.
 *
 * With a sanitizer everything comes from malloc: AddressSanitizer checks the bounds of its blocks, and ThreadSanitizer
 * does not see what mremap moves.
 */
#include "base.h"

#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SEES_MALLOC_ONLY
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEES_MALLOC_ONLY
#endif

enum {
	MAPPED = 96 * 1024, /* buffers of this many bytes or more are mapped */
	GROWN = 4 * 1024    /* an array that grows to this many bytes gets MAPPED bytes at once */
};

static bool is_mapped(size_t bytes)
{
#ifdef SEES_MALLOC_ONLY
	(void)bytes;
	return false;
#else
	return bytes >= MAPPED;
#endif
}

static void *map_pages(size_t bytes)
{
	void *buffer = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return buffer != MAP_FAILED ? buffer : NULL;
}

void *ps_buffer_new(size_t bytes)
{
	return is_mapped(bytes) ? map_pages(bytes) : malloc(bytes);
}

void *ps_buffer_zeroed(size_t bytes)
{
	return is_mapped(bytes) ? map_pages(bytes) : calloc(1, bytes);
}

void ps_buffer_free(void *buffer, size_t bytes)
{
	if (buffer != NULL && is_mapped(bytes))
		munmap(buffer, bytes);
	else
		free(buffer);
}

void *ps_buffer_resize(void *buffer, size_t bytes, size_t wanted)
{
	void *moved;

	if (buffer == NULL)
		return ps_buffer_new(wanted);
	if (!is_mapped(bytes) && !is_mapped(wanted))
		return realloc(buffer, wanted);
	if (is_mapped(bytes) && is_mapped(wanted)) {
		moved = mremap(buffer, bytes, wanted, MREMAP_MAYMOVE);
		return moved != MAP_FAILED ? moved : NULL;
	}
	moved = ps_buffer_new(wanted);
	if (moved == NULL)
		return NULL;
	memcpy(moved, buffer, ps_min(bytes, wanted));
	ps_buffer_free(buffer, bytes);
	return moved;
}

void *ps_buffer_more(void *array, size_t *space, size_t need, size_t size)
{
	size_t want = ps_max(ps_max(*space * 2, need), 16);
	void *grown;

	if (want > SIZE_MAX / 2 / size)
		return NULL;
	if (want * size >= GROWN)
		want = ps_max(want, MAPPED / size + 1);
	grown = ps_buffer_resize(array, *space * size, want * size);
	if (grown != NULL)
		*space = want;
	return grown;
}

void ps_buffers_add(struct ps_buffers **buffers, void *buffer, size_t bytes)
{
	struct ps_buffers *first = buffer;

	if (buffer == NULL)
		return;
	*first = (struct ps_buffers){ *buffers, bytes };
	*buffers = first;
}

void ps_buffers_free(struct ps_buffers *buffers)
{
	while (buffers != NULL) {
		struct ps_buffers *next = buffers->next;

		ps_buffer_free(buffers, buffers->bytes);
		buffers = next;
	}
}
