/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor.c - lists, opens, reads and closes files as fast as this machine can, and does nothing with them. No search of
 * the same files, with as many threads, can take less time.
 *
 * usage: floor [-j THREADS] PATH...
 *
 * Prints how many files and bytes there were. Links and special files are left alone, as in a search. All jobs are on
 * one stack. Files are opened by names relative to their directory, and handed out several at a time. A read that does
 * not fill the buffer is the last of its file; all threads may read stretches of a big file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER  ((size_t)64 << 10) /* a larger one is slower: it takes more of the cache */
#define STRETCH ((off_t)8 << 20)
#define FILES   4

/* Closed when its last job is done. */
struct directory {
	DIR *stream;
	unsigned users; /* under the lock */
	char path[];
};

enum kind { LIST, READ_FILES, READ_STRETCH };

struct job {
	struct job *next;
	enum kind kind;
	struct directory *in; /* READ_FILES */
	off_t begin, end;     /* READ_STRETCH */
	size_t length;        /* bytes of `text` in use */
	char text[];          /* a path; or the names of files, each followed by a NUL */
};

static struct job *jobs;
static unsigned pending; /* jobs on the stack or being done */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;

struct worker {
	pthread_t thread;
	char *buffer;
	unsigned long long files, bytes;
};

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		exit(2);
	return p;
}

static struct job *new_path(enum kind kind, const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	struct job *job = allocate(sizeof *job + size);

	job->kind = kind;
	job->length = (size_t)snprintf(job->text, size, "%s%s%s", directory, *directory ? "/" : "", name);
	return job;
}

static void push_job(struct job *job)
{
	pthread_mutex_lock(&lock);
	job->next = jobs;
	jobs = job;
	pending++;
	if (job->in != NULL)
		job->in->users++;
	pthread_cond_signal(&news);
	pthread_mutex_unlock(&lock);
}

/* Waits for the next job. NULL: there is none, and no thread can add one. */
static struct job *pop_job(void)
{
	struct job *job;

	pthread_mutex_lock(&lock);
	while (jobs == NULL && pending > 0)
		pthread_cond_wait(&news, &lock);
	job = jobs;
	if (job != NULL)
		jobs = job->next;
	pthread_mutex_unlock(&lock);
	return job;
}

static void leave_directory(struct directory *d)
{
	unsigned left;

	pthread_mutex_lock(&lock);
	left = --d->users;
	pthread_mutex_unlock(&lock);
	if (left > 0)
		return;
	closedir(d->stream);
	free(d);
}

static void finish_job(struct job *job)
{
	if (job->in != NULL)
		leave_directory(job->in);
	free(job);
	pthread_mutex_lock(&lock);
	if (--pending == 0)
		pthread_cond_broadcast(&news);
	pthread_mutex_unlock(&lock);
}

static void push_stretches(const char *directory, const char *name, off_t begin, off_t size)
{
	for (; begin < size; begin += STRETCH) {
		struct job *job = new_path(READ_STRETCH, directory, name);

		job->begin = begin;
		job->end = begin + STRETCH < size ? begin + STRETCH : size;
		push_job(job);
	}
}

/* Reads all of a small file, and the first buffer of a big one. */
static void read_file(struct worker *w, const struct directory *d, const char *name)
{
	int fd = openat(dirfd(d->stream), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, w->buffer, BUFFER);
	w->files++;
	w->bytes += n > 0 ? (unsigned long long)n : 0;
	if (n == (ssize_t)BUFFER && fstat(fd, &st) == 0)
		push_stretches(d->path, name, (off_t)BUFFER, st.st_size);
	close(fd);
}

static void read_stretch(struct worker *w, const struct job *job)
{
	int fd = open(job->text, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	for (off_t p = job->begin; fd >= 0 && p < job->end && n > 0; p += n) {
		off_t left = job->end - p;

		n = pread(fd, w->buffer, left < (off_t)BUFFER ? (size_t)left : BUFFER, p);
		w->bytes += n > 0 ? (unsigned long long)n : 0;
	}
	if (fd >= 0)
		close(fd);
}

static struct directory *open_directory(const char *path)
{
	size_t size = strlen(path) + 1;
	struct directory *d = allocate(sizeof *d + size);

	memcpy(d->path, path, size);
	d->users = 1;
	d->stream = opendir(path);
	if (d->stream != NULL)
		return d;
	free(d);
	return NULL;
}

/* Adds a name to the job of files, or if that is full, to a new one. */
static struct job *add_file(struct job *files, struct directory *d, const char *name)
{
	size_t size = strlen(name) + 1;

	if (files == NULL) {
		files = allocate(sizeof *files + FILES * ((size_t)NAME_MAX + 1));
		files->kind = READ_FILES;
		files->in = d;
	}
	memcpy(files->text + files->length, name, size);
	files->length += size;
	return files;
}

/* Adds a job for each directory, and for every FILES files, in this one. */
static void list_directory(const char *path)
{
	struct directory *d = open_directory(path);
	struct job *files = NULL;
	struct dirent *e;
	unsigned n = 0;

	while (d != NULL && (e = readdir(d->stream)) != NULL) {
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			push_job(new_path(LIST, path, e->d_name));
		if (e->d_type != DT_REG)
			continue;
		files = add_file(files, d, e->d_name);
		if (++n % FILES != 0)
			continue;
		push_job(files);
		files = NULL;
	}
	if (files != NULL)
		push_job(files);
	if (d != NULL)
		leave_directory(d);
}

static void *run_jobs(void *argument)
{
	struct worker *w = argument;
	struct job *job;

	while ((job = pop_job()) != NULL) {
		switch (job->kind) {
		case LIST: list_directory(job->text); break;
		case READ_STRETCH: read_stretch(w, job); break;
		case READ_FILES:
			for (size_t i = 0; i < job->length; i += strlen(job->text + i) + 1)
				read_file(w, job->in, job->text + i);
		}
		finish_job(job);
	}
	return NULL;
}

/* Adds a job for a file or directory named on the command line. */
static void add_path(struct worker *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode))
		push_job(new_path(LIST, "", path));
	if (S_ISREG(st.st_mode)) {
		w->files++;
		push_stretches("", path, 0, st.st_size);
	}
}

/* The calling thread is the first worker. */
static void run_workers(struct worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		workers[i].buffer = allocate(BUFFER);
		if (i > 0 && pthread_create(&workers[i].thread, NULL, run_jobs, &workers[i]) != 0)
			exit(2);
	}
	run_jobs(workers);
	for (unsigned i = 1; i < count; i++) {
		pthread_join(workers[i].thread, NULL);
		workers[0].files += workers[i].files;
		workers[0].bytes += workers[i].bytes;
	}
	for (unsigned i = 0; i < count; i++)
		free(workers[i].buffer);
}

int main(int argc, char **argv)
{
	long threads = sysconf(_SC_NPROCESSORS_ONLN);
	struct worker *workers;
	int option;

	while ((option = getopt(argc, argv, "j:")) != -1)
		threads = option == 'j' ? atol(optarg) : 0;
	if (threads <= 0 || optind == argc) {
		fprintf(stderr, "usage: floor [-j THREADS] PATH...\n");
		return 2;
	}
	workers = allocate((size_t)threads * sizeof *workers);
	for (; optind < argc; optind++)
		add_path(workers, argv[optind]);
	run_workers(workers, (unsigned)threads);
	printf("%llu files, %llu bytes\n", workers->files, workers->bytes);
	free(workers);
	return 0;
}
