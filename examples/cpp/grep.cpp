// SPDX-License-Identifier: BSD-2-Clause
/*
 * grep - a small grep, in order.
 *
 *	grep [-i] [-w] [-m COUNT] PATTERN [PATH...]
 *
 * Searches the paths, or the current directory, as psearch does by default: neither what git ignores nor what is
 * hidden. Prints each line that matches, with its file, its number, and the column of its first match. Exits with 0 if
 * there is one, 1 if not, 2 if something failed.
 */
#include "psearch.hpp"

#include <cstring>
#include <iostream>
#include <stdexcept>

static psearch::options read_arguments(int argc, char **argv)
{
	psearch::options o;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++)
		if (std::strcmp(argv[i], "-i") == 0)
			o.match_flags |= psearch::match_flag::ignore_case;
		else if (std::strcmp(argv[i], "-w") == 0)
			o.match_flags |= psearch::match_flag::word;
		else if (std::strcmp(argv[i], "-m") == 0 && i + 1 < argc)
			o.max_matches = std::stoull(argv[++i]);
		else
			break;
	if (i == argc || argv[i][0] == '-')
		throw std::invalid_argument("usage: grep [-i] [-w] [-m COUNT] PATTERN [PATH...]");
	o.patterns = {argv[i++]};
	o.sources.assign(argv + i, argv + argc);
	if (o.sources.empty())
		o.sources.emplace_back(".", "");
	o.walk.flags = psearch::walk_flag::skip_hidden | psearch::walk_flag::ignore_vcs |
		       psearch::walk_flag::ignore_files;
	return o;
}

/* Of the first match, from 1. There is none if the line is too hard for the pattern, as an error item says then. */
static std::size_t column(const psearch::item &item)
{
	return item.spans().empty() ? 1 : item.column(item.spans()[0].begin, psearch::unit::code_points) + 1;
}

/* Returns whether a line matched: 0, 1 or 2 as grep's exit status. */
static int grep(const psearch::options &o)
{
	int result = 1;

	/* Whatever is thrown in the loop, the search is closed. */
	for (const psearch::item &item : psearch::search(o)) {
		switch (item.kind()) {
		case psearch::item_kind::match:
			std::cout << item.path() << ':' << item.line() << ':' << column(item) << ':' << item.text()
				  << '\n';
			result = result == 1 ? 0 : result;
			break;
		case psearch::item_kind::binary:
			std::cout << item.path() << ": binary file matches\n";
			result = result == 1 ? 0 : result;
			break;
		case psearch::item_kind::error:
			std::cerr << "grep: " << item.path() << ": " << item.message() << '\n';
			if (!psearch::has(item.flags(), psearch::item_flag::note))
				result = 2;
			break;
		default:
			break;
		}
		if (!std::cout)
			throw std::runtime_error("cannot write to standard output");
	}
	return result;
}

int main(int argc, char **argv)
{
	std::ios::sync_with_stdio(false);
	try {
		const int result = grep(read_arguments(argc, argv));
		if (!std::cout.flush())
			throw std::runtime_error("cannot write to standard output");
		return result;
	} catch (const psearch::error &e) {
		std::cerr << "grep: " << e.what();
		if (e.offset())
			std::cerr << " (at byte " << *e.offset() << ')';
		std::cerr << '\n';
	} catch (const std::exception &e) {
		std::cerr << "grep: " << e.what() << '\n';
	}
	return 2;
}
