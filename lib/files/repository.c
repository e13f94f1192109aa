/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repository.c - the top of a git repository: how it is recognized, and what it adds to the rules.
 *
 * A directory is one if it has a .git directory with a HEAD. If .git is a file (in a worktree or submodule), that names
 * the .git directory. A worktree's .git directory names the one with all that worktrees share, such as info/exclude and
 * config.
 */
#include "git_index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* --- where it is --- */

static void cut_line_end(struct ps_text *text)
{
	while (text->length > 0 && strchr("\r\n", text->bytes[text->length - 1]) != NULL)
		text->bytes[--text->length] = '\0';
}

/* Reads the path after `prefix` in a small file, relative to `directory`; *path stays empty if there is none. */
static int read_link(struct ps_text *path, const struct ps_ignore_host *host, const char *file, const char *prefix,
		     const char *directory)
{
	struct ps_text text, joined = { 0 };
	int rc = ps_file_read(&text, host, PS_AT_DIRECTORY, file, PS_FILE_MET);
	const char *target;

	if (rc != SEARCH_OK || text.length <= strlen(prefix) || !ps_text_add(&text, "", 0) ||
	    memcmp(text.bytes, prefix, strlen(prefix)) != 0) {
		ps_text_free(&text);
		return rc;
	}
	cut_line_end(&text);
	target = text.bytes + strlen(prefix);
	if (ps_text_join(&joined, *target == '/' ? "" : directory, target) == NULL)
		rc = SEARCH_ENOMEM;
	ps_text_free(&text);
	ps_text_free(path);
	*path = joined;
	return rc;
}

/* Is there a file HEAD? */
static int find_head(bool *found, const struct ps_ignore_host *host, const char *git)
{
	struct ps_text path = { 0 };
	const char *head = ps_text_join(&path, git, "HEAD");
	const void *text;
	size_t size;
	int given = head == NULL ? -ENOMEM : ps_ignore_find(host, PS_AT_DIRECTORY, head, true, &text, &size), fd = given;

	if (given == 0)
		fd = host->open(host->context, PS_AT_DIRECTORY, head, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	*found = given > 0 || fd >= 0;
	if (given == 0 && fd >= 0)
		host->close(host->context, fd);
	else if (given <= 0 && fd != -ENOENT && fd != -ENOTDIR && fd != -EACCES && fd != -ENOMEM)
		host->complain(host->context, PS_COMPLAINT_ERROR, head, -fd, "cannot be opened");
	ps_text_free(&path);
	return fd == -ENOMEM ? SEARCH_ENOMEM : SEARCH_OK;
}

/*
 * *own: the repository's .git directory; *git: the one that all of its worktrees share, which differs only in a
 * linked worktree. Both are empty if there is no repository.
 */
static int find_directories(struct ps_text *own, struct ps_text *git, const struct ps_ignore_host *host,
			    const char *directory)
{
	struct ps_text name = { 0 };
	bool found = false;
	int rc = SEARCH_OK;

	if (ps_text_join(git, directory, ".git") == NULL)
		return SEARCH_ENOMEM;
	rc = find_head(&found, host, git->bytes);
	if (rc == SEARCH_OK && found && !ps_text_add(own, git->bytes, git->length))
		rc = SEARCH_ENOMEM;
	if (rc != SEARCH_OK || found)
		return rc;
	rc = read_link(&name, host, git->bytes, "gitdir: ", directory);
	git->length = 0;
	if (rc == SEARCH_OK && name.length > 0)
		rc = find_head(&found, host, name.bytes);
	if (rc == SEARCH_OK && found &&
	    (!ps_text_add(git, name.bytes, name.length) || !ps_text_add(own, name.bytes, name.length)))
		rc = SEARCH_ENOMEM;
	if (rc == SEARCH_OK && found) {
		struct ps_text common = { 0 };

		rc = ps_text_join(&name, git->bytes, "commondir") == NULL ? SEARCH_ENOMEM : SEARCH_OK;
		if (rc == SEARCH_OK)
			rc = read_link(&common, host, name.bytes, "", git->bytes);
		if (rc == SEARCH_OK && common.length > 0) {
			ps_text_free(git);
			*git = common;
		} else {
			ps_text_free(&common);
		}
	}
	ps_text_free(&name);
	return rc;
}

/* --- what it says --- */

static int read_configs(struct ps_git_config *config, const struct ps_ignore_options *options,
			struct ps_git_reading *reading, const struct ps_text *git)
{
	struct ps_git_file file = { .at = PS_AT_WORKING_DIRECTORY };
	struct ps_text path = { 0 };
	int rc = SEARCH_OK;

	for (size_t i = 0; rc == SEARCH_OK && i < options->config_count; i++) {
		file.path = options->configs[i];
		rc = ps_git_config_load(config, reading, &file);
	}
	if (rc == SEARCH_OK && git->length > 0) {
		file.at = PS_AT_DIRECTORY;
		file.path = ps_text_join(&path, git->bytes, "config");
		rc = file.path != NULL ? ps_git_config_load(config, reading, &file) : SEARCH_ENOMEM;
	}
	ps_text_free(&path);
	return rc;
}

/* Loads the file of core.excludesFile, whose path is relative to the repository's top. */
static int load_global(struct ps_repository *repository, const struct ps_git_config *config,
		       const struct ps_ignore_options *options, const struct ps_ignore_host *host, const char *directory)
{
	struct ps_text path = { 0 };
	const char *name = config->excludes.bytes;
	int rc;

	if (name == NULL && options->excludes != NULL)
		return ps_rules_load(&repository->global, host, PS_AT_WORKING_DIRECTORY, options->excludes, PS_FILE_NAMED,
				     config->caseless);
	if (name == NULL || *name == '\0')
		return SEARCH_OK;
	rc = ps_path_expand(&path, name, directory, options->home, host);
	if (rc == SEARCH_OK && path.length > 0)
		rc = ps_rules_load(&repository->global, host, PS_AT_DIRECTORY, path.bytes, PS_FILE_NAMED, config->caseless);
	ps_text_free(&path);
	return rc;
}

static int load_exclude(struct ps_repository *repository, const struct ps_ignore_host *host, const struct ps_text *git)
{
	struct ps_text path = { 0 };
	int rc = ps_text_join(&path, git->bytes, "info/exclude") == NULL ? SEARCH_ENOMEM : SEARCH_OK;

	if (rc == SEARCH_OK)
		rc = ps_rules_load(&repository->exclude, host, PS_AT_DIRECTORY, path.bytes, PS_FILE_MET,
				   repository->caseless);
	ps_text_free(&path);
	return rc;
}

/* Reads the repository's configuration, and the files that the host names. */
static int load_config(struct ps_git_config *config, const struct ps_ignore_options *options,
		       const struct ps_ignore_host *host, const char *from_top, const struct ps_text *own,
		       const struct ps_text *git)
{
	struct ps_git_reading reading = { .host = host, .home = options->home, .git = own->bytes };
	struct ps_text directory = { 0 };
	int rc = SEARCH_OK;

	if (from_top != NULL) {
		if (!ps_text_add_string(&directory, "/") || !ps_text_add_string(&directory, from_top))
			rc = SEARCH_ENOMEM;
		reading.directory = directory.bytes;
	}
	if (rc == SEARCH_OK)
		rc = read_configs(config, options, &reading, git);
	ps_text_free(&directory);
	return rc;
}

int ps_repository_load(struct ps_repository *repository, const struct ps_ignore_options *options,
		       const struct ps_ignore_host *host, const char *directory, const char *from_top, bool anywhere)
{
	struct ps_git_config config = { 0 };
	struct ps_text own = { 0 }, git = { 0 };
	int rc = find_directories(&own, &git, host, directory);

	*repository = (struct ps_repository){ .found = git.length > 0 };
	if (rc == SEARCH_OK && (repository->found || anywhere))
		rc = load_config(&config, options, host, from_top, &own, &git);
	repository->caseless = config.caseless;
	if (rc == SEARCH_OK && repository->found)
		rc = load_exclude(repository, host, &git);
	if (rc == SEARCH_OK && repository->found && options->tracked)
		rc = ps_tracked_load(&repository->tracked, host, own.bytes, &config);
	if (rc == SEARCH_OK && (repository->found || anywhere))
		rc = load_global(repository, &config, options, host, directory);
	if (rc != SEARCH_OK) {
		ps_rules_free(repository->exclude);
		ps_rules_free(repository->global);
		ps_tracked_free(repository->tracked);
		*repository = (struct ps_repository){ 0 };
	}
	ps_text_free(&config.excludes);
	ps_text_free(&own);
	ps_text_free(&git);
	return rc;
}
