/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * onig_error.c - what Oniguruma's errors in patterns mean, in words that say what to do.
 *
 * Oniguruma tells which error it is, and sometimes a name that is in the pattern, but mostly not where it is. What kind
 * of place to look for goes with each error; pattern_fault.c looks. For a code that is not listed, of a later version,
 * Oniguruma's own sentence is taken.
 */
#include "../base/base.h"

#include "onig_error.h"

#include <stdio.h>
#include <string.h>

#define NAME_SHOWN 40 /* bytes */

/* A %s is the name that the error is about. */
static const struct description {
	int code;
	enum ps_fault fault;
	const char *sentence;
} descriptions[] = {
	{ ONIGERR_PARSE_DEPTH_LIMIT_OVER, PS_FAULT_NONE, "nested too deep: simplify the pattern" },
	{ ONIGERR_END_PATTERN_AT_LEFT_BRACE, PS_FAULT_ELEMENT,
	  "{ without }: add the }, or write \\{ for the character" },
	{ ONIGERR_END_PATTERN_AT_LEFT_BRACKET, PS_FAULT_OPEN_CLASS,
	  "[ without ]: add the ], or write \\[ for the character" },
	{ ONIGERR_EMPTY_CHAR_CLASS, PS_FAULT_CLASS,
	  "brackets with nothing in them: put characters there, or write \\[ for the character" },
	{ ONIGERR_PREMATURE_END_OF_CHAR_CLASS, PS_FAULT_OPEN_CLASS,
	  "[ without ]: add the ], or write \\[ for the character" },
	{ ONIGERR_END_PATTERN_AT_ESCAPE, PS_FAULT_ELEMENT, "a backslash at the end: write two for the character" },
	{ ONIGERR_END_PATTERN_AT_META, PS_FAULT_ELEMENT, "\\M- without a character after it: complete it" },
	{ ONIGERR_END_PATTERN_AT_CONTROL, PS_FAULT_ELEMENT, "a control character that is not complete: complete it" },
	{ ONIGERR_META_CODE_SYNTAX, PS_FAULT_ELEMENT, "\\M without a hyphen and a character: write \\M-x" },
	{ ONIGERR_CONTROL_CODE_SYNTAX, PS_FAULT_ELEMENT, "\\C without a hyphen and a character: write \\C-x" },
	{ ONIGERR_CHAR_CLASS_VALUE_AT_END_OF_RANGE, PS_FAULT_RANGE,
	  "a range up to a class: give a character, or write \\- for the hyphen" },
	{ ONIGERR_CHAR_CLASS_VALUE_AT_START_OF_RANGE, PS_FAULT_RANGE,
	  "a range from a class: give a character, or write \\- for the hyphen" },
	{ ONIGERR_UNMATCHED_RANGE_SPECIFIER_IN_CHAR_CLASS, PS_FAULT_RANGE,
	  "a hyphen that makes no range: write \\- for the hyphen" },
	{ ONIGERR_TARGET_OF_REPEAT_OPERATOR_NOT_SPECIFIED, PS_FAULT_ELEMENT,
	  "a repeat of nothing: put something before it, or a backslash if the character is meant" },
	{ ONIGERR_TARGET_OF_REPEAT_OPERATOR_INVALID, PS_FAULT_ELEMENT,
	  "a repeat of a condition such as ^ or \\b: leave it out" },
	{ ONIGERR_NESTED_REPEAT_OPERATOR, PS_FAULT_ELEMENT, "a repeat of a repeat: write the first one as a group" },
	{ ONIGERR_UNMATCHED_CLOSE_PARENTHESIS, PS_FAULT_ELEMENT,
	  ") without (: add the (, or write \\) for the character" },
	{ ONIGERR_END_PATTERN_WITH_UNMATCHED_PARENTHESIS, PS_FAULT_OPEN_GROUP,
	  "( without ): add the ), or write \\( for the character" },
	{ ONIGERR_END_PATTERN_IN_GROUP, PS_FAULT_ELEMENT,
	  "a group that is not complete: complete it, or write \\( for the character" },
	{ ONIGERR_UNDEFINED_GROUP_OPTION, PS_FAULT_GROUP,
	  "a kind of group that this syntax does not have: choose another syntax, or write \\( for the character" },
	{ ONIGERR_INVALID_GROUP_OPTION, PS_FAULT_ELEMENT,
	  "an option that holds for the whole pattern: put it at its start, and once" },
	{ ONIGERR_INVALID_POSIX_BRACKET_TYPE, PS_FAULT_ELEMENT,
	  "no class of this name: give alpha, digit, alnum, upper, lower, space, blank, punct, print, graph, cntrl, "
	  "xdigit, word or ascii" },
	{ ONIGERR_INVALID_LOOK_BEHIND_PATTERN, PS_FAULT_LOOK_BEHIND,
	  "something that a look-behind may not have: use (?:...) for groups, or \\K" },
	{ ONIGERR_INVALID_REPEAT_RANGE_PATTERN, PS_FAULT_ELEMENT, "not an interval: write {n}, {n,} or {n,m}" },
	{ ONIGERR_TOO_BIG_NUMBER, PS_FAULT_ELEMENT, "a number that is too large: give less" },
	{ ONIGERR_TOO_BIG_NUMBER_FOR_REPEAT_RANGE, PS_FAULT_ELEMENT, "a repeat of more than 100000 times: give less" },
	{ ONIGERR_UPPER_SMALLER_THAN_LOWER_IN_REPEAT_RANGE, PS_FAULT_ELEMENT,
	  "an interval that ends before it begins: turn it round" },
	{ ONIGERR_EMPTY_RANGE_IN_CHAR_CLASS, PS_FAULT_RANGE, "a range that ends before it begins: turn it round" },
	{ ONIGERR_MISMATCH_CODE_LENGTH_IN_CLASS_RANGE, PS_FAULT_RANGE,
	  "a range between a byte and a character: write both ends as characters" },
	{ ONIGERR_TOO_MANY_MULTI_BYTE_RANGES, PS_FAULT_ELEMENT, "too many ranges in brackets: give fewer" },
	{ ONIGERR_TOO_SHORT_MULTI_BYTE_STRING, PS_FAULT_ELEMENT,
	  "bytes that are not a whole character: complete them" },
	{ ONIGERR_TOO_BIG_BACKREF_NUMBER, PS_FAULT_ELEMENT,
	  "a reference to a group with too large a number: give less" },
	{ ONIGERR_INVALID_BACKREF, PS_FAULT_REFERENCE,
	  "a reference to a group that does not exist: add the group, or correct the number" },
	{ ONIGERR_NUMBERED_BACKREF_OR_CALL_NOT_ALLOWED, PS_FAULT_NUMBER,
	  "a reference to a group by its number where groups have names: use a name" },
	{ ONIGERR_TOO_MANY_CAPTURES, PS_FAULT_ELEMENT, "too many groups: write (?:...) for those not referred to" },
	{ ONIGERR_TOO_LONG_WIDE_CHAR_VALUE, PS_FAULT_ELEMENT, "not a number of a character in braces: correct it" },
	{ ONIGERR_UNDEFINED_OPERATOR, PS_FAULT_ELEMENT,
	  "an operator that this syntax does not have: choose another syntax, or another way to write it" },
	{ ONIGERR_EMPTY_GROUP_NAME, PS_FAULT_ELEMENT, "a group with an empty name: give it one" },
	{ ONIGERR_INVALID_GROUP_NAME, PS_FAULT_ELEMENT,
	  "'%s' is no name of a group, or is not closed: begin it with a letter, and close it" },
	{ ONIGERR_INVALID_CHAR_IN_GROUP_NAME, PS_FAULT_ELEMENT,
	  "'%s' is no name of a group: give letters, digits and _" },
	{ ONIGERR_UNDEFINED_NAME_REFERENCE, PS_FAULT_ELEMENT,
	  "no group has the name '%s': add the group, or correct the name" },
	{ ONIGERR_UNDEFINED_GROUP_REFERENCE, PS_FAULT_ELEMENT,
	  "no group has the number '%s': add the group, or correct the number" },
	{ ONIGERR_MULTIPLEX_DEFINED_NAME, PS_FAULT_ELEMENT, "two groups have the name '%s': rename one" },
	{ ONIGERR_MULTIPLEX_DEFINITION_NAME_CALL, PS_FAULT_ELEMENT, "two groups have the name '%s': rename one" },
	{ ONIGERR_NEVER_ENDING_RECURSION, PS_FAULT_CALL,
	  "a group that calls itself without an end: give it a way to end" },
	{ ONIGERR_INVALID_CHAR_PROPERTY_NAME, PS_FAULT_ELEMENT,
	  "no property of characters has the name '%s': correct it" },
	{ ONIGERR_INVALID_IF_ELSE_SYNTAX, PS_FAULT_NONE,
	  "a condition that is not complete: write (?(condition)then|else)" },
	{ ONIGERR_INVALID_ABSENT_GROUP_PATTERN, PS_FAULT_NONE, "an absent group that is not complete: complete it" },
	{ ONIGERR_INVALID_ABSENT_GROUP_GENERATOR_PATTERN, PS_FAULT_NONE,
	  "an absent group that is not complete: complete it" },
	{ ONIGERR_INVALID_CODE_POINT_VALUE, PS_FAULT_ELEMENT, "not a number of a character: complete or correct it" },
	{ ONIGERR_TOO_BIG_WIDE_CHAR_VALUE, PS_FAULT_ELEMENT, "a number that no character has: give 10FFFF or less" },
	{ ONIGERR_TOO_LONG_PROPERTY_NAME, PS_FAULT_ELEMENT, "a name of a property that is too long: correct it" },
};

static const struct description *find_description(int code)
{
	for (size_t i = 0; i < sizeof(descriptions) / sizeof(descriptions[0]); i++)
		if (descriptions[i].code == code)
			return &descriptions[i];
	return NULL;
}

static void copy_printable(char *to, const uint8_t *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7F ? (char)from[i] : '?';
	to[length] = '\0';
}

/* Writes the sentence, with the name in place of its %s. */
static void write_sentence(struct ps_pattern_error *error, const char *sentence, const OnigErrorInfo *info)
{
	const char *hole = strstr(sentence, "%s");
	char name[NAME_SHOWN + 1] = "";

	if (info->par != NULL && info->par_end > info->par)
		copy_printable(name, info->par, ps_min((size_t)(info->par_end - info->par), NAME_SHOWN));
	if (hole == NULL)
		snprintf(error->message, sizeof(error->message), "%s", sentence);
	else
		snprintf(error->message, sizeof(error->message), "%.*s%s%s", (int)(hole - sentence), sentence, name,
			 hole + 2);
}

static void copy_sentence(struct ps_pattern_error *error, int code, OnigErrorInfo *info)
{
	OnigUChar text[ONIG_MAX_ERROR_MESSAGE_LEN + 1];
	int n = onig_error_code_to_str(text, code, info);

	copy_printable(error->message, text, n < 0 ? 0 : ps_min((size_t)n, sizeof(text) - 1));
}

void ps_onig_describe(struct ps_pattern_error *error, int code, OnigErrorInfo *info, const uint8_t *pattern,
		      size_t length)
{
	const struct description *d = find_description(code);

	*error = (struct ps_pattern_error){ .offset = SIZE_MAX, .code = code };
	if (d == NULL) {
		copy_sentence(error, code, info);
	} else {
		error->fault = d->fault;
		write_sentence(error, d->sentence, info);
	}
	if (info->par != NULL && info->par >= pattern && info->par <= pattern + length)
		error->offset = (size_t)(info->par - pattern);
}
