/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git_include.c - the files that git's configuration files include, and the conditions for that.
 *
 * A path is relative to the directory of the file that names it. The condition of an [includeIf] is a kind and a
 * glob: gitdir: and gitdir/i: match the repository's .git directory, onbranch: the branch that its HEAD names.
 * Conditions of other kinds, hasconfig: among them, never hold.
 *
 * A path that starts with a user's name, as in ~user/x, is skipped, wherever it stands: only the system's user database
 * knows that user's directory, and a library does not ask it.
 *
 * As in git, includes may nest ten levels deep. There may be no more than a thousand in all, as each file could
 * include any number.
 */
#include "rule_file.h"

#include <errno.h>
#include <string.h>

enum { MOST_DEPTH = 10, MOST_FILES = 1000 };

static bool is_at_home(const char *name)
{
	return strncmp(name, "~/", 2) == 0;
}

int ps_path_expand(struct ps_text *path, const char *name, const char *directory, const char *home,
		   const struct ps_ignore_host *host)
{
	bool at_home = is_at_home(name);

	path->length = 0;
	if (*name == '~' && !at_home)
		return SEARCH_OK;
	if (at_home && home == NULL) {
		host->complain(host->context, PS_COMPLAINT_ERROR, name, 0,
			       "cannot be read: the directory that ~ stands for is unknown");
		return SEARCH_OK;
	}
	if (at_home)
		return ps_text_join(path, home, name + 2) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
	return ps_text_join(path, *name == '/' ? "" : directory, name) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

/* The directory part of a file's path, with its final slash; "" if the path has none. */
static bool set_directory(struct ps_text *directory, const char *file)
{
	const char *slash = strrchr(file, '/');

	directory->length = 0;
	return ps_text_add(directory, file, slash != NULL ? (size_t)(slash + 1 - file) : 0);
}

/* --- conditions --- */

/* *real: the real path, to be freed; NULL if it cannot be resolved. Returns SEARCH_OK or SEARCH_ENOMEM. */
static int find_real_path(char **real, const char *path)
{
	*real = realpath(path, NULL);
	return *real == NULL && errno == ENOMEM ? SEARCH_ENOMEM : SEARCH_OK;
}

/* A pattern for paths: `plain` literal bytes, then a glob. Empty: it matches nothing. */
struct place_glob {
	struct ps_text text;
	size_t plain;
	unsigned flags; /* of a glob */
};

/* Makes a path absolute. The text stays empty if it is relative to a directory whose path is unknown. */
static int make_absolute(struct ps_text *text, const struct ps_git_reading *reading, enum ps_ignore_at at,
			 const char *path)
{
	text->length = 0;
	if (*path == '/' || at == PS_AT_WORKING_DIRECTORY)
		return ps_text_add_string(text, path) ? SEARCH_OK : SEARCH_ENOMEM;
	if (reading->directory == NULL)
		return ps_text_add_string(text, "") ? SEARCH_OK : SEARCH_ENOMEM;
	return ps_text_join(text, reading->directory, path) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

/* "./" stands for the file's directory, whose path is literal, not a glob. */
static int start_at_file(struct place_glob *glob, const struct ps_git_reading *reading, const struct ps_git_file *file,
			 const char *rest)
{
	struct ps_text path = { 0 }, directory = { 0 };
	int rc = make_absolute(&path, reading, file->at, file->path);
	char *real = NULL;

	if (rc == SEARCH_OK && path.length > 0) {
		if (set_directory(&directory, path.bytes))
			rc = find_real_path(&real, directory.length > 0 ? directory.bytes : ".");
		else
			rc = SEARCH_ENOMEM;
	}
	if (real != NULL) {
		rc = ps_text_join(&glob->text, real, rest) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
		glob->plain = glob->text.length - strlen(rest);
	}
	free(real);
	ps_text_free(&path);
	ps_text_free(&directory);
	return rc;
}

/* "~/" stands for the real path of the home directory. */
static int start_at_home(struct place_glob *glob, const struct ps_git_reading *reading, const char *given)
{
	char *real = NULL;
	int rc = reading->home != NULL ? find_real_path(&real, reading->home) : SEARCH_OK;

	if (rc == SEARCH_OK)
		rc = ps_path_expand(&glob->text, given, "", real != NULL ? real : reading->home, reading->host);
	free(real);
	return rc;
}

/* Completes the glob as git does. */
static int make_place_glob(struct place_glob *glob, const struct ps_git_reading *reading,
			   const struct ps_git_file *file, const char *given)
{
	int rc = SEARCH_OK;

	if (strncmp(given, "./", 2) == 0)
		rc = start_at_file(glob, reading, file, given + 2);
	else if (is_at_home(given))
		rc = start_at_home(glob, reading, given);
	else if ((*given != '/' && !ps_text_add_string(&glob->text, "**/")) || !ps_text_add_string(&glob->text, given))
		rc = SEARCH_ENOMEM;
	return rc;
}

static bool has_plain_start(const struct place_glob *glob, const char *path, size_t length)
{
	bool same = glob->plain <= length;

	for (size_t i = 0; same && i < glob->plain; i++) {
		unsigned char a = (unsigned char)glob->text.bytes[i], b = (unsigned char)path[i];

		same = a == b || ((glob->flags & PS_GLOB_CASELESS) != 0 && ps_lower(a) == ps_lower(b));
	}
	return same;
}

/* *holds becomes true if the path matches. A glob that ends in a slash matches everything below. */
static int match_path(bool *holds, struct place_glob *glob, const char *path)
{
	size_t length = strlen(path);
	struct ps_glob *compiled;

	if (glob->text.length == 0 || !has_plain_start(glob, path, length))
		return SEARCH_OK;
	if (glob->text.bytes[glob->text.length - 1] == '/' && !ps_text_add_string(&glob->text, "**"))
		return SEARCH_ENOMEM;
	if (ps_glob_new(&compiled, glob->text.bytes + glob->plain, glob->text.length - glob->plain, glob->flags) != SEARCH_OK)
		return SEARCH_ENOMEM;
	*holds = ps_glob_match(compiled, path + glob->plain, length - glob->plain);
	ps_glob_free(compiled);
	return SEARCH_OK;
}

/* Tests a condition on the real path of the repository's .git directory. */
static int match_git_directory(bool *holds, const struct ps_git_reading *reading, const struct ps_git_file *file,
			       const char *given, unsigned flags)
{
	struct place_glob glob = { .flags = flags };
	struct ps_text path = { 0 };
	char *real = NULL;
	int rc = make_absolute(&path, reading, PS_AT_DIRECTORY, reading->git);

	if (rc == SEARCH_OK && path.length > 0)
		rc = find_real_path(&real, path.bytes);
	if (real != NULL)
		rc = make_place_glob(&glob, reading, file, given);
	if (rc == SEARCH_OK && real != NULL)
		rc = match_path(holds, &glob, real);
	free(real);
	ps_text_free(&path);
	ps_text_free(&glob.text);
	return rc;
}

static int match_branch(bool *holds, const struct ps_git_reading *reading, const char *given)
{
	static const char prefix[] = "ref: refs/heads/";
	struct place_glob glob = { .flags = 0 };
	struct ps_text path = { 0 }, head = { 0 };
	int rc = ps_text_join(&path, reading->git, "HEAD") != NULL ? SEARCH_OK : SEARCH_ENOMEM;

	if (rc == SEARCH_OK)
		rc = ps_file_read(&head, reading->host, PS_AT_DIRECTORY, path.bytes, PS_FILE_MET);
	if (rc == SEARCH_OK && head.length >= sizeof(prefix) && memcmp(head.bytes, prefix, sizeof(prefix) - 1) == 0) {
		head.bytes[head.length - (head.bytes[head.length - 1] == '\n')] = '\0';
		rc = ps_text_add_string(&glob.text, given) ? SEARCH_OK : SEARCH_ENOMEM;
		if (rc == SEARCH_OK)
			rc = match_path(holds, &glob, head.bytes + sizeof(prefix) - 1);
	}
	ps_text_free(&glob.text);
	ps_text_free(&head);
	ps_text_free(&path);
	return rc;
}

/* Returns what follows the prefix, or NULL. */
static const char *rest_after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

int ps_git_condition(bool *holds, const char *condition, const struct ps_git_reading *reading,
		     const struct ps_git_file *file)
{
	const char *given;

	*holds = false;
	if (reading->git == NULL)
		return SEARCH_OK; /* there is no repository */
	if ((given = rest_after(condition, "gitdir:")) != NULL)
		return match_git_directory(holds, reading, file, given, 0);
	if ((given = rest_after(condition, "gitdir/i:")) != NULL)
		return match_git_directory(holds, reading, file, given, PS_GLOB_CASELESS);
	if ((given = rest_after(condition, "onbranch:")) != NULL)
		return match_branch(holds, reading, given);
	return SEARCH_OK;
}

/* --- including --- */

static int read_config_file(struct ps_git_config *config, struct ps_git_reading *reading,
			    const struct ps_git_file *file, enum ps_file_kind kind)
{
	struct ps_text text;
	int rc = ps_file_read(&text, reading->host, file->at, file->path, kind);

	if (rc == SEARCH_OK && text.length > 0)
		rc = ps_git_config_read(config, reading, file, text.bytes, text.length);
	ps_text_free(&text);
	return rc;
}

int ps_git_config_load(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *file)
{
	return read_config_file(config, reading, file, file->at == PS_AT_DIRECTORY ? PS_FILE_MET : PS_FILE_NAMED);
}

int ps_git_include(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *from,
		   const char *name)
{
	struct ps_text directory = { 0 }, path = { 0 };
	struct ps_git_file file = { .at = is_at_home(name) ? PS_AT_WORKING_DIRECTORY : from->at };
	int rc = SEARCH_ENOMEM;

	if (reading->depth == MOST_DEPTH || ++reading->files > MOST_FILES) {
		reading->host->complain(reading->host->context, PS_COMPLAINT_ERROR, from->path, 0,
					"includes files more than ten levels deep, or more than a thousand: the rest is not read");
		reading->stopped = true;
		return SEARCH_OK;
	}
	if (set_directory(&directory, from->path))
		rc = ps_path_expand(&path, name, directory.bytes, reading->home, reading->host);
	if (rc == SEARCH_OK && path.length > 0) {
		file.path = path.bytes;
		reading->depth++;
		rc = read_config_file(config, reading, &file, PS_FILE_NAMED);
		reading->depth--;
	}
	ps_text_free(&path);
	ps_text_free(&directory);
	return rc;
}
