// SPDX-License-Identifier: BSD-2-Clause
/*
 * The C++ wrapper, in use. wrapper TREE: a directory in which test_cpp.sh made the files 000 to 199, each of which has
 * the lines "first N", "needle N" and "needle again N". Built with sanitizers: what outlives its search is a failure.
 */
#include "psearch.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <poll.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#include <stop_token>
#endif

namespace ps = psearch;

static int failures;
static std::string tree;

#define CHECK(what) ((what) ? void() : fail(#what, __func__, __LINE__))

static void fail(const char *what, const char *where, int line)
{
	std::cout << where << ", line " << line << ": not so: " << what << '\n';
	failures++;
}

/* The failure that a call throws; one without a code if it throws none. */
template <class call> static ps::failure thrown(call c)
{
	try {
		c();
	} catch (const ps::error &e) {
		return e;
	}
	return {};
}

static ps::options needles()
{
	ps::options o;
	o.patterns = {"needle"};
	o.sources = {tree};
	o.workers = 2;
	return o;
}

static std::string line(const ps::item &i)
{
	return std::string(i.path()) + ':' + std::to_string(i.line()) + ':' + std::string(i.text());
}

static std::vector<std::string> lines(const ps::options &o)
{
	std::vector<std::string> all;
	for (const ps::item &i : ps::search(o))
		all.push_back(line(i));
	return all;
}

static std::size_t entries(const char *directory)
{
	std::size_t n = 0;
	DIR *d = opendir(directory);
	while (readdir(d) != nullptr)
		n++;
	closedir(d);
	return n;
}

static void order()
{
	const std::vector<std::string> all = lines(needles());
	CHECK(all.size() == 400);
	CHECK(all.front() == tree + "/000:2:needle 000");
	CHECK(all.back() == tree + "/199:3:needle again 199");
	CHECK(std::is_sorted(all.begin(), all.end()));
#if __cplusplus >= 202002L
	ps::search designated({.patterns = {"needle"}, .sources = {tree, "lib"}, .workers = 1});
	CHECK(line(designated.next()) == all[0]);
#endif
}

static void moves()
{
	ps::search a(needles());
	ps::item i = a.next();
	CHECK(i && line(i) == tree + "/000:2:needle 000");
	ps::search b(std::move(a));
	CHECK(line(i) == tree + "/000:2:needle 000"); /* an item belongs to the handle, which did not move */
	CHECK(!a && b);
	CHECK(a.next(i) == ps::status::einval && !i);
	CHECK(thrown([&] { (void)a.next(); }).code() == ps::status::einval);
	CHECK(thrown([&] { (void)a.begin(); }).code() == ps::status::einval);
	CHECK(thrown([&] { (void)a.fd(); }).code() == ps::status::einval);
	CHECK(thrown([&] { (void)a.stats(); }).code() == ps::status::einval);
	CHECK(thrown([&] { (void)a.cursor(); }).code() == ps::status::einval);
	a.cancel();
	CHECK(a.outcome() == ps::outcome::running && a.group_count(0) == 0 && a.group_name(0, 1).empty());
	CHECK(line(b.next()) == tree + "/000:3:needle again 000");
	a = std::move(b);
	CHECK(line(a.next()) == tree + "/001:2:needle 001");
	a = ps::search(needles()); /* closes the one before */
	CHECK(line(a.next()) == tree + "/000:2:needle 000");
	a.close();
	a.close();
	CHECK(!a);
	ps::pool p;
	CHECK(!p && thrown([&] { (void)p.stats(); }).code() == ps::status::einval);
	ps::options o = needles();
	o.pool = &p;
	CHECK(thrown([&] { ps::search s(o); }).code() == ps::status::einval);
	const ps::tree t;
	CHECK(!t && thrown([&] { (void)t.stats(); }).code() == ps::status::einval);
	bool more = true;
	CHECK(t.changed() == ps::status::einval && t.learn(1, more) == ps::status::einval && !more);
	t.cancel();
	o.pool = nullptr;
	o.tree = &t;
	CHECK(thrown([&] { ps::search s(o); }).code() == ps::status::einval);
}

static void thrown_out_of_the_loop()
{
	const std::size_t descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
	bool caught = false;
	try {
		for (const ps::item &i : ps::search(needles()))
			if (i.line() == 3)
				throw std::runtime_error("enough");
	} catch (const std::runtime_error &) {
		caught = true;
	}
	CHECK(caught);
	CHECK(entries("/proc/self/fd") == descriptors);
	/* A thread that was joined may be listed for another moment. */
	for (int i = 0; i < 1000 && entries("/proc/self/task") > threads; i++)
		usleep(10000);
	CHECK(entries("/proc/self/task") == threads);
}

static void failures_say_where()
{
	ps::options o = needles();
	o.patterns = {"fine", "b(a"};
	const ps::failure f = thrown([&] { ps::search s(o); });
	CHECK(f && f.code() == ps::status::epattern && f.subject() == ps::subject::pattern);
	CHECK(f.index() == 1 && f.offset() && *f.offset() == 1);
	CHECK(std::string(f.message()).find("pattern 2") == 0);
	CHECK(std::string(f.message()).substr(f.reason_at()) == f.reason());
	ps::failure why;
	CHECK(!ps::search::open(o, why) && why.code() == ps::status::epattern && why.index() == 1);
	std::string text = "before";
	CHECK(ps::explain(o, text, why) == ps::status::epattern && text.empty());
	CHECK(thrown([&] { (void)ps::explain(o); }).index() == 1);

	o = needles();
	o.walk.globs = {{"*.c"}, {"[", ps::glob_flag::exclude}};
	CHECK(thrown([&] { ps::search s(o); }).subject() == ps::subject::glob);
	CHECK(!thrown([&] { ps::search s(o); }).offset());

	/* The library would take these as "a". */
	o = needles();
	o.sources.emplace_back(std::string("a\0b", 3));
	const ps::failure nul = thrown([&] { ps::search s(o); });
	CHECK(nul.code() == ps::status::einval && nul.subject() == ps::subject::source && nul.index() == 1);
	CHECK(std::string(nul.message()) == "a source's path has a NUL byte in it: leave that out");
	o = needles();
	o.walk.ignore_files = {"/dev/null", std::string("a\0b", 3)};
	CHECK(thrown([&] { ps::search s(o); }).subject() == ps::subject::ignore_file);
	CHECK(thrown([&] { ps::search s(o); }).index() == 1);

	o = needles();
	o.sources = {tree + "/000", "/nonexistent/file", std::filesystem::path(tree) / "001"};
	std::size_t errors = 0, matches = 0;
	for (const ps::item &i : ps::search(o)) {
		matches += i.kind() == ps::item_kind::match;
		if (i.kind() != ps::item_kind::error)
			continue;
		errors++;
		CHECK(i.source() == 1 && i.error() == ENOENT && i.reason() == ps::reason::open && *i.message() != '\0');
	}
	CHECK(errors == 1 && matches == 4);
}

static void batches()
{
	std::vector<std::string> all;
	ps::search s(needles());
	for (ps::batch b = s.next_many(); !b.empty(); b = s.next_many()) {
		CHECK(b.size() <= ps::search::most && line(b[0]) == line(*b.begin()));
		for (const ps::item &i : b)
			all.push_back(line(i));
	}
	CHECK(all == lines(needles()));
	ps::batch b;
	CHECK(s.next_many(b, 0) == ps::status::einval && b.empty());
	CHECK(s.next_many(b) == ps::status::ok && b.empty());
}

static void polled()
{
	ps::options o = needles();
	o.caller_flags = ps::caller_flag::no_help;
	ps::search s(o);
	std::vector<std::string> all;
	ps::status is = ps::status::eagain;
	ps::item i;
	ps::batch b;
	while (is == ps::status::eagain) {
		pollfd ready = {s.fd(), POLLIN, 0};
		CHECK(poll(&ready, 1, 30000) == 1);
		if ((is = s.try_next(i)) == ps::status::item)
			all.push_back(line(i));
		while (is == ps::status::item)
			if ((is = s.try_next_many(b, 3)) == ps::status::item)
				for (const ps::item &more : b)
					all.push_back(line(more));
		s.check(is);
	}
	CHECK(is == ps::status::ok && all == lines(needles()));
	CHECK(s.outcome() == ps::outcome::complete && s.stats().matches == 400 && s.stats().workers > 0);
}

static void canceled_by_another_thread()
{
	int ends[2];
	CHECK(pipe(ends) == 0); /* with nothing in it: the search waits until it is cancelled */
	ps::options o = needles();
	o.sources = {ps::source::memory("needle in memory", "memory"), ps::source::descriptor(ends[0], "pipe")};
	ps::search s(o);
	ps::item i;
	CHECK(s.next(i) == ps::status::item && i.path() == "memory");
	std::thread other([&] {
		CHECK(s.stats().matches >= 1);
		s.cancel();
	});
	CHECK(s.next(i) == ps::status::ecanceled && !i);
	other.join();
	CHECK(thrown([&] { (void)s.next(); }).code() == ps::status::ecanceled);
	CHECK(s.outcome() == ps::outcome::canceled);
	s.close();
#if __cplusplus >= 202002L
	std::stop_source stop;
	ps::search again(o);
	const std::stop_callback cancel(stop.get_token(), [&] { again.cancel(); });
	stop.request_stop();
	while (again.next(i) == ps::status::item)
		;
	CHECK(again.outcome() == ps::outcome::canceled);
#endif
	close(ends[0]);
	close(ends[1]);
}

static void descriptors()
{
	int ends[2];
	CHECK(pipe(ends) == 0);
	CHECK(write(ends[1], "no\nneedle in a pipe", 19) == 19);
	close(ends[1]);
	ps::options o = needles();
	o.sources = {ps::source::descriptor(ends[0], "pipe")};
	CHECK(lines(o) == std::vector<std::string>{"pipe:2:needle in a pipe"});
	close(ends[0]);
}

static void memory()
{
	const std::string borrowed = "a needle that is borrowed";
	auto shared = std::make_shared<const std::string>("a needle that is shared");
	ps::options o = needles();
	o.sources = {ps::source::memory(borrowed, "borrowed"), ps::source::memory(shared, "shared"),
		     ps::source::memory("a literal needle")};
	ps::search s(o);
	o = ps::options();
	CHECK(shared.use_count() == 2);
	shared.reset(); /* the search has the last reference */
	CHECK(line(s.next()) == "borrowed:1:a needle that is borrowed");
	CHECK(line(s.next()) == "shared:1:a needle that is shared");
	CHECK(line(s.next()) == ":1:a literal needle");
	CHECK(!s.next());
}

static void more_sources()
{
	ps::options o = needles();
	auto n = std::make_shared<int>(0);
	o.sources = {tree + "/000"};
	o.next_source = [n]() -> std::optional<ps::source> {
		if (++*n > 150)
			return std::nullopt;
		if (*n % 2 != 0)
			return ps::source(tree + "/001", "named " + std::to_string(*n));
		return ps::source::memory(std::make_shared<const std::string>("needle " + std::to_string(*n)));
	};
	const std::vector<std::string> all = lines(o);
	CHECK(all.size() == 2 + 75 * 3);
	CHECK(all[2] == "named 1:2:needle 001" && all[4] == ":1:needle 2" && all.back() == ":1:needle 150");

	o.next_source = []() -> std::optional<ps::source> { throw std::range_error("mine"); };
	std::size_t before = 0;
	bool caught = false;
	try {
		for (const ps::item &i : ps::search(o))
			before += i.kind() == ps::item_kind::match;
	} catch (const std::range_error &e) {
		caught = std::string(e.what()) == "mine";
	}
	CHECK(caught && before == 2);
	ps::search s(o);
	ps::item i;
	ps::status is;
	while ((is = s.next(i)) == ps::status::item)
		;
	CHECK(is == ps::status::esource && s.outcome() == ps::outcome::failed);
	o.next_source = [] { return ps::source(std::string("a\0b", 3)); };
	CHECK(thrown([&] { lines(o); }).code() == ps::status::esource);
	CHECK(std::string(thrown([&] { lines(o); }).message()).find("NUL byte") != std::string::npos);
}

static void overlays()
{
	const std::string unsaved = "nothing here";
	auto shared = std::make_shared<const std::string>("one needle, not saved\n");
	ps::options o = needles();
	o.overlays = {{tree + "/000", unsaved}, {tree + "/0005", shared}, ps::overlay::removed(tree + "/001")};
	ps::search s(o);
	o = ps::options();
	shared.reset();
	CHECK(line(s.next()) == tree + "/0005:1:one needle, not saved");
	CHECK(line(s.next()) == tree + "/002:2:needle 002");
	o = needles();
	o.overlays = {{tree + "/000", unsaved}, {tree, unsaved}};
	CHECK(thrown([&] { ps::search bad(o); }).subject() == ps::subject::overlay);
	CHECK(thrown([&] { ps::search bad(o); }).index() == 1);
}

static void pages()
{
	const std::vector<std::string> all = lines(needles());
	std::vector<std::string> joined, words;
	ps::options o = needles();
	o.max_matches = 70;
	for (;;) {
		ps::search s(o);
		const std::size_t had = joined.size();
		for (const ps::item &i : s)
			joined.push_back(line(i));
		if (joined.size() == had)
			break;
		words.push_back(s.cursor());
		o.resume = words.back();
		CHECK(s.outcome() == (joined.size() - had == 70 ? ps::outcome::limited : ps::outcome::complete));
	}
	CHECK(joined == all && words.size() == 6);
	o = needles();
	o.resume = words[0];
	o.until = words[1];
	CHECK(lines(o) == std::vector<std::string>(all.begin() + 70, all.begin() + 140));
	o.until = "no cursor";
	CHECK(thrown([&] { ps::search s(o); }).subject() == ps::subject::cursor);
	CHECK(thrown([&] { ps::search s(o); }).index() == 1);
	ps::search fresh(needles());
	CHECK(thrown([&] { (void)fresh.cursor(); }).code() == ps::status::einval);
}

static void pools()
{
	ps::pool_options limits;
	limits.workers = 2;
	ps::pool p(limits);
	ps::options o = needles();
	o.workers = 0;
	o.pool = &p;
	std::vector<ps::search> open;
	for (int i = 0; i < 10; i++) {
		o.priority = i % 2 != 0 ? ps::priority::background : ps::priority::interactive;
		open.emplace_back(o);
	}
	CHECK(p.stats().workers == 2 && p.stats().searches == 10);
	ps::pool moved = std::move(p);
	CHECK(!p && moved && moved.stats().searches == 10);
	moved.close(); /* they go on */
	for (ps::search &s : open) {
		std::size_t n = 0;
		for (const ps::item &i : s)
			n += i.kind() == ps::item_kind::match;
		CHECK(n == 400);
	}
	limits.max_open_files = 1;
	ps::failure why;
	CHECK(!ps::pool::open(limits, why) && why.code() == ps::status::einval);
	CHECK(thrown([&] { ps::pool bad(limits); }).code() == ps::status::einval);
}

/* Lets it learn all files. They may be too young at first. */
static void warm(const ps::tree &t, const ps::options &o)
{
	for (int i = 0; i < 200; i++) {
		for (const ps::item &item : ps::search(o))
			(void)item;
		while (t.learn(100))
			;
		if (t.stats().files >= 200 && t.stats().signatures >= t.stats().files)
			return;
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
	}
	fail("the tree learns", __func__, __LINE__);
}

static void trees()
{
	const std::vector<std::string> all = lines(needles());
	ps::tree_options limits;
	limits.max_bytes = 4 << 20;
	ps::tree t(limits);
	ps::options o = needles();
	o.tree = &t;
	warm(t, o);
	CHECK(lines(o) == all);
	o.patterns = {"no such text"};
	ps::search nothing(o);
	CHECK(!nothing.next() && nothing.stats().files_ruled_out == 200);

	const std::string kept = tree + ".kept";
	t.save(kept);
	ps::tree other(limits);
	other.load(kept);
	CHECK(other.stats().signatures == t.stats().signatures);
	std::filesystem::resize_file(kept, std::filesystem::file_size(kept) - 1);
	CHECK(thrown([&] { other.load(kept); }).code() == ps::status::einval);
	CHECK(thrown([&] { other.save(tree + "/no/file"); }).system_error() == ENOENT);
	CHECK(thrown([&] { other.save(std::string("a\0b", 3)); }).code() == ps::status::einval);
	CHECK(t.changed(std::string("a\0b", 3)) == ps::status::einval);
	CHECK(t.changed(tree) == ps::status::ok && t.changed() == ps::status::ok);

	o = needles();
	o.tree = &t;
	ps::search s(o);
	ps::tree moved = std::move(t);
	CHECK(!t && moved);
	moved.close(); /* the search goes on */
	std::size_t n = 0;
	for (const ps::item &i : s)
		n += i.kind() == ps::item_kind::match;
	CHECK(n == 400);

	limits.max_bytes = 1;
	ps::failure why;
	CHECK(!ps::tree::open(limits, why) && why.code() == ps::status::einval);
	CHECK(thrown([&] { ps::tree bad(limits); }).code() == ps::status::einval);
}

static void places_in_a_line()
{
	ps::options o;
	const std::string text = "\u00e9\U0001f600 key=value other=\n";
	o.patterns = {"nothing", "(?<name>\\w+)=(?<value>\\w+)?"};
	o.sources = {ps::source::memory(text)};
	o.result_flags = ps::result_flag::groups;
	ps::search s(o);
	const ps::item i = s.next();
	CHECK(i && i.spans().size() == 2);
	const ps::span &first = i.spans()[0], &second = i.spans()[1];
	CHECK(first.pattern == 1 && i.text(first) == "key=value" && i.text(second) == "other=");
	CHECK(i.column(first.begin, ps::unit::bytes) == 7 && i.column(first.begin, ps::unit::code_points) == 3 &&
	      i.column(first.begin, ps::unit::utf16) == 4);
	CHECK(s.group_count(1) == 2 && s.group_name(1, 2) == "value" && s.group_name(1, 3).empty());
	CHECK(s.groups(i, first).size() == 2 && i.text(s.groups(i, first)[1]) == "value");
	CHECK(i.text(s.groups(i, second)[0]) == "other" && !i.text(s.groups(i, second)[1]));
#if __cplusplus >= 202002L
	CHECK(std::span<const ps::span>(i.spans()).size() == 2);
	static_assert(std::input_iterator<ps::search::iterator> && std::ranges::input_range<ps::search &>);
	static_assert(std::ranges::input_range<ps::batch>);
#endif
	CHECK(!s.next());

	/* A window: the spans are places in the line, and their texts what there is of them in the window. */
	const std::string wide = std::string(1000, '-') + "needle" + std::string(1000, '-');
	o = ps::options();
	o.patterns = {"-needle-*"};
	o.sources = {ps::source::memory(wide)};
	o.max_item_bytes = 16;
	ps::search narrow(o);
	const ps::item window = narrow.next();
	CHECK(ps::has(window.flags(), ps::item_flag::window) && window.line_bytes() == 2006);
	CHECK(window.text().size() < 2006);
	CHECK(window.spans().size() == 1 && window.spans()[0].begin == 999 && window.spans()[0].end == 2006);
	CHECK(!window.text(window.spans()[0]).empty() &&
	      window.text().find(window.text(window.spans()[0])) != std::string_view::npos);
	CHECK(window.text(ps::span{0, 5, 0, 0}).empty() && window.text(ps::span{2000, 2006, 0, 0}).empty());
}

static void flags()
{
	ps::match_flag f = ps::match_flag::word | ps::match_flag::ignore_case;
	CHECK(ps::has(f, ps::match_flag::word) && !ps::has(f, ps::match_flag::fixed));
	f &= ~ps::match_flag::word;
	CHECK(f == ps::match_flag::ignore_case);
	ps::options o = needles();
	o.patterns = {"NEEDLE"};
	CHECK(lines(o).empty());
	o.match_flags = f;
	CHECK(lines(o).size() == 400);
}

static void the_library()
{
	CHECK(std::string(ps::version()) == SEARCH_VERSION_STRING && std::string(ps::build().version) == ps::version());
	ps::options o;
	o.patterns = {"needle", "[^\\s\\S]"};
	CHECK(ps::explain(o).find("patterns: 2\n") == 0);
	o.sources = {tree};
	std::size_t which = 7;
	CHECK(ps::search(o).never(&which) == ps::never::character && which == 1);
	o.patterns = {"needle"};
	CHECK(ps::search(o).never() == ps::never::none);
	o.result_flags = ps::result_flag::list | ps::result_flag::file_info;
	std::size_t files = 0;
	for (const ps::item &i : ps::search(o)) {
		CHECK(i.kind() == ps::item_kind::file && i.file_number() == files);
		CHECK(i.file_size() > 0 && i.inode() != 0);
		files++;
	}
	CHECK(files == 200);
}

int main(int, char **argv)
{
	tree = argv[1];
	order();
	moves();
	thrown_out_of_the_loop();
	failures_say_where();
	batches();
	polled();
	canceled_by_another_thread();
	descriptors();
	memory();
	more_sources();
	overlays();
	pages();
	pools();
	trees();
	places_in_a_line();
	flags();
	the_library();
	return failures != 0;
}
