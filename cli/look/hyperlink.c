/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hyperlink.c - names of files that a terminal can open.
 */
#include "hyperlink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_HOST 256

static const struct alias {
	const char *name;
	const char *format;
} aliases[] = {
	{ "", NULL },
	{ "none", NULL },
	{ "default", "file://{host}{path}" },
	{ "file", "file://{host}{path}" },
	{ "grep+", "grep+://{path}:{line}" },
	{ "kitty", "file://{host}{path}#{line}" },
	{ "macvim", "mvim://open?url=file://{path}&line={line}&column={column}" },
	{ "textmate", "txmt://open?url=file://{path}&line={line}&column={column}" },
	{ "vscode", "vscode://file{path}:{line}:{column}" },
	{ "vscode-insiders", "vscode-insiders://file{path}:{line}:{column}" },
	{ "vscodium", "vscodium://file{path}:{line}:{column}" },
};

enum variable {
	VARIABLE_PATH,
	VARIABLE_LINE,
	VARIABLE_COLUMN,
	VARIABLE_HOST,
	VARIABLE_WSL,
	VARIABLES
};

static const char *const variables[VARIABLES] = {
	[VARIABLE_PATH] = "{path}", [VARIABLE_LINE] = "{line}", [VARIABLE_COLUMN] = "{column}",
	[VARIABLE_HOST] = "{host}", [VARIABLE_WSL] = "{wslprefix}",
};

/* The variable that a format starts with; VARIABLES if it is none. */
static enum variable find_variable(const char *format)
{
	enum variable v = VARIABLE_PATH;

	while (v < VARIABLES && strncmp(format, variables[v], strlen(variables[v])) != 0)
		v++;
	return v;
}

static bool has_scheme(const char *format)
{
	size_t length = strspn(format, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-.");

	return length > 0 && format[length] == ':';
}

static bool has_only_variables(const char *format)
{
	while (*(format += strcspn(format, "{}")) != '\0') {
		enum variable v = find_variable(format);

		if (v == VARIABLES)
			return false;
		format += strlen(variables[v]);
	}
	return true;
}

static const char *find_fault(const char *format)
{
	if (!has_only_variables(format))
		return "give only {path}, {line}, {column}, {host} and {wslprefix} in braces";
	if (!strstr(format, "{path}"))
		return "give 'default', 'file', 'grep+', 'kitty', 'macvim', 'textmate', 'vscode', 'vscode-insiders', "
		       "'vscodium', 'none', or an address with {path}";
	if (!has_scheme(format))
		return "give an address that starts with a scheme, such as file:";
	if (strstr(format, "{column}") && !strstr(format, "{line}"))
		return "give {line} beside {column}";
	return NULL;
}

const char *hyperlink_settle(const char *given, const char **settled)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(given, aliases[i].name) == 0) {
			*settled = aliases[i].format;
			return NULL;
		}
	}
	*settled = given;
	return find_fault(given);
}

bool hyperlink_init(struct hyperlink *h, const char *format)
{
	*h = (struct hyperlink){ .format = format };
	if (!format)
		return true;
	h->lines = strstr(format, variables[VARIABLE_LINE]) != NULL;
	h->host = calloc(1, LONGEST_HOST);
	if (h->host && gethostname(h->host, LONGEST_HOST - 1) != 0)
		*h->host = '\0';
	return h->host != NULL;
}

void hyperlink_free(struct hyperlink *h)
{
	free(h->path);
	free(h->host);
	*h = (struct hyperlink){ 0 };
}

/* The addresses that are safe in this escape sequence have no other bytes than these. */
static bool stays(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("/:-._~", c) != NULL);
}

/* NULL: out of memory. */
static char *encode(const char *path)
{
	char *encoded = malloc(3 * strlen(path) + 1), *to = encoded;

	for (; encoded && *path != '\0'; path++) {
		if (stays(*path))
			*to++ = *path;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*path);
	}
	if (encoded)
		*to = '\0';
	return encoded;
}

bool hyperlink_set_file(struct hyperlink *h, const char *path)
{
	char *absolute;
	bool lacking;

	free(h->path);
	h->path = NULL;
	if (!h->format)
		return true;
	absolute = realpath(path, NULL);
	lacking = !absolute && errno == ENOMEM;
	h->path = absolute ? encode(absolute) : NULL;
	lacking |= absolute && !h->path;
	free(absolute);
	return !lacking;
}

static void write_number(struct output *out, uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, n > 0 ? n : 1);
	output_text(out, digits);
}

/* In a distribution of the Windows Subsystem for Linux: where Windows has its files. */
static void write_wsl_prefix(struct output *out)
{
	const char *name = getenv("WSL_DISTRO_NAME");

	if (!name)
		return;
	output_text(out, "wsl$/");
	output_text(out, name);
}

void hyperlink_start(struct hyperlink *h, struct output *out, uint64_t line, uint64_t column)
{
	h->open = h->format && h->path;
	if (!h->open)
		return;
	output_text(out, "\33]8;;");
	for (const char *at = h->format; *at != '\0';) {
		enum variable v = find_variable(at);

		switch (v) {
		case VARIABLE_PATH: output_text(out, h->path); break;
		case VARIABLE_LINE: write_number(out, line); break;
		case VARIABLE_COLUMN: write_number(out, column); break;
		case VARIABLE_HOST: output_text(out, h->host); break;
		case VARIABLE_WSL: write_wsl_prefix(out); break;
		default: output_write(out, at, 1); break;
		}
		at += v < VARIABLES ? strlen(variables[v]) : 1;
	}
	output_text(out, "\33\\");
}

void hyperlink_end(struct hyperlink *h, struct output *out)
{
	if (h->open)
		output_text(out, "\33]8;;\33\\");
	h->open = false;
}
