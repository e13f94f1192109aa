/* SPDX-License-Identifier: BSD-2-Clause */
/* in_pool.h - included first in all tests with `make POOL=1`: their searches share a pool, see in_pool.c. */
#ifndef IN_POOL_H
#define IN_POOL_H

struct search;
struct search_options;
struct search_error;

int search_open_in_pool(struct search **out, const struct search_options *options, struct search_error *error);

#define search_open search_open_in_pool

#endif
