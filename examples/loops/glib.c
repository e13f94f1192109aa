/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glib - searches in GLib's main loop, which is that of GTK.
 *
 * A source made by g_unix_fd_add() is level-triggered: a job that stops before SEARCH_EAGAIN is called again, after the
 * other sources of its priority. An interface gives searches a lower priority than its own events, by
 * g_unix_fd_add_full().
 */
#include "jobs.h"

#include <glib-unix.h>
#include <glib.h>

static GMainLoop *loop;

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct job *job = data;
	struct jobs *jobs = job->jobs;

	(void)fd;
	(void)condition;
	jobs->wakeups++;
	if (job_take(job) != JOB_ENDED)
		return G_SOURCE_CONTINUE;
	g_source_remove(GPOINTER_TO_UINT(job->watch)); /* before its descriptor is closed */
	job_close(job);
	if (jobs->open == 0)
		g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

static gboolean on_tick(gpointer data)
{
	jobs_tick(data);
	return G_SOURCE_CONTINUE;
}

static void run(struct jobs *jobs)
{
	guint i, timer = g_timeout_add(TICK_MS, on_tick, jobs);

	for (i = 0; i < jobs->count; i++) {
		struct job *job = &jobs->job[i];

		job->watch = GUINT_TO_POINTER(g_unix_fd_add(job->fd, G_IO_IN, on_ready, job));
	}
	g_main_loop_run(loop);
	g_source_remove(timer);
}

int main(int argc, char **argv)
{
	struct jobs jobs;
	int status;

	loop = g_main_loop_new(NULL, FALSE);
	if (jobs_open(&jobs, "glib", argc, argv))
		run(&jobs);
	status = jobs_close(&jobs);
	g_main_loop_unref(loop);
	return status;
}
