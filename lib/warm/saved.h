/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * saved.h - a tree in a file: its format.
 *
 *	struct ps_saved_header
 *	for each directory:
 *		struct ps_saved_directory
 *		path_bytes  the path by which to find it, with its NUL; or nothing
 *		name_bytes  the names, each with its NUL, in order
 *		entries     bytes, the types of these entries
 *		zeros       up to a multiple of 8
 *		for each file of which something is known:
 *			struct ps_saved_file
 *			signature   struct ps_signature, and zeros up to a multiple of 8
 *		struct ps_saved_file whose `at` is PS_SAVED_END
 *
 * Numbers are as the machine has them; the file of another one is refused by `order`. All records begin at multiples of
 * 8, so that they can be used where they were read.
 *
 * What a loaded file claims is as good as when it was saved: a stamp that was settled when the claim was made (W1) stays
 * so, however long the file lies; and it is compared before the claim is used (W2), as nothing that is loaded is trusted
 * or verified. Neither the time of the file nor that of the clock matters. After a reboot a file system may have another
 * device number: then what was known of it is not found.
 *
 * The sum finds damage: a change within any eight bytes always, any other but one in 2^64. It does not protect from
 * malice; the owner and mode of the file do. Whoever can write as the user could change the files searched,
 * too; and whatever a file says, with a right sum or not, nothing but results may be wrong: no offset, count or string is
 * used before it was checked.
 */
#ifndef PS_SAVED_H
#define PS_SAVED_H

#include "warm_internal.h"

#define PS_SAVED_MAGIC "psearch: a tree\n"

enum {
	PS_SAVED_VERSION = 1,    /* another one: of this format, of signatures, or of the hash of trigrams */
	PS_SAVED_ORDER = 0x01020304
};

#define PS_SAVED_NONE UINT32_MAX /* of `above`: there is none */
#define PS_SAVED_END UINT32_MAX  /* of `at`: the files of the directory end */

struct ps_saved_header {
	char magic[16];
	uint32_t version;
	uint32_t order;       /* PS_SAVED_ORDER, as this machine writes it */
	uint64_t size;        /* of the file */
	uint64_t user;        /* whose file it is */
	uint64_t directories; /* that follow */
	uint64_t reserved;    /* 0 */
	uint64_t sum;         /* of all that follows, then of this header up to here */
};

struct ps_saved_directory {
	uint64_t device;
	struct ps_warm_stamp stamp;
	uint32_t entries, name_bytes, path_bytes;
	uint32_t above, at; /* it is entry `at` of directory `above`, counted as they follow each other here */
	uint32_t flags;     /* PS_SAVED_SHORT_READ */
};

enum { PS_SAVED_SHORT_READ = 1 }; /* short_read_is_end */

struct ps_saved_file {
	struct ps_warm_stamp stamp;
	uint32_t at;             /* which entry it is; they ascend */
	uint32_t signature_size; /* bytes; 0: it has none */
	uint8_t flags;           /* of PS_FILE_SAVED */
	uint8_t use;
	uint8_t reserved[6];     /* 0 */
};

static inline size_t ps_saved_padded(size_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

/* The sum, while it grows. */
struct ps_saved_sum {
	uint64_t lanes[4];
	uint64_t words; /* so far */
};

void ps_saved_sum_start(struct ps_saved_sum *sum);
void ps_saved_sum_add(struct ps_saved_sum *sum, const void *words, size_t bytes); /* a multiple of 8, at a multiple of 8 */

/* The sum of a file: the rest of it was added. */
uint64_t ps_saved_sum_end(struct ps_saved_sum *sum, const struct ps_saved_header *header);

#endif
