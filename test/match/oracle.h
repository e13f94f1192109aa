/* SPDX-License-Identifier: BSD-2-Clause */
/* oracle.h - Oniguruma's syntaxes, of which the library's own copies must be: see lib/onig/onig.c. */
#ifndef TEST_ORACLE_H
#define TEST_ORACLE_H

#include <oniguruma.h>

#include <psearch.h>

/* The syntax without callouts, which could run a host's functions, and without calls that 6.9.8 does not read as such. */
static OnigSyntaxType *oracle_syntax(uint32_t syntax)
{
	static OnigSyntaxType syntaxes[SEARCH_SYNTAX_PYTHON + 1];
	OnigSyntaxType *const originals[] = { &OnigSyntaxOniguruma, &OnigSyntaxPerl_NG, &OnigSyntaxPython };
	OnigSyntaxType *copy = &syntaxes[syntax];

	onig_copy_syntax(copy, originals[syntax]);
	onig_set_syntax_op2(copy, onig_get_syntax_op2(copy) & ~(unsigned)(ONIG_SYN_OP2_QMARK_BRACE_CALLOUT_CONTENTS |
									  ONIG_SYN_OP2_ASTERISK_CALLOUT_NAME |
									  ONIG_SYN_OP2_QMARK_PERL_SUBEXP_CALL));
	return copy;
}

#endif
