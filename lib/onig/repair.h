/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repair.h - text that is not UTF-8, made fit for Oniguruma.
 *
 * Each byte b that is no part of a valid sequence becomes the code point
 * U+DC00 + b: three bytes, ED B2 80 to ED B3 BF. As a surrogate it can stand in no valid
 * text, so the way back is unique. Every byte of a broken sequence is a
 * character of its own.
 */
#ifndef PS_REPAIR_H
#define PS_REPAIR_H

#include "../base/base.h"
#include "../simd/simd.h"

/* Bytes that the rewritten text has. */
size_t ps_utf8_repaired_size(const struct ps_simd *simd, const uint8_t *text, size_t length);

/* Writes it; `to` has room for that many bytes. */
void ps_utf8_repair(const struct ps_simd *simd, const uint8_t *text, size_t length, uint8_t *to);

/* Changes spans of the rewritten text, in order, to those of the text it was made of. */
void ps_utf8_map_back(const uint8_t *repaired, size_t size, struct search_span *spans, size_t count);

#endif
