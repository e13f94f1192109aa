/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fingerprint.h - find_any_needle(), written once for any vector width; see needles.h.
 *
 * A file that has included vector.h and needles.h includes this, and defines these further macros:
 *
 *   SOME(v)          whether any lane is not 0
 *   MASK_SOME(v)     like MASK, for every lane that is not 0
 *
 * and, for a lookup among 256 entries by the two halves of the index,
 *
 *   TABLE(p)         the 16 bytes at p, in each 16 bytes of a vector
 *   LOOKUP(t, v)     t[v] in each lane, v below 16
 *   HIGH(v)          the high nibble of each lane
 *
 * or, if there is a better way, LEFT(n, k) and RIGHT(n, k), the two vectors that have position k's table, and
 * LOOK(left, right, v).
 *
 * As in find_needle(), each position is loaded at its own offset, and the last vector is moved back. The positions
 * after the `quick` ones are only looked up if those let something through.
 */
#ifndef LOOK
#define LEFT(n, k)           TABLE((n)->low[k])
#define RIGHT(n, k)          TABLE((n)->high[k])
#define LOOK(left, right, v) AND(LOOKUP(left, AND(v, SPLAT(15))), LOOKUP(right, HIGH(v)))
#endif

_Static_assert(PS_POSITIONS == 6, "needle_buckets() and find_any_needle() name each number of positions");

struct fingerprint {
	VECTOR left[PS_POSITIONS], right[PS_POSITIONS];
};

#define INLINED TARGET __attribute__((always_inline)) static inline

INLINED VECTOR look_up_buckets(const struct ps_needles *n, const struct fingerprint *f, const uint8_t *s, size_t k)
{
	return LOOK(f->left[k], f->right[k], LOAD(s + n->at[k]));
}

/* Returns the buckets for each of the places from s on; the compiler knows `quick`. */
INLINED VECTOR needle_buckets(const struct ps_needles *n, const struct fingerprint *f, const uint8_t *s, size_t quick)
{
	VECTOR v = look_up_buckets(n, f, s, 0);

	if (quick > 1)
		v = AND(v, look_up_buckets(n, f, s, 1));
	if (quick > 2)
		v = AND(v, look_up_buckets(n, f, s, 2));
	if (quick > 3)
		v = AND(v, look_up_buckets(n, f, s, 3));
	if (quick > 4)
		v = AND(v, look_up_buckets(n, f, s, 4));
	if (quick > 5)
		v = AND(v, look_up_buckets(n, f, s, 5));
	return v;
}

/* Returns the first of these places, whose buckets are in v, where a needle is. */
INLINED const uint8_t *confirm_any_needle(const struct ps_needles *n, const uint8_t *s, const uint8_t *end,
					  VECTOR v, size_t *work, size_t *which)
{
	uint64_t mask;

	for (size_t k = n->quick; k < n->positions; k++)
		v = AND(v, LOOK(LEFT(n, k), RIGHT(n, k), LOAD(s + n->at[k])));
	for (mask = MASK_SOME(v); mask != 0; mask &= mask - 1) {
		const uint8_t *at = s + LANE(mask);
		size_t i = n->first[ps_needles_key(n->key_at, at)];

		++*work;
		if (i < PS_NEEDLES_MAX && (i = ps_needles_chain(n, i, at, end, work)) < PS_NEEDLES_MAX) {
			*which = i;
			return at;
		}
	}
	return NULL;
}

/*
 * Goes on from s by two vectors at a time while neither has a candidate and both end before `stop`; a and b get the
 * buckets of the last two. This is a loop of its own, since one with a call in it keeps its tables in memory.
 */
INLINED const uint8_t *skip_without_needles(const struct ps_needles *n, const struct fingerprint *f, const uint8_t *s,
					    const uint8_t *stop, size_t quick, VECTOR *a, VECTOR *b)
{
	for (; (size_t)(stop - s) >= 2 * WIDTH; s += 2 * WIDTH) {
		*a = needle_buckets(n, f, s, quick);
		*b = needle_buckets(n, f, s + WIDTH, quick);
		if (SOME(OR(*a, *b)))
			break;
	}
	return s;
}

/* For at least a vector's worth of starts. */
INLINED const uint8_t *find_any_quick(const struct ps_needles *n, const uint8_t *p, const uint8_t *end,
				      size_t quick, size_t *which)
{
	const uint8_t *s = p, *at, *stop = end - n->shortest + 1;
	VECTOR a = ZERO, b = ZERO;
	struct fingerprint f;
	size_t work = 0;

	for (size_t k = 0; k < quick; k++) {
		f.left[k] = LEFT(n, k);
		f.right[k] = RIGHT(n, k);
	}
	for (;; s += 2 * WIDTH) {
		s = skip_without_needles(n, &f, s, stop, quick, &a, &b);
		if ((size_t)(stop - s) < 2 * WIDTH)
			break;
		if ((at = confirm_any_needle(n, s, end, a, &work, which)) != NULL ||
		    (at = confirm_any_needle(n, s + WIDTH, end, b, &work, which)) != NULL)
			return at;
		if (work > 1024 + (size_t)(s - p) / 4)
			return ps_simd_portable.find_any(n, s + 2 * WIDTH, end, which);
	}
	for (; s < stop; s += WIDTH) {
		if ((size_t)(stop - s) < WIDTH)
			s = stop - WIDTH;
		if ((at = confirm_any_needle(n, s, end, needle_buckets(n, &f, s, quick), &work, which)) != NULL)
			return at;
	}
	return NULL;
}

#define ANY_AT(name, quick)                                                                          \
	TARGET static const uint8_t *name(const struct ps_needles *n, const uint8_t *p,              \
					  const uint8_t *end, size_t *which)                         \
	{                                                                                            \
		return find_any_quick(n, p, end, quick, which);                                      \
	}

ANY_AT(find_any_quick_1, 1)
ANY_AT(find_any_quick_2, 2)
ANY_AT(find_any_quick_3, 3)
ANY_AT(find_any_quick_4, 4)
ANY_AT(find_any_quick_5, 5)
ANY_AT(find_any_quick_6, 6)

static const uint8_t *find_any_needle(const struct ps_needles *n, const uint8_t *p, const uint8_t *end,
				      size_t *which)
{
	*which = 0;
	if (n->count == 1)
		return find_needle(&n->needle[0], p, end);
	if ((size_t)(end - p) < n->shortest + WIDTH - 1)
		return NARROWER.find_any(n, p, end, which);
	switch (n->quick) {
	case 1:
		return find_any_quick_1(n, p, end, which);
	case 2:
		return find_any_quick_2(n, p, end, which);
	case 3:
		return find_any_quick_3(n, p, end, which);
	case 4:
		return find_any_quick_4(n, p, end, which);
	case 5:
		return find_any_quick_5(n, p, end, which);
	default:
		return find_any_quick_6(n, p, end, which);
	}
}
