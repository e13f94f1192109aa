/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads.c - the library's threads, which a host must not notice.
 *
 * All signals are blocked before a thread is made, so that none of the host's handlers ever runs on it. A thread names
 * itself: to name another thread, libc opens a file in /proc, which counts against the host's descriptor limit, and
 * which a child may inherit.
 */
#include "queue.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STACK = 512 * 1024 }; /* Oniguruma's matcher keeps its stack on the heap */

static void *run_named_thread(void *argument)
{
	const struct ps_thread *thread = argument;
	char name[16]; /* the kernel's limit, including the NUL */

	snprintf(name, sizeof(name), "psearch/%u", thread->number % 1000);
	prctl(PR_SET_NAME, name);
	return thread->run(thread->argument);
}

int ps_thread_start(struct ps_thread *thread, unsigned number, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int rc = pthread_attr_init(&attributes);

	if (rc != 0)
		return rc;
	pthread_attr_setstacksize(&attributes, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	thread->number = number;
	thread->run = run;
	thread->argument = argument;
	rc = pthread_create(&thread->id, &attributes, run_named_thread, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	thread->running = rc == 0;
	return rc;
}

void ps_thread_join(struct ps_thread *thread)
{
	if (thread->running)
		pthread_join(thread->id, NULL);
	thread->running = false;
}

unsigned ps_cpu_count(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (unsigned)online : 1;
}
