/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faults.c - for LD_PRELOAD: allocations and system calls of libpsearch fail, and those of the module that brings it
 * into a host. The host's own never fail. Whose a call is, the address tells to which it returns.
 *
 * $FAULTS_OF has the file names of these modules, separated by spaces. $FAULTS_CONTROL is a file with a struct control,
 * which the host writes and reads while it runs: any language can do that, and one process tries all calls. To arm a
 * fault it writes `first` and `count`, and zeros to `calls` and `failed`. When it does so for the first time, the modules
 * have to be loaded.
 *
 * A block of a module ends in a mark, by which free() knows it, wherever that is called: so `live` counts what the
 * modules have not given back. What others allocate counts for nobody.
 *
 * Descriptors that are no files are read and written as ever: that the system loses a wake-up is no fault of the kind
 * that is looked for.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The file: words of the machine's own order, and a name. */
struct control {
	_Atomic uint32_t first;  /* the number of the call that fails, from 1; 0: none fails */
	_Atomic uint32_t count;  /* so many fail, from this one on */
	_Atomic uint32_t calls;  /* so many that may fail were made */
	_Atomic uint32_t failed; /* of these */
	_Atomic int32_t live;    /* blocks and mappings of the modules */
	_Atomic uint32_t module; /* whose call failed first: its place in $FAULTS_OF, from 1 */
	char name[24];           /* what was called */
};

enum { MOST_MODULES = 4, MOST_MAPPINGS = 1024 };

static struct control *control;
static struct {
	uintptr_t from, to;
} modules[MOST_MODULES];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic bool found;

__attribute__((constructor)) static void map_control(void)
{
	const char *path = getenv("FAULTS_CONTROL");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		control = map;
}

/* --- whose call it is, and whether it fails --- */

/* The place of a path's last part in a list of words, from 0; -1: it is not there. */
static int place_of(const char *path, const char *list)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	size_t length = strlen(name);

	for (int place = 0; length > 0 && *list != '\0' && place < MOST_MODULES; place++) {
		size_t word = strcspn(list, " ");

		if (word == length && memcmp(list, name, length) == 0)
			return place;
		list += word + strspn(list + word, " ");
	}
	return -1;
}

static int look_at(struct dl_phdr_info *info, size_t size, void *list)
{
	int place = place_of(info->dlpi_name, list);

	(void)size;
	for (int i = 0; place >= 0 && i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
			modules[place].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			modules[place].to = modules[place].from + info->dlpi_phdr[i].p_memsz;
		}
	return 0;
}

static void find_modules(void)
{
	char *list = getenv("FAULTS_OF");

	if (list != NULL)
		dl_iterate_phdr(look_at, list);
	atomic_store(&found, true);
}

/* The number of the module in which a call returns to this address; 0: of none. */
static unsigned module_of(const void *returns_to)
{
	uintptr_t at = (uintptr_t)returns_to;

	if (control == NULL)
		return 0;
	if (!atomic_load(&found)) {
		if (atomic_load(&control->first) == 0)
			return 0;
		pthread_once(&once, find_modules);
	}
	for (unsigned i = 0; i < MOST_MODULES; i++)
		if (at >= modules[i].from && at < modules[i].to)
			return i + 1;
	return 0;
}

/* Is this the call that fails? Then errno is set. */
static bool fails(unsigned module, const char *name, int error)
{
	uint32_t first = module != 0 ? atomic_load(&control->first) : 0, n;

	if (first == 0)
		return false;
	n = atomic_fetch_add(&control->calls, 1) + 1;
	if (n < first || n - first >= atomic_load(&control->count))
		return false;
	if (atomic_fetch_add(&control->failed, 1) == 0) {
		atomic_store(&control->module, module);
		strncpy(control->name, name, sizeof(control->name) - 1);
	}
	errno = error;
	return true;
}

static void *next_of(const char *name, void *_Atomic *known)
{
	void *function = atomic_load(known);

	if (function == NULL) {
		function = dlsym(RTLD_NEXT, name);
		atomic_store(known, function);
	}
	return function;
}

/* In a function that takes a call's place: whose call it is, and the function that would have been called. */
#define CALLER module_of(__builtin_return_address(0))
#define REAL(name)                                                       \
	({                                                               \
		static void *_Atomic known;                              \
		(__typeof__(&(name)))next_of(#name, &known);             \
	})

/* --- memory --- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

enum { MARK = 2 * sizeof(uintptr_t) }; /* bytes at the end of a block */

static uintptr_t *mark_of(void *block)
{
	return (uintptr_t *)((char *)block + malloc_usable_size(block) / MARK * MARK - MARK);
}

static uintptr_t mark_for(const void *block)
{
	return (uintptr_t)block ^ (uintptr_t)0x70736561726368;
}

static void *marked(void *block)
{
	if (block != NULL) {
		*mark_of(block) = mark_for(block);
		atomic_fetch_add(&control->live, 1);
	}
	return block;
}

/* Takes the mark off. False: there was none. */
static bool unmark(void *block)
{
	uintptr_t *mark = mark_of(block);

	if (control == NULL || *mark != mark_for(block))
		return false;
	*mark = 0;
	atomic_fetch_sub(&control->live, 1);
	return true;
}

void *malloc(size_t size)
{
	unsigned module = CALLER;

	if (module == 0)
		return __libc_malloc(size);
	return fails(module, "malloc", ENOMEM) || size > PTRDIFF_MAX ? NULL : marked(__libc_malloc(size + 2 * MARK));
}

void *calloc(size_t count, size_t size)
{
	unsigned module = CALLER;
	size_t bytes;

	if (module == 0)
		return __libc_calloc(count, size);
	if (fails(module, "calloc", ENOMEM) || __builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
		return NULL;
	return marked(__libc_calloc(1, bytes + 2 * MARK));
}

void *realloc(void *block, size_t size)
{
	unsigned module = CALLER;
	void *moved;

	if (fails(module, "realloc", ENOMEM) || size > PTRDIFF_MAX)
		return NULL;
	if (block != NULL ? !unmark(block) : module == 0)
		return __libc_realloc(block, size);
	moved = __libc_realloc(block, size + 2 * MARK);
	if (moved == NULL && block != NULL)
		marked(block);
	return marked(moved);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	unsigned module = CALLER;

	if (module == 0)
		return __libc_memalign(alignment, size);
	return fails(module, "aligned_alloc", ENOMEM) ? NULL : marked(__libc_memalign(alignment, size + 2 * MARK));
}

char *strdup(const char *text)
{
	unsigned module = CALLER;
	size_t size = strlen(text) + 1;
	char *copy;

	if (fails(module, "strdup", ENOMEM))
		return NULL;
	copy = module == 0 ? __libc_malloc(size) : marked(__libc_malloc(size + 2 * MARK));
	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void free(void *block)
{
	if (block != NULL)
		unmark(block);
	__libc_free(block);
}

/* Where the modules' mappings begin. */
static void *_Atomic mappings[MOST_MAPPINGS];

static bool replace_mapping(void *old, void *new)
{
	for (int i = 0; i < MOST_MAPPINGS; i++) {
		void *expected = old;

		if (atomic_load(&mappings[i]) == old && atomic_compare_exchange_strong(&mappings[i], &expected, new))
			return true;
	}
	return false;
}

static void *map(unsigned module, void *mapped)
{
	if (module != 0 && mapped != MAP_FAILED && replace_mapping(NULL, mapped))
		atomic_fetch_add(&control->live, 1);
	return mapped;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	unsigned module = CALLER;

	if (fails(module, "mmap", ENOMEM))
		return MAP_FAILED;
	return map(module, REAL(mmap)(at, size, protection, flags, fd, offset));
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
	unsigned module = CALLER;

	if (fails(module, "mmap", ENOMEM))
		return MAP_FAILED;
	return map(module, REAL(mmap64)(at, size, protection, flags, fd, offset));
}

void *mremap(void *old, size_t size, size_t wanted, int flags, ...)
{
	va_list list;
	void *to, *moved;

	va_start(list, flags);
	to = (flags & MREMAP_FIXED) != 0 ? va_arg(list, void *) : NULL;
	va_end(list);
	if (fails(CALLER, "mremap", ENOMEM))
		return MAP_FAILED;
	moved = REAL(mremap)(old, size, wanted, flags, to);
	if (moved != MAP_FAILED && moved != old)
		replace_mapping(old, moved);
	return moved;
}

int munmap(void *at, size_t size)
{
	if (control != NULL && replace_mapping(at, NULL))
		atomic_fetch_sub(&control->live, 1);
	return REAL(munmap)(at, size);
}

/* --- files, threads, descriptors --- */

/* WRAP(TYPE, NAME, ERROR, RESULT, (PARAMETERS), (ARGUMENTS)): a call that fails with RESULT. */
#define WRAP(type, name, error, result, parameters, arguments)                       \
	type name parameters;                                                        \
	type name parameters                                                         \
	{                                                                            \
		return fails(CALLER, #name, error) ? (result) : REAL(name) arguments; \
	}
/* The same for a read or a write, of a descriptor `fd` that is a file. */
#define WRAP_FILE(type, name, error, parameters, arguments)                          \
	type name parameters;                                                        \
	type name parameters                                                         \
	{                                                                            \
		unsigned module = CALLER;                                            \
									     \
		return module != 0 && is_file(fd) && fails(module, #name, error) ? -1 : REAL(name) arguments; \
	}
/* The same for what opens a file, and has a mode if it creates it. */
#define WRAP_OPEN(name, parameters, arguments)                                       \
	int name parameters;                                                         \
	int name parameters                                                          \
	{                                                                            \
		mode_t mode = 0;                                                     \
		va_list list;                                                        \
									     \
		va_start(list, flags);                                               \
		if (__OPEN_NEEDS_MODE(flags))                                        \
			mode = va_arg(list, mode_t);                                 \
		va_end(list);                                                        \
		return fails(CALLER, #name, EACCES) ? -1 : REAL(name) arguments;     \
	}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
WRAP_OPEN(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
WRAP(int, __open_2, EACCES, -1, (const char *path, int flags), (path, flags))
WRAP(int, __open64_2, EACCES, -1, (const char *path, int flags), (path, flags))
WRAP(int, __openat_2, EACCES, -1, (int at, const char *path, int flags), (at, path, flags))
WRAP(int, __openat64_2, EACCES, -1, (int at, const char *path, int flags), (at, path, flags))
WRAP(int, mkostemp, ENOSPC, -1, (char *name, int flags), (name, flags))
WRAP(int, mkostemp64, ENOSPC, -1, (char *name, int flags), (name, flags))
WRAP(int, rename, EACCES, -1, (const char *from, const char *to), (from, to))
WRAP_FILE(ssize_t, read, EIO, (int fd, void *to, size_t size), (fd, to, size))
WRAP_FILE(ssize_t, pread, EIO, (int fd, void *to, size_t size, off_t at), (fd, to, size, at))
WRAP_FILE(ssize_t, pread64, EIO, (int fd, void *to, size_t size, off64_t at), (fd, to, size, at))
WRAP_FILE(ssize_t, __pread_chk, EIO, (int fd, void *to, size_t size, off_t at, size_t room), (fd, to, size, at, room))
WRAP_FILE(ssize_t, __pread64_chk, EIO, (int fd, void *to, size_t size, off64_t at, size_t room),
	  (fd, to, size, at, room))
WRAP_FILE(ssize_t, write, ENOSPC, (int fd, const void *from, size_t size), (fd, from, size))
WRAP_FILE(ssize_t, pwrite64, ENOSPC, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
WRAP(int, pthread_create, EAGAIN, EAGAIN,
     (pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),
     (thread, attributes, run, argument))
WRAP(int, eventfd, EMFILE, -1, (unsigned count, int flags), (count, flags))
WRAP(int, socketpair, EMFILE, -1, (int domain, int type, int protocol, int pair[2]), (domain, type, protocol, pair))
WRAP(int, inotify_init1, EMFILE, -1, (int flags), (flags))
WRAP(int, inotify_add_watch, ENOSPC, -1, (int fd, const char *path, uint32_t mask), (fd, path, mask))
WRAP(iconv_t, iconv_open, ENOMEM, (iconv_t)-1, (const char *to, const char *from), (to, from))
WRAP(int, epoll_create1, EMFILE, -1, (int flags), (flags))
WRAP(int, dup3, EMFILE, -1, (int from, int to, int flags), (from, to, flags))

/* Once a descriptor has been added, the system has no reason to refuse a change. */
int epoll_ctl(int fd, int what, int of, struct epoll_event *event)
{
	if (what == EPOLL_CTL_ADD && fails(CALLER, "epoll_ctl", ENOMEM))
		return -1;
	return REAL(epoll_ctl)(fd, what, of, event);
}

long syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if ((number == SYS_getdents64 && fails(CALLER, "getdents64", EIO)) ||
	    (number == SYS_openat2 && fails(CALLER, "openat2", EACCES)))
		return -1;
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
