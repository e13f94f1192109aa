/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vector.h - the kernels, written once for any vector width.
 *
 * A file for one instruction set defines the macros below and includes this. It gets the static functions
 * find_needle(), count_byte() and valid_utf8_prefix(), and puts them into its table. Only functions that carry TARGET
 * use vectors, so the rest of the library is compiled for the plain processor. (If a file had compiler flags of its
 * own, their instructions would leak into shared inline functions.)
 *
 *   TARGET           function attribute
 *   VECTOR, WIDTH    the type, and its bytes
 *   LOAD(p)          any alignment
 *   SPLAT(b)         b in each lane
 *   EQUAL(a, b)      FF in each lane that is equal, else 00
 *   AND, OR, SUB     lane by lane
 *   ZERO
 *   MASK(v)          uint64_t with one bit for every lane whose top bit is set,
 *   LANE(m)          and the lane of its lowest bit
 *   ANY(v)           whether MASK(v) is not 0: there may be a faster way
 *   SUM(v)           all bytes added up
 *   NARROWER         the table that takes what is shorter than a vector
 *
 * find_needle() looks for the needle's two rare bytes, each at its own offset: lane k of EQUAL(LOAD(s + rare1), ..) AND
 * EQUAL(LOAD(s + rare2), ..) tells whether the needle may start at s + k. Both offsets are below the needle's length.
 * So the loads for the starts s .. s + WIDTH - 1 end no later than a needle at the last of them, and nothing from `end`
 * on is read as long as that needle fits. The last vector is moved back so that it ends with the last start; starts
 * that it has seen before were refused then.
 */

#define STEP (4 * WIDTH)

_Static_assert(sizeof(VECTOR) == WIDTH && WIDTH <= 64, "MASK has a bit for each lane");

/* Returns the lanes, of a vector's worth of starts at s, where the needle may start. */
TARGET static inline VECTOR needle_candidates(const uint8_t *s, size_t rare1, size_t rare2, VECTOR byte1,
					      VECTOR byte2)
{
	return AND(EQUAL(LOAD(s + rare1), byte1), EQUAL(LOAD(s + rare2), byte2));
}

/* Returns the first of these candidates that is the needle; counts those that are not. */
TARGET static inline const uint8_t *confirm_needle(const struct ps_needle *n, const uint8_t *s, uint64_t mask,
						   size_t *failed)
{
	for (; mask != 0; mask &= mask - 1) {
		const uint8_t *at = s + LANE(mask);

		if (ps_needle_at(n, at))
			return at;
		++*failed;
	}
	return NULL;
}

/* The same for one vector of starts. */
TARGET static inline const uint8_t *find_in_one_vector(const struct ps_needle *n, const uint8_t *s,
						       VECTOR byte1, VECTOR byte2, size_t *failed)
{
	return confirm_needle(n, s, MASK(needle_candidates(s, n->rare1, n->rare2, byte1, byte2)), failed);
}

/* For at least a vector's worth of starts. */
TARGET static const uint8_t *find_by_rare_pair(const struct ps_needle *n, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *s = p, *at;
	const size_t rare1 = n->rare1, rare2 = n->rare2;
	const VECTOR byte1 = SPLAT(n->bytes[rare1]), byte2 = SPLAT(n->bytes[rare2]);
	size_t starts = (size_t)(end - p) - n->length + 1, failed = 0;

	for (; starts >= STEP; starts -= STEP, s += STEP) {
		const VECTOR a = needle_candidates(s, rare1, rare2, byte1, byte2);
		const VECTOR b = needle_candidates(s + WIDTH, rare1, rare2, byte1, byte2);
		const VECTOR c = needle_candidates(s + 2 * WIDTH, rare1, rare2, byte1, byte2);
		const VECTOR d = needle_candidates(s + 3 * WIDTH, rare1, rare2, byte1, byte2);

		if (!ANY(OR(OR(a, b), OR(c, d))))
			continue;
		if ((at = confirm_needle(n, s, MASK(a), &failed)) != NULL ||
		    (at = confirm_needle(n, s + WIDTH, MASK(b), &failed)) != NULL ||
		    (at = confirm_needle(n, s + 2 * WIDTH, MASK(c), &failed)) != NULL ||
		    (at = confirm_needle(n, s + 3 * WIDTH, MASK(d), &failed)) != NULL)
			return at;
		if (ps_needle_over_budget(n, failed, (size_t)(s - p)))
			return memmem(s, (size_t)(end - s), n->bytes, n->length);
	}
	for (; starts >= WIDTH; starts -= WIDTH, s += WIDTH)
		if ((at = find_in_one_vector(n, s, byte1, byte2, &failed)) != NULL)
			return at;
	return starts == 0 ? NULL : find_in_one_vector(n, s - (WIDTH - starts), byte1, byte2, &failed);
}

static const uint8_t *find_needle(const struct ps_needle *n, const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p);

	if (n->length > left)
		return NULL;
	if (n->length == 1)
		return memchr(p, n->bytes[0], left);
	if (left - n->length < WIDTH - 1)
		return NARROWER.find(n, p, end);
	return find_by_rare_pair(n, p, end);
}

/* A lane counts up to 255, so the lanes are added up after at most that many steps. */
TARGET static size_t count_byte(const uint8_t *p, const uint8_t *end, uint8_t byte)
{
	const VECTOR wanted = SPLAT(byte);
	size_t total = 0;

	while ((size_t)(end - p) >= STEP) {
		VECTOR a = ZERO, b = ZERO, c = ZERO, d = ZERO;
		size_t steps = ps_min((size_t)(end - p) / STEP, 255);

		for (; steps > 0; steps--, p += STEP) {
			a = SUB(a, EQUAL(LOAD(p), wanted));
			b = SUB(b, EQUAL(LOAD(p + WIDTH), wanted));
			c = SUB(c, EQUAL(LOAD(p + 2 * WIDTH), wanted));
			d = SUB(d, EQUAL(LOAD(p + 3 * WIDTH), wanted));
		}
		total += SUM(a) + SUM(b) + SUM(c) + SUM(d);
	}
	for (; (size_t)(end - p) >= WIDTH; p += WIDTH)
		total += SUM(SUB(ZERO, EQUAL(LOAD(p), wanted)));
	return total + NARROWER.count(p, end, byte);
}

/*
 * Returns the first byte of [p, end) that is not ASCII, or a place less than a vector before the end. One vector is
 * tried alone first: in text that is not English, runs of ASCII are short.
 */
TARGET static inline const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
	while ((size_t)(end - p) >= WIDTH) {
		uint64_t mask = MASK(LOAD(p));

		if (mask != 0)
			return p + LANE(mask);
		p += WIDTH;
		for (; (size_t)(end - p) >= STEP; p += STEP)
			if (ANY(OR(OR(LOAD(p), LOAD(p + WIDTH)),
				   OR(LOAD(p + 2 * WIDTH), LOAD(p + 3 * WIDTH)))))
				break;
	}
	return p;
}

TARGET static size_t valid_utf8_prefix(const uint8_t *begin, const uint8_t *end)
{
	const uint8_t *p = begin;

	while ((size_t)(end - p) >= WIDTH) {
		p = skip_ascii(p, end);
		while (p < end && *p >= 0x80) {
			size_t n = ps_utf8_sequence(p, end);

			if (n == 0)
				return (size_t)(p - begin);
			p += n;
		}
	}
	return (size_t)(p - begin) + NARROWER.utf8_prefix(p, end);
}
