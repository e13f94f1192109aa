/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_c.h - json-c, the library that writes JSON, loaded when --json is given.
 *
 * To load it takes as long as to search a small file, and most searches need no JSON. So it is called through a table
 * of its functions. A build for programs without shared libraries has it linked in (PS_LINK_JSON).
 */
#ifndef PSEARCH_CLI_JSON_C_H
#define PSEARCH_CLI_JSON_C_H

#include <stdbool.h>

#include <json-c/json_object.h>
#include <json-c/printbuf.h>

/* The functions that are used: F(name) for each. */
#define JSON_C_FUNCTIONS(F)                                                                                            \
	F(json_object_new_object) F(json_object_new_array) F(json_object_new_string_len)                               \
	F(json_object_new_int64) F(json_object_object_add) F(json_object_get) F(json_object_put)                       \
	F(json_object_set_string_len) F(json_object_set_int64) F(json_object_set_serializer)                           \
	F(json_object_to_json_string_length)

#define JSON_C_FIELD(function) __typeof__(function) *(function);

struct json_c {
	JSON_C_FUNCTIONS(JSON_C_FIELD)
};

/* False: it cannot be loaded, and a message has said so. */
bool json_c_load(struct json_c *c);

#endif
