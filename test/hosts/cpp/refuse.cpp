// SPDX-License-Identifier: BSD-2-Clause
/* What the compiler refuses, with unused results as errors: each line marked so, and no other. */
#include "psearch.hpp"

#include <memory_resource>

static const std::string constant() { return "gone"; }
static psearch::search open() { return psearch::search(psearch::options()); }

void use()
{
	psearch::options o;
	psearch::search s = open();
	psearch::pool p(psearch::pool_options{});
	psearch::tree t(psearch::tree_options{});
	psearch::item i = s.next();
	const std::string text = "text";

	o.sources = {psearch::source::memory(text), psearch::source::memory("literal")};
	o.sources.push_back(psearch::source::memory(std::string_view(text)));
	o.sources.push_back(psearch::source::memory(std::make_shared<std::string>(text)));
	o.overlays = {{"path", text}, {"path", "literal"}, {"path", std::make_shared<std::string>(text)}};
	o.match_flags = psearch::match_flag::word | psearch::match_flag::line;
	(void)i;
	for (const psearch::item &each : open())
		(void)each;
#ifdef REFUSED
	/* Two owners. */
	psearch::search copy(s); // refused
	s = copy; // refused
	psearch::pool second(p); // refused
	psearch::tree another(t); // refused

	/* Dead when the statement ends. */
	i = open().next(); // refused
	auto it = open().begin(); // refused
	auto items = open().next_many(); // refused

	/* Searches nothing. */
	open(); // refused
	psearch::search{o}; // refused

	/* A failure that is lost. */
	s.next(i); // refused
	s.try_next(i); // refused
	bool more;
	t.learn(1, more); // refused

	/* Borrowed from a temporary. */
	o.sources = {psearch::source::memory(std::string("gone"))}; // refused
	o.sources = {psearch::source::memory(constant())}; // refused
	o.overlays.emplace_back(psearch::overlay("path", std::string("gone"))); // refused
	o.overlays.push_back({"path", constant()}); // refused
	o.sources = {psearch::source::memory(std::pmr::string("gone"))}; // refused

	/* A flag of another word, and what is no flag. */
	o.match_flags = psearch::walk_flag::follow; // refused
	o.match_flags = psearch::match_flag::word | psearch::result_flag::list; // refused
	o.match_flags = 4; // refused
	(void)(psearch::syntax::perl | psearch::syntax::python); // refused

	/* What an item tells is the library's. */
	i.spans()[0].begin = 1; // refused
#endif
}
