/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weak.c - which outcomes of a small concurrent program does C11 allow, and which does an x86 processor show?
 *
 * weak [-x86] 'x = 1 sc; a = y sc | y = 1 sc; b = x sc' 'a=0 b=0'
 *
 * Threads are separated by |, accesses by ;. `x = 1 rel` stores, `x += 1 sc` adds in one step, `r = x acq` loads into a
 * register (a one-letter name from a to h; words are p to z; all are 0 at first). The orders are rlx, acq, rel, ar
 * (acq_rel) and sc. Prints `possible` or `never` for the outcome, which names values of registers.
 *
 * It tries every execution: for each load, which store it reads from (rf), and for each word, in which order its stores
 * come (mo). Those are kept that the memory model allows:
 *
 *	C11    as mended in "Repairing Sequential Consistency in C/C++11" (2017): coherence, atomic updates, and psc, the
 *	       order of seq_cst accesses, without a circle. A program has no fences here, as the library has none.
 *	x86    TSO: stores are delayed past later loads, except those that are seq_cst, which compile to xchg, and updates.
 *	       Compilers may reorder more than that; so this one shows what a test on such a machine could see.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16, WORDS = 26 };
enum order { RLX, ACQ, REL, AR, SC };

struct event {
	int thread, word; /* thread -1: the stores of 0 at the start */
	bool reads, writes;
	int value;  /* stored, or added */
	bool adds;
	char into;  /* register, or 0 */
	enum order order;
};

static struct event events[MOST];
static int count, threads, initial; /* events [0, initial) are at the start */
static int rf[MOST];                /* of a load: the store that it reads from */
static int place[MOST];             /* of a store: its place in its word's mo */
static int values[MOST];            /* of a store; of a load that stores nothing, what it read */
static int want[128];               /* of registers; -1: any */
static bool on_x86, found;

typedef bool relation[MOST][MOST];

static void fail(const char *why, const char *what)
{
	fprintf(stderr, "weak: %s: %s\n", why, what);
	exit(2);
}

/* --- reading the program --- */

static enum order order_of(const char *name)
{
	static const char *const names[] = { "rlx", "acq", "rel", "ar", "sc" };

	for (int i = 0; i <= SC; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum order)i;
	fail("no such order", name);
	return SC;
}

static bool is_register(char c)
{
	return c >= 'a' && c <= 'h';
}

static bool is_word(char c)
{
	return c >= 'p' && c <= 'z';
}

static void add_access(int thread, const char *text)
{
	char left, right[2] = "", sign[3], order[4];
	struct event e = { .thread = thread };

	if (sscanf(text, " %c %2[+=] %1[0-9a-z] %3s", &left, sign, right, order) != 4 || count == MOST)
		fail("cannot read", text);
	e.order = order_of(order);
	e.adds = sign[0] == '+';
	if (is_word(left)) {
		e.word = left - 'a';
		e.writes = true;
		e.reads = e.adds;
		e.value = right[0] - '0';
	} else if (is_register(left) && is_word(right[0])) {
		e.word = right[0] - 'a';
		e.reads = true;
		e.into = left;
	} else {
		fail("cannot read", text);
	}
	events[count++] = e;
}

static void read_program(char *text)
{
	char *thread_end, *access_end;
	bool used[WORDS] = { false };

	for (const char *c = text; *c != '\0'; c++)
		if (is_word(*c) && (c == text || c[-1] == ' ') && (c[1] == ' ' || c[1] == '\0') && !used[*c - 'a']) {
			used[*c - 'a'] = true;
			events[count++] = (struct event){ .thread = -1, .word = *c - 'a', .writes = true };
		}
	initial = count;
	for (char *t = strtok_r(text, "|", &thread_end); t != NULL; t = strtok_r(NULL, "|", &thread_end), threads++)
		for (char *a = strtok_r(t, ";", &access_end); a != NULL; a = strtok_r(NULL, ";", &access_end))
			add_access(threads, a);
}

static void read_outcome(char *text)
{
	char *end;

	memset(want, -1, sizeof(want));
	for (char *p = strtok_r(text, " ", &end); p != NULL; p = strtok_r(NULL, " ", &end)) {
		if (!is_register(p[0]) || p[1] != '=')
			fail("cannot read", p);
		want[(int)p[0]] = atoi(p + 2);
	}
}

/* --- relations --- */

static bool before_in_thread(int a, int b)
{
	if (events[a].thread < 0)
		return events[b].thread >= 0;
	return events[a].thread == events[b].thread && a < b;
}

static bool same_word(int a, int b)
{
	return events[a].word == events[b].word;
}

static bool mo(int a, int b)
{
	return events[a].writes && events[b].writes && same_word(a, b) && place[a] < place[b];
}

/* b overwrites what a has read. An update does not overwrite its own. */
static bool fr(int a, int b)
{
	return a != b && events[a].reads && events[b].writes && same_word(a, b) && place[rf[a]] < place[b];
}

static bool reads_from(int a, int b)
{
	return events[b].reads && rf[b] == a;
}

static void close_over(relation r)
{
	for (int k = 0; k < count; k++)
		for (int i = 0; i < count; i++)
			for (int j = 0; r[i][k] && j < count; j++)
				r[i][j] |= r[k][j];
}

static bool has_circle(relation r)
{
	close_over(r);
	for (int i = 0; i < count; i++)
		if (r[i][i])
			return true;
	return false;
}

static bool is_release(int e)
{
	return events[e].order >= REL;
}

static bool is_acquire(int e)
{
	return events[e].order == ACQ || events[e].order >= AR;
}

/* Happens before: program order, and what is released and acquired, also through updates in between. */
static void find_hb(relation hb)
{
	for (int a = 0; a < count; a++)
		for (int b = 0; b < count; b++) {
			hb[a][b] = before_in_thread(a, b);
			if (!events[b].reads || !is_acquire(b))
				continue;
			for (int s = rf[b];; s = rf[s]) { /* the release sequence, backwards */
				if (s == a && is_release(a) && events[a].thread >= 0)
					hb[a][b] = true;
				if (!events[s].reads)
					break;
			}
		}
	close_over(hb);
}

/* --- the memory models --- */

static bool is_coherent(relation hb)
{
	relation eco;

	for (int a = 0; a < count; a++)
		for (int b = 0; b < count; b++)
			eco[a][b] = mo(a, b) || fr(a, b) || reads_from(a, b);
	close_over(eco);
	for (int a = 0; a < count; a++) {
		if (hb[a][a] || eco[a][a])
			return false;
		for (int b = 0; b < count; b++)
			if (hb[a][b] && eco[b][a])
				return false;
	}
	return true;
}

/* scb: program order, mo and fr; happens-before at one word, and from one word to others and back */
static bool is_sc_ordered(relation hb)
{
	relation psc;

	for (int a = 0; a < count; a++)
		for (int b = 0; b < count; b++) {
			bool scb = before_in_thread(a, b) || (same_word(a, b) && hb[a][b]) || mo(a, b) || fr(a, b);

			for (int c = 0; c < count && !scb; c++)
				for (int d = 0; d < count && !scb; d++)
					scb = before_in_thread(a, c) && !same_word(a, c) && hb[c][d] &&
					      before_in_thread(d, b) && !same_word(d, b);
			psc[a][b] = scb && events[a].order == SC && events[b].order == SC && events[a].thread >= 0 &&
				    events[b].thread >= 0;
		}
	return !has_circle(psc);
}

static bool is_allowed_by_c11(void)
{
	relation hb, made;

	find_hb(hb);
	/* no load reads what is stored because of it: porf without a circle */
	for (int a = 0; a < count; a++)
		for (int b = 0; b < count; b++)
			made[a][b] = before_in_thread(a, b) || reads_from(a, b);
	return !has_circle(made) && is_coherent(hb) && is_sc_ordered(hb);
}

static bool drains(int e) /* an instruction that waits for the store buffer */
{
	return events[e].writes && (events[e].reads || events[e].order == SC);
}

static bool is_delayed_past(int a, int b)
{
	bool fenced = drains(a) || drains(b);

	for (int e = a + 1; e < b; e++)
		fenced |= drains(e);
	return events[a].thread >= 0 && events[a].writes && !events[a].reads && events[b].reads && !events[b].writes &&
	       !fenced;
}

static bool is_allowed_by_x86(void)
{
	relation order, local;

	for (int a = 0; a < count; a++)
		for (int b = 0; b < count; b++) {
			bool com = mo(a, b) || fr(a, b);
			bool outside = reads_from(a, b) && events[a].thread != events[b].thread;

			order[a][b] = com || outside || (before_in_thread(a, b) && !is_delayed_past(a, b));
			local[a][b] = com || reads_from(a, b) || (before_in_thread(a, b) && same_word(a, b));
		}
	return !has_circle(order) && !has_circle(local);
}

/* --- all executions --- */

/* What loads read, in the order of rf. False: there is no such order. */
static bool find_values(void)
{
	bool known[MOST] = { false };

	for (int round = 0; round <= count; round++)
		for (int e = 0; e < count; e++)
			if (!events[e].reads) {
				values[e] = events[e].value;
				known[e] = true;
			} else if (known[rf[e]]) {
				values[e] = values[rf[e]] + (events[e].adds ? events[e].value : 0);
				known[e] = true;
			}
	for (int e = 0; e < count; e++)
		if (!known[e])
			return false;
	return true;
}

static bool is_wanted(void)
{
	for (int e = 0; e < count; e++)
		if (events[e].into != 0 && want[(int)events[e].into] >= 0 &&
		    values[e] != want[(int)events[e].into])
			return false;
	return true;
}

/* An update comes at once after what it has read. */
static bool are_updates_whole(void)
{
	for (int e = 0; e < count; e++)
		if (events[e].reads && events[e].writes && place[rf[e]] + 1 != place[e])
			return false;
	return true;
}

static void try_reads(int e)
{
	while (e < count && !events[e].reads)
		e++;
	if (e == count) {
		found |= find_values() && is_wanted() && are_updates_whole() &&
			 (on_x86 ? is_allowed_by_x86() : is_allowed_by_c11());
		return;
	}
	for (rf[e] = 0; rf[e] < count && !found; rf[e]++)
		if (rf[e] != e && events[rf[e]].writes && same_word(rf[e], e))
			try_reads(e + 1);
}

/* Each store gets a place among those of its word; those of the start are first. */
static void try_places(int e)
{
	int stores = 0;

	while (e < count && !events[e].writes)
		e++;
	if (e == count) {
		try_reads(0);
		return;
	}
	if (e < initial) {
		place[e] = 0;
		try_places(e + 1);
		return;
	}
	for (int o = 0; o < count; o++)
		stores += events[o].writes && same_word(o, e);
	for (int p = 1; p < stores && !found; p++) {
		bool taken = false;

		for (int o = initial; o < e; o++)
			taken |= events[o].writes && same_word(o, e) && place[o] == p;
		place[e] = p;
		if (!taken)
			try_places(e + 1);
	}
}

int main(int argc, char **argv)
{
	int first = argc == 4 && strcmp(argv[1], "-x86") == 0 ? 2 : 1;

	if (argc != first + 2)
		fail("usage", "weak [-x86] PROGRAM OUTCOME");
	on_x86 = first == 2;
	read_program(argv[first]);
	read_outcome(argv[first + 1]);
	try_places(0);
	puts(found ? "possible" : "never");
	return 0;
}
