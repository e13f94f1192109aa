// SPDX-License-Identifier: BSD-2-Clause
/*
 * The wrapper in a program without exceptions: bare TREE prints how many matches there are, and a failure. Before that
 * it asks what complete.py has made whether the wrapper passes on everything.
 */
#include "psearch.hpp"

#include <cstdio>

int complete();

int main(int, char **argv)
{
	if (complete() != 0)
		return 1;
	psearch::options o;
	psearch::failure why;
	psearch::item item;
	psearch::status is;
	int matches = 0;
	std::string text;

	o.patterns = {"needle"};
	o.sources = {argv[1]};
	o.next_source = []() -> std::optional<psearch::source> { return std::nullopt; };
	psearch::pool pool = psearch::pool::open({}, why);
	o.pool = &pool;
	psearch::search s = psearch::search::open(o, why);
	while ((is = s.next(item)) == psearch::status::item)
		matches += item.kind() == psearch::item_kind::match;
	std::printf("%d %s\n", matches, psearch::strerror(is));
	if (s.cursor(text) != psearch::status::einval || psearch::explain(o, text, why) != psearch::status::ok)
		return 1;
	o.patterns = {"("};
	s = psearch::search::open(o, why);
	std::printf("%d %s\n", static_cast<bool>(s), why.reason());
	return 0;
}
