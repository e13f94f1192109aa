// SPDX-License-Identifier: BSD-2-Clause
/*
 * The wrapper without memory: in each run another operator new fails, the first, the second, and so on until none is left
 * to fail. Each run finds everything, or throws std::bad_alloc, or an error that says so; all that was allocated is freed,
 * and no exception passes through the library, which would end the program. faults TREE prints how many runs there were.
 */
#include "psearch.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

static thread_local bool watched;
static long calls, failing, live;

void *operator new(std::size_t size)
{
	if (watched && ++calls == failing)
		throw std::bad_alloc();
	void *block = std::malloc(size > 0 ? size : 1);
	if (block == nullptr)
		throw std::bad_alloc();
	live += watched;
	return block;
}

static void release(void *block) noexcept
{
	live -= watched && block != nullptr;
	std::free(block);
}

void operator delete(void *block) noexcept { release(block); }
void operator delete(void *block, std::size_t) noexcept { release(block); }

/* All that allocates: strings, vectors, a function, an owned text, a pool, a tree, pages. */
static long use(const char *tree)
{
	psearch::options o;
	long matches = 0;
	bool more = true;
	std::string name = "a name that is too long for the place that a string has in itself";

	psearch::pool pool{psearch::pool_options()};
	psearch::tree warm{psearch::tree_options()};
	o.pool = &pool;
	o.tree = &warm;
	o.patterns = {"needle", "another pattern that is longer than the small ones are, by far"};
	o.sources = {psearch::source(tree)};
	o.walk.globs = {psearch::glob("*.a glob that matches nothing at all, so that it is long", psearch::glob_flag::exclude)};
	/* with a name of its own it is too large for the place that a function has in itself */
	o.next_source = [&more, name]() -> std::optional<psearch::source> {
		if (!more)
			return std::nullopt;
		more = false;
		return psearch::source::memory(
			std::make_shared<const std::string>("a needle in a text that the search keeps alive\n"), name);
	};
	psearch::search s(o);
	for (const psearch::item &item : s)
		matches += item.kind() == psearch::item_kind::match;
	return matches;
}

int main(int, char **argv)
{
	long runs = 0, want = use(argv[1]), thrown = 0;

	for (bool reached = true; reached; runs++) {
		long found = -1;
		bool other = false;

		live = calls = 0;
		failing = runs + 1;
		watched = true;
		try {
			found = use(argv[1]);
		} catch (const std::bad_alloc &) {
			thrown++;
		} catch (const psearch::error &e) {
			thrown++;
			other = e.code() != psearch::status::enomem;
			if (other)
				std::printf("run %ld: %s\n", runs, e.what());
		}
		watched = false;
		reached = calls >= failing;
		if (other || live != 0 || (found >= 0 && found != want) || (found < 0 && !reached)) {
			std::printf("run %ld: %ld found, not %ld; %ld blocks are left\n", runs, found, want, live);
			return 1;
		}
	}
	std::printf("%ld matches, %s\n", want, thrown > 10 && thrown + 1 >= runs ? "each failure is told" : "failures are lost");
	return 0;
}
