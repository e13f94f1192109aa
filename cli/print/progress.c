/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.c - how far a search has come, in a line on the terminal.
 *
 * The library counts, and may be asked at any time. Nothing wakes the command to show the line: where it would wait for
 * an item it waits no longer than until the line is due.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/clock.h"

#define PATIENCE 1000      /* milliseconds without a result before the line is shown */
#define INTERVAL 200       /* between two writes of it */
#define ITEMS_PER_LOOK 256 /* how many items may come before the clock is read again */

/* Does what is written to standard output stay where it is, or go to the terminal directly? */
static bool has_no_reader(void)
{
	struct stat st;

	return isatty(STDOUT_FILENO) || (fstat(STDOUT_FILENO, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)));
}

bool progress_suits(const struct arguments *a, enum report report)
{
	bool plain = a->personality == AS_PSEARCH && report != REPORT_NOTHING && report != REPORT_JSON;

	if (report == REPORT_FILES || a->progress == CHOICE_NO || !status_line_suits())
		return false;
	return a->progress == CHOICE_YES || (plain && !a->input.option && has_no_reader());
}

void progress_begin(struct progress *p, const struct search *s, struct output *out, bool on)
{
	*p = (struct progress){ .on = on, .search = s };
	if (!on)
		return;
	p->started = clock_ms();
	if (isatty(STDOUT_FILENO)) {
		p->results = out;
		out->above = &p->line;
	}
}

void progress_end(struct progress *p)
{
	if (p->results)
		p->results->above = NULL;
	status_line_hide(&p->line);
	p->on = false;
}

/* When the line may be shown next. */
static uint64_t due_at(const struct progress *p)
{
	uint64_t quiet = p->started, again = p->shown + INTERVAL;

	if (p->results && p->results->written)
		quiet = p->results->written_at;
	return quiet + PATIENCE > again ? quiet + PATIENCE : again;
}

/* Is the cursor where a line can be shown? It is not if the last line has no newline. */
static bool has_room(const struct progress *p)
{
	return !p->results || output_at_line_start(p->results);
}

int progress_due(const struct progress *p)
{
	uint64_t now = clock_ms(), due = due_at(p);

	if (!has_room(p))
		return -1;
	return due > now ? (int)(due - now) : 0;
}

/* --- the text --- */

/* 1234567: "1,234,567" */
static int format_number(char *to, size_t size, uint64_t n)
{
	int length;

	if (n < 1000)
		return snprintf(to, size, "%" PRIu64, n);
	length = format_number(to, size, n / 1000);
	return length + snprintf(to + length, size - (size_t)length, ",%03u", (unsigned)(n % 1000));
}

static void format_size(char *to, size_t size, double bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	for (; bytes >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		bytes /= 1024;
	snprintf(to, size, unit > 0 && bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

/* Adds a field if there is room for all of it. */
static bool add_field(char *text, size_t room, const char *field)
{
	size_t length = strlen(text), more = strlen(field);

	if (length + more > room)
		return false;
	memcpy(text + length, field, more + 1);
	return true;
}

/* In a narrow terminal the last fields are left out. */
static void format_line(char *text, size_t room, const struct search_stats *s, uint64_t milliseconds)
{
	char fields[4][64], number[32];

	format_number(number, sizeof(number), s->files_searched);
	snprintf(fields[0], sizeof(fields[0]), "%s file%s", number, s->files_searched == 1 ? "" : "s");
	format_number(number, sizeof(number), s->matches);
	snprintf(fields[1], sizeof(fields[1]), ", %s line%s found", number, s->matches == 1 ? "" : "s");
	format_size(number, sizeof(number), (double)s->bytes);
	snprintf(fields[2], sizeof(fields[2]), ", %s", number);
	format_size(number, sizeof(number), (double)s->bytes * 1000 / (double)(milliseconds > 0 ? milliseconds : 1));
	snprintf(fields[3], sizeof(fields[3]), ", %s/s", number);
	*text = '\0';
	for (int i = 0; i < 4 && add_field(text, room, fields[i]); i++)
		;
}

void progress_show(struct progress *p)
{
	struct search_stats stats = SEARCH_STATS_INIT;
	char text[256];
	size_t room = status_line_columns();
	uint64_t now = clock_ms();

	if (now < due_at(p) || !has_room(p))
		return;
	p->shown = now;
	if (search_stats(p->search, &stats) != SEARCH_OK)
		return;
	format_line(text, room < sizeof(text) ? room : sizeof(text) - 1, &stats, now - p->started);
	status_line_show(&p->line, text);
}

void progress_count(struct progress *p)
{
	if (!p->on || ++p->items < ITEMS_PER_LOOK)
		return;
	p->items = 0;
	progress_show(p);
}
