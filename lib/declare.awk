# SPDX-License-Identifier: BSD-2-Clause
# Makes of psearch.h what languages without a C preprocessor read:
#
#	awk -v form=cdef -f lib/declare.awk include/psearch.h	declarations in C: for LuaJIT's ffi.cdef, Python's cffi
#	awk -v form=json -f lib/declare.awk include/psearch.h	types, functions and constants as data: for generators
#
# The declarations use only the types int, char, void, size_t, uint32_t, uint64_t and int64_t, and numbers in place of
# expressions, so that a reader that knows little of C understands them. The data is JSON since every language reads
# that; each constant has a line of its own, so that a pattern will do, too. A constant that is not the same on all
# machines, SIZE_MAX, is in JSON the string "SIZE_MAX", and is not among the declarations.
#
# A declaration that is written in a way not known here is an error: then the header, or this program, has to change.

{ text = text $0 "\n" }

END {
	read_lines(without_comments(text))
	read_declarations(body)
	if (failed)
		exit 1
	if (form == "json")
		print_json()
	else
		print_cdef()
}

function fail(what) { print "declare.awk: not understood: " what | "cat >&2"; failed = 1 }

function trim(s) { gsub(/^ +| +$/, "", s); return s }

function without_comments(s,   from, left, result) {
	while (from = index(s, "/*")) {
		result = result substr(s, 1, from - 1) " "
		left = substr(s, from + 2)
		s = substr(left, index(left, "*/") + 2)
	}
	return result s
}

# Takes the #defines out, and what is only for C++; the rest is the body, in one line.
function read_lines(s,   lines, n, i, depth, dropped) {
	n = split(s, lines, "\n")
	for (i = 1; i <= n; i++) {
		if (lines[i] ~ /^#if/) {
			depth++
			if (lines[i] ~ /__cplusplus/)
				dropped = depth
		} else if (lines[i] ~ /^#else/) {
			if (dropped == depth)
				dropped = 0
		} else if (lines[i] ~ /^#endif/) {
			if (dropped == depth)
				dropped = 0
			depth--
		} else if (lines[i] ~ /^#define/ && !dropped)
			read_define(lines[i])
		else if (lines[i] !~ /^#/ && !dropped)
			body = body lines[i] " "
	}
	gsub(/[ \t]+/, " ", body)
	gsub(/SEARCH_API /, "", body)
	while (match(body, /SEARCH_TYPE\([a-z_]+\)/))
		body = substr(body, 1, RSTART - 1) "enum " substr(body, RSTART + 12, RLENGTH - 13) \
			substr(body, RSTART + RLENGTH)
}

function read_define(line,   word) {
	split(line, word, " ")
	if (word[3] ~ /^-?[0-9]+$/)
		add_constant(word[2], word[3])
	else if (word[3] == "UINT32_MAX")
		add_constant(word[2], "4294967295")
	else if (word[3] == "SIZE_MAX")
		add_constant(word[2], "\"SIZE_MAX\"")
	else if (word[2] == "SEARCH_VERSION_STRING")
		version = word[3]
	else if (word[2] !~ /^(PSEARCH_H|SEARCH_API|SEARCH_TYPE\(name\)|SEARCH_[A-Z_]*_INIT)$/)
		fail(line)
}

function add_constant(name, value) {
	constant[++constants] = name
	value_of[name] = value
	if (in_enum == "" && value !~ /"/)
		plain[++plains] = name
}

# Declarations end at a semicolon outside of braces.
function read_declarations(s,   n, i, part, parts, whole) {
	n = split(s, parts, ";")
	for (i = 1; i <= n; i++) {
		whole = whole (whole == "" ? "" : ";") parts[i]
		part = whole
		if (gsub(/[{]/, "{", part) > gsub(/[}]/, "}", part))
			continue
		read_declaration(trim(whole))
		whole = ""
	}
}

function read_declaration(s,   name) {
	if (s == "" || s ~ /^typedef char search_enums_are_words/)
		return
	declaration[++declarations] = s
	if (s ~ /^struct [a-z_]+$/)
		kind_of[declarations] = "opaque"
	else if (s ~ /^(enum|struct) [a-z_]+ [{].*[}]$/) {
		name = s
		sub(/ [{].*/, "", name)
		kind_of[declarations] = substr(name, 1, index(name, " ") - 1)
		name_of[declarations] = substr(name, index(name, " ") + 1)
		sub(/^[^{]*[{] */, "", s)
		sub(/ *[}]$/, "", s)
		if (kind_of[declarations] == "enum")
			read_enum(name_of[declarations], s)
		else
			read_struct(name_of[declarations], s)
	} else if (s ~ /^[a-z][a-z_0-9 ]*[ *]search_[a-z_]+\(.*\)$/)
		read_function(s)
	else
		fail(s)
}

# 1 << n, without the operator for powers, which not every awk has.
function bit(n,   value) {
	for (value = 1; n > 0; n--)
		value *= 2
	return value
}

function read_enum(name, s,   n, i, entries, pair) {
	in_enum = name
	n = split(s, entries, ",")
	for (i = 1; i <= n; i++) {
		if (trim(entries[i]) == "")
			continue
		if (split(trim(entries[i]), pair, " = ") != 2 || pair[1] !~ /^SEARCH_[A-Z0-9_]+$/)
			fail(entries[i])
		else if (pair[2] ~ /^1 << [0-9]+$/)
			add_constant(pair[1], bit(substr(pair[2], 6)))
		else if (pair[2] ~ /^-?[0-9]+$/)
			add_constant(pair[1], pair[2])
		else
			fail(entries[i])
		member[name, ++members[name]] = pair[1]
	}
	in_enum = ""
}

function read_struct(name, s,   n, i, fields) {
	n = split(s, fields, ";")
	for (i = 1; i <= n; i++)
		if (trim(fields[i]) != "")
			member[name, ++members[name]] = trim(fields[i])
}

function read_function(s,   name) {
	name = s
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	kind_of[declarations] = "function"
	name_of[declarations] = name
}

# Cuts a declarator such as "const char *path" or "char message[256]" into declared_name and declared_type.
function cut(s) {
	if (match(s, /\(\*[a-z_0-9]+\)/)) {
		declared_name = substr(s, RSTART + 2, RLENGTH - 3)
		declared_type = substr(s, 1, RSTART + 1) substr(s, RSTART + RLENGTH - 1)
	} else if (match(s, /[a-z_0-9]+(\[[0-9]+\])?$/)) {
		declared_name = substr(s, RSTART, RLENGTH)
		declared_type = trim(substr(s, 1, RSTART - 1))
		if (match(declared_name, /\[/)) {
			declared_type = declared_type substr(declared_name, RSTART)
			declared_name = substr(declared_name, 1, RSTART - 1)
		}
	} else
		fail(s)
}

function print_cdef(   i, j, of) {
	gsub(/"/, "", version)
	print "/* SPDX-License-Identifier: BSD-2-Clause */"
	print "/* psearch.h " version " without preprocessor. SEARCH_NO_GROUP, which it lacks, is the largest size_t. */"
	for (i = 1; i <= declarations; i++) {
		of = name_of[i]
		if (kind_of[i] == "enum") {
			print "enum " of " {"
			for (j = 1; j <= members[of]; j++)
				print "\t" member[of, j] " = " value_of[member[of, j]] (j < members[of] ? "," : "")
			print "};"
		} else if (kind_of[i] == "struct") {
			print "struct " of " {"
			for (j = 1; j <= members[of]; j++)
				print "\t" member[of, j] ";"
			print "};"
		} else
			print declaration[i] ";"
	}
	print "enum {"
	for (i = 1; i <= plains; i++)
		print "\t" plain[i] " = " value_of[plain[i]] (i < plains ? "," : "")
	print "};"
}

# One entry of an object, "name": what is printed next.
function key(name, first) { printf "%s\n    \"%s\": ", first ? "" : ",", name }

function print_pair(s) {
	cut(s)
	printf "[\"%s\", \"%s\"]", declared_name, declared_type
}

function print_members(of, as_pairs,   j) {
	printf "["
	for (j = 1; j <= members[of]; j++) {
		if (j > 1)
			printf ", "
		if (as_pairs)
			print_pair(member[of, j])
		else
			printf "\"%s\"", member[of, j]
	}
	printf "]"
}

# ["result", ["name", "type"], ...]
function print_function(s,   n, j, parameters) {
	n = index(s, "(")
	cut(substr(s, 1, n - 1))
	printf "[\"%s\"", declared_type
	n = split(substr(s, n + 1, length(s) - n - 1), parameters, ", ")
	for (j = 1; j <= n; j++)
		if (parameters[j] != "void") {
			printf ", "
			print_pair(parameters[j])
		}
	printf "]"
}

function print_group(title, kind,   i, count) {
	printf ",\n  \"%s\": {", title
	for (i = 1; i <= declarations; i++) {
		if (kind_of[i] != kind)
			continue
		key(name_of[i], count++ == 0)
		if (kind == "function")
			print_function(declaration[i])
		else
			print_members(name_of[i], kind == "struct")
	}
	printf "\n  }"
}

function print_json(   i) {
	printf "{\n  \"version\": %s,\n  \"constants\": {", version
	for (i = 1; i <= constants; i++) {
		key(constant[i], i == 1)
		printf "%s", value_of[constant[i]]
	}
	printf "\n  }"
	print_group("enums", "enum")
	print_group("structs", "struct")
	print_group("functions", "function")
	print "\n}"
}
