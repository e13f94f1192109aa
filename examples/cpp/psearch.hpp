// SPDX-License-Identifier: BSD-2-Clause
/*
 * psearch.hpp - libpsearch for C++17 and later, in one header.
 *
 *	psearch::options o;
 *	o.patterns = {"TODO|FIXME"};
 *	o.sources = {"lib", "include"};
 *	for (const psearch::item &item : psearch::search(o))
 *		if (item.kind() == psearch::item_kind::match)
 *			std::cout << item.path() << ':' << item.line() << ':' << item.text() << '\n';
 *
 * psearch.h is the contract, and this header adds no rule of its own except for how names are made: a constant
 * SEARCH_MATCH_WORD of enum search_match_flag is psearch::match_flag::word; a field of a struct is a member of the same
 * name, or a member function if the library fills the struct in. A string that may be NULL is a std::optional.
 *
 *  1. options own their strings, and search() copies what it needs: they may be changed or destroyed afterwards. The
 *     texts of source::memory() and overlay() alone are borrowed, unless they are given as std::shared_ptr.
 *  2. A search, a pool and a tree are move-only, and close themselves. One that was moved from, or closed, is empty:
 *     each of its calls returns status::einval, and it can be assigned to.
 *  3. An item is a view, as a std::string_view is: all that it refers to is the library's, and valid until the next
 *     call that takes an item, or until the search is closed.
 *  4. Each call that can fail has two forms. One returns its result and throws psearch::error. The other is noexcept,
 *     returns a status, and fills in its last argument; a program that is built without exceptions has only these.
 *  5. A search belongs to one thread at a time. Others may only call cancel() and stats(), while it is neither closed
 *     nor moved nor destroyed.
 */
#ifndef PSEARCH_HPP
#define PSEARCH_HPP

#include <psearch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#ifdef __cpp_exceptions
#define PSEARCH_TRY try
#define PSEARCH_CATCH_ALL catch (...)
#else
#define PSEARCH_TRY if (true)
#define PSEARCH_CATCH_ALL else
#endif

namespace psearch {

/* --- Constants. An enum of the library may get new values in later versions: a switch needs a default. --- */

enum class status : int {
	item = SEARCH_ITEM,
	ok = SEARCH_OK,
	einval = SEARCH_EINVAL,
	eversion = SEARCH_EVERSION,
	enomem = SEARCH_ENOMEM,
	epattern = SEARCH_EPATTERN,
	eagain = SEARCH_EAGAIN,
	ecanceled = SEARCH_ECANCELED,
	etimedout = SEARCH_ETIMEDOUT,
	esystem = SEARCH_ESYSTEM,
	esource = SEARCH_ESOURCE
};

enum class subject : std::uint32_t {
	none = SEARCH_SUBJECT_NONE,
	pattern = SEARCH_SUBJECT_PATTERN,
	source = SEARCH_SUBJECT_SOURCE,
	glob = SEARCH_SUBJECT_GLOB,
	ignore_file = SEARCH_SUBJECT_IGNORE_FILE,
	git_config = SEARCH_SUBJECT_GIT_CONFIG,
	encoding = SEARCH_SUBJECT_ENCODING,
	cursor = SEARCH_SUBJECT_CURSOR,
	overlay = SEARCH_SUBJECT_OVERLAY
};

enum class syntax : std::uint32_t {
	oniguruma = SEARCH_SYNTAX_ONIGURUMA,
	perl = SEARCH_SYNTAX_PERL,
	python = SEARCH_SYNTAX_PYTHON,
	basic = SEARCH_SYNTAX_BASIC,
	extended = SEARCH_SYNTAX_EXTENDED
};

enum class source_kind : std::uint32_t {
	path = SEARCH_SOURCE_PATH,
	descriptor = SEARCH_SOURCE_DESCRIPTOR,
	memory = SEARCH_SOURCE_MEMORY
};

enum class overlay_flag : std::uint32_t { none = 0, removed = SEARCH_OVERLAY_REMOVED };

enum class match_flag : std::uint32_t {
	none = 0,
	ignore_case = SEARCH_MATCH_IGNORE_CASE,
	invert = SEARCH_MATCH_INVERT,
	word = SEARCH_MATCH_WORD,
	line = SEARCH_MATCH_LINE,
	fixed = SEARCH_MATCH_FIXED,
	crlf = SEARCH_MATCH_CRLF,
	nul_lines = SEARCH_MATCH_NUL_LINES,
	text = SEARCH_MATCH_TEXT,
	skip_binary = SEARCH_MATCH_SKIP_BINARY,
	decompress = SEARCH_MATCH_DECOMPRESS,
	multiline = SEARCH_MATCH_MULTILINE,
	dot_newline = SEARCH_MATCH_DOT_NEWLINE
};

enum class walk_flag : std::uint32_t {
	none = 0,
	skip_hidden = SEARCH_WALK_SKIP_HIDDEN,
	follow = SEARCH_WALK_FOLLOW,
	one_file_system = SEARCH_WALK_ONE_FILE_SYSTEM,
	ignore_vcs = SEARCH_WALK_IGNORE_VCS,
	ignore_files = SEARCH_WALK_IGNORE_FILES,
	ignore_below = SEARCH_WALK_IGNORE_BELOW,
	ignore_anywhere = SEARCH_WALK_IGNORE_ANYWHERE,
	no_nested_repositories = SEARCH_WALK_NO_NESTED_REPOSITORIES,
	tracked = SEARCH_WALK_TRACKED
};

enum class result_flag : std::uint32_t {
	none = 0,
	file_info = SEARCH_RESULT_FILE_INFO,
	unordered = SEARCH_RESULT_UNORDERED,
	count = SEARCH_RESULT_COUNT,
	file_ends = SEARCH_RESULT_FILE_ENDS,
	no_spans = SEARCH_RESULT_NO_SPANS,
	no_line_numbers = SEARCH_RESULT_NO_LINE_NUMBERS,
	list = SEARCH_RESULT_LIST,
	socket = SEARCH_RESULT_SOCKET,
	groups = SEARCH_RESULT_GROUPS,
	all_lines = SEARCH_RESULT_ALL_LINES
};

enum class glob_flag : std::uint32_t {
	none = 0,
	exclude = SEARCH_GLOB_EXCLUDE,
	no_case = SEARCH_GLOB_NO_CASE,
	braces = SEARCH_GLOB_BRACES,
	basename = SEARCH_GLOB_BASENAME,
	display_path = SEARCH_GLOB_DISPLAY_PATH,
	files_only = SEARCH_GLOB_FILES_ONLY,
	dirs_only = SEARCH_GLOB_DIRS_ONLY,
	unhide = SEARCH_GLOB_UNHIDE,
	override = SEARCH_GLOB_OVERRIDE
};

enum class priority : std::uint32_t {
	normal = SEARCH_PRIORITY_NORMAL,
	interactive = SEARCH_PRIORITY_INTERACTIVE,
	background = SEARCH_PRIORITY_BACKGROUND
};

enum class caller_flag : std::uint32_t { none = 0, no_help = SEARCH_CALLER_NO_HELP };

enum class item_kind : std::uint32_t {
	match = SEARCH_ITEM_MATCH,
	context = SEARCH_ITEM_CONTEXT,
	binary = SEARCH_ITEM_BINARY,
	error = SEARCH_ITEM_ERROR,
	file_end = SEARCH_ITEM_FILE_END,
	file = SEARCH_ITEM_FILE
};

enum class item_flag : std::uint32_t {
	none = 0,
	window = SEARCH_ITEM_FLAG_WINDOW,
	no_eol = SEARCH_ITEM_FLAG_NO_EOL,
	crlf = SEARCH_ITEM_FLAG_CRLF,
	note = SEARCH_ITEM_FLAG_NOTE,
	matches_eol = SEARCH_ITEM_FLAG_MATCHES_EOL,
	changed = SEARCH_ITEM_FLAG_CHANGED
};

enum class reason : std::uint32_t {
	none = SEARCH_REASON_NONE,
	open = SEARCH_REASON_OPEN,
	read = SEARCH_REASON_READ,
	list = SEARCH_REASON_LIST,
	output_file = SEARCH_REASON_OUTPUT_FILE,
	line_too_long = SEARCH_REASON_LINE_TOO_LONG,
	gave_up = SEARCH_REASON_GAVE_UP,
	damaged = SEARCH_REASON_DAMAGED,
	unsupported = SEARCH_REASON_UNSUPPORTED,
	memory = SEARCH_REASON_MEMORY,
	encoding = SEARCH_REASON_ENCODING,
	rules = SEARCH_REASON_RULES,
	text_too_long = SEARCH_REASON_TEXT_TOO_LONG
};

enum class outcome : int {
	running = SEARCH_OUTCOME_RUNNING,
	complete = SEARCH_OUTCOME_COMPLETE,
	limited = SEARCH_OUTCOME_LIMITED,
	timed_out = SEARCH_OUTCOME_TIMED_OUT,
	canceled = SEARCH_OUTCOME_CANCELED,
	failed = SEARCH_OUTCOME_FAILED
};

enum class never : int {
	none = SEARCH_NEVER_NONE,
	line_end = SEARCH_NEVER_LINE_END,
	place = SEARCH_NEVER_PLACE,
	character = SEARCH_NEVER_CHARACTER
};

enum class tree_trust : std::uint32_t {
	stamps = SEARCH_TREE_STAMPS,
	directories = SEARCH_TREE_DIRECTORIES,
	told = SEARCH_TREE_TOLD,
	watched = SEARCH_TREE_WATCHED
};

enum class unit : int {
	bytes = SEARCH_UNIT_BYTES,
	code_points = SEARCH_UNIT_CODE_POINTS,
	utf16 = SEARCH_UNIT_UTF16
};

inline constexpr std::uint32_t no_walk = SEARCH_NO_WALK;
inline constexpr std::uint32_t no_workers = SEARCH_NO_WORKERS;
inline constexpr std::uint32_t tree_no_learning = SEARCH_TREE_NO_LEARNING;
inline constexpr std::uint32_t glob_groups = SEARCH_GLOB_GROUPS;
inline constexpr std::size_t no_group = SEARCH_NO_GROUP;

/* Flags of one word combine with | and &, and has() asks for one. A flag of another word does not compile. */
template <class flag> struct is_flag : std::false_type {};
template <> struct is_flag<overlay_flag> : std::true_type {};
template <> struct is_flag<match_flag> : std::true_type {};
template <> struct is_flag<walk_flag> : std::true_type {};
template <> struct is_flag<result_flag> : std::true_type {};
template <> struct is_flag<glob_flag> : std::true_type {};
template <> struct is_flag<caller_flag> : std::true_type {};
template <> struct is_flag<item_flag> : std::true_type {};

template <class flag> using if_flag = std::enable_if_t<is_flag<flag>::value, flag>;

template <class flag> constexpr if_flag<flag> operator|(flag a, flag b) noexcept
{
	return static_cast<flag>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}

template <class flag> constexpr if_flag<flag> operator&(flag a, flag b) noexcept
{
	return static_cast<flag>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}

template <class flag> constexpr if_flag<flag> operator~(flag a) noexcept
{
	return static_cast<flag>(~static_cast<std::uint32_t>(a));
}

template <class flag> constexpr if_flag<flag> &operator|=(flag &a, flag b) noexcept { return a = a | b; }
template <class flag> constexpr if_flag<flag> &operator&=(flag &a, flag b) noexcept { return a = a & b; }

template <class flag, class = if_flag<flag>> constexpr bool has(flag set, flag one) noexcept
{
	return (set & one) == one;
}

/* --- Failures --- */

inline const char *strerror(status s) noexcept { return ::search_strerror(static_cast<int>(s)); }

/* Why a call failed; without a failure code() is status::ok. It allocates nothing. */
class failure {
public:
	failure() noexcept : raw_(SEARCH_ERROR_INIT) {}
	explicit failure(status s) noexcept : failure(s, strerror(s)) {}
	failure(status s, std::string_view message, psearch::subject subject = psearch::subject::none,
		std::size_t index = 0) noexcept
		: failure()
	{
		raw_.code = static_cast<int>(s);
		raw_.subject = static_cast<std::uint32_t>(subject);
		raw_.index = index;
		message.copy(raw_.message, sizeof raw_.message - 1);
	}

	status code() const noexcept { return static_cast<status>(raw_.code); }
	int system_error() const noexcept { return raw_.system_error; }
	psearch::subject subject() const noexcept { return static_cast<psearch::subject>(raw_.subject); }
	std::size_t index() const noexcept { return raw_.index; }
	/* Of a fault in a pattern, if it is known. */
	std::optional<std::size_t> offset() const noexcept
	{
		if (subject() != psearch::subject::pattern || raw_.offset == SIZE_MAX)
			return std::nullopt;
		return raw_.offset;
	}
	const char *message() const noexcept { return raw_.message; }
	/* The message from where it says what is wrong with the pattern, after the pattern's number. */
	const char *reason() const noexcept { return raw_.message + reason_at(); }
	std::uint32_t reason_at() const noexcept { return raw_.reason_at; }
	explicit operator bool() const noexcept { return raw_.code != SEARCH_OK; }
	::search_error *raw() noexcept { return &raw_; }

private:
	::search_error raw_;
};

class error : public std::exception, public failure {
public:
	explicit error(const failure &why) noexcept : failure(why) {}
	const char *what() const noexcept override { return message(); }
};

/* --- Items --- */

/* An array of the library's. */
template <class type> class view {
public:
	using value_type = type;
	view() noexcept = default;
	view(const type *data, std::size_t size) noexcept : data_(data), size_(size) {}
	const type *data() const noexcept { return data_; }
	std::size_t size() const noexcept { return size_; }
	bool empty() const noexcept { return size_ == 0; }
	const type *begin() const noexcept { return data_; }
	const type *end() const noexcept { return data_ + size_; }
	const type &operator[](std::size_t i) const noexcept { return data_[i]; }

private:
	const type *data_ = nullptr;
	std::size_t size_ = 0;
};

using span = ::search_span;
using group = ::search_group;

class item {
public:
	item() noexcept = default;
	explicit item(const ::search_item *raw) noexcept : raw_(raw) {}
	/* Whether there is an item; all other members need one. */
	explicit operator bool() const noexcept { return raw_ != nullptr; }
	const ::search_item *raw() const noexcept { return raw_; }

	item_kind kind() const noexcept { return static_cast<item_kind>(raw_->kind); }
	item_flag flags() const noexcept { return static_cast<item_flag>(raw_->flags); }
	std::uint64_t source() const noexcept { return raw_->source; }
	std::string_view path() const noexcept { return string(raw_->path, raw_->path_length); }
	std::uint64_t line() const noexcept { return raw_->line; }
	std::uint64_t offset() const noexcept { return raw_->offset; }
	std::string_view text() const noexcept { return string(raw_->text, raw_->length); }
	std::uint64_t line_bytes() const noexcept { return raw_->line_bytes; }
	std::uint64_t text_offset() const noexcept { return raw_->text_offset; }
	view<span> spans() const noexcept { return {raw_->spans, raw_->span_count}; }
	int error() const noexcept { return raw_->error; }
	psearch::reason reason() const noexcept { return static_cast<psearch::reason>(raw_->reason); }
	const char *message() const noexcept { return raw_->message != nullptr ? raw_->message : ""; }
	std::uint64_t matches() const noexcept { return raw_->matches; }
	std::uint64_t bytes() const noexcept { return raw_->bytes; }
	/* Of all spans together; search::groups() has those of one. */
	view<group> groups() const noexcept { return {raw_->groups, raw_->group_count}; }
	std::uint64_t file_number() const noexcept { return raw_->file_number; }
	std::uint64_t file_size() const noexcept { return raw_->file_size; }
	std::uint64_t inode() const noexcept { return raw_->inode; }
	std::uint64_t device() const noexcept { return raw_->device; }
	std::int64_t modified() const noexcept { return raw_->modified; }
	std::uint32_t modified_ns() const noexcept { return raw_->modified_ns; }

	/* The text of a span: with item_flag::window as much of it as is in the window. */
	std::string_view text(const span &s) const noexcept { return cut(s.begin, s.end); }
	/* Nothing if the group took no part in the match. */
	std::optional<std::string_view> text(const group &g) const noexcept
	{
		if (g.begin == no_group)
			return std::nullopt;
		return cut(g.begin, g.end);
	}
	/* How many units of the line precede a byte of it, which is counted as in spans. */
	std::size_t column(std::size_t byte, unit u) const noexcept
	{
		return ::search_column(raw_, byte, static_cast<int>(u));
	}

private:
	static std::string_view string(const char *data, std::size_t size) noexcept
	{
		return data != nullptr ? std::string_view(data, size) : std::string_view();
	}
	/* A cast that changes nothing on 64 bit is a useless one there, except in a template. */
	template <class to, class from> static to narrow(from n) noexcept { return static_cast<to>(n); }
	std::size_t in_window(std::size_t byte) const noexcept
	{
		if (byte <= raw_->text_offset)
			return 0;
		return narrow<std::size_t>(std::min<std::uint64_t>(byte - raw_->text_offset, raw_->length));
	}
	std::string_view cut(std::size_t begin, std::size_t end) const noexcept
	{
		const std::size_t from = in_window(begin);
		return text().substr(from, in_window(end) - from);
	}

	const ::search_item *raw_ = nullptr;
};

/* What one call of next_many() or try_next_many() took. All of it is valid until the next call that takes items. */
class batch {
public:
	class iterator {
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = item;
		using difference_type = std::ptrdiff_t;
		using pointer = void;
		using reference = item;
		iterator() noexcept = default;
		explicit iterator(const ::search_item *const *at) noexcept : at_(at) {}
		item operator*() const noexcept { return item(*at_); }
		iterator &operator++() noexcept { return ++at_, *this; }
		iterator operator++(int) noexcept { return iterator(at_++); }
		friend bool operator==(iterator a, iterator b) noexcept { return a.at_ == b.at_; }
		friend bool operator!=(iterator a, iterator b) noexcept { return a.at_ != b.at_; }

	private:
		const ::search_item *const *at_ = nullptr;
	};

	batch() noexcept = default;
	batch(const ::search_item *const *items, std::size_t size) noexcept : items_(items), size_(size) {}
	std::size_t size() const noexcept { return size_; }
	bool empty() const noexcept { return size_ == 0; }
	item operator[](std::size_t i) const noexcept { return item(items_[i]); }
	iterator begin() const noexcept { return iterator(items_); }
	iterator end() const noexcept { return iterator(items_ + size_); }

private:
	const ::search_item *const *items_ = nullptr;
	std::size_t size_ = 0;
};

/* --- Options --- */

namespace detail {
class arguments;
struct state;

/* For an owner of text, such as a std::string, that is about to be destroyed: nothing may be borrowed of it. */
template <class type> using if_temporary =
	std::enable_if_t<!std::is_reference_v<type> && !std::is_trivially_destructible_v<type> &&
			 std::is_convertible_v<type, std::string_view>>;
/* For std::filesystem::path, without its header. */
template <class type> using if_path =
	std::enable_if_t<std::is_same_v<decltype(std::declval<const type &>().native()), const std::string &>>;
} // namespace detail

/* Something to search. A path needs no more than itself: options.sources = {"lib", "include"}. */
class source {
public:
	source(std::string path, std::optional<std::string> name = std::nullopt)
		: path_(std::move(path)), name_(std::move(name))
	{
	}
	source(const char *path, std::optional<std::string> name = std::nullopt)
		: source(std::string(path), std::move(name))
	{
	}
	template <class type, class = detail::if_path<type>>
	source(const type &path, std::optional<std::string> name = std::nullopt)
		: source(path.native(), std::move(name))
	{
	}

	/* The caller owns the descriptor, and keeps it open until the search is closed. */
	static source descriptor(int descriptor, std::optional<std::string> name = std::nullopt)
	{
		source s(std::string(), std::move(name));
		s.kind_ = source_kind::descriptor;
		s.descriptor_ = descriptor;
		return s;
	}

	/* Borrowed: the text stays where it is, unchanged, until the search is closed. */
	static source memory(std::string_view text, std::optional<std::string> name = std::nullopt)
	{
		source s(std::string(), std::move(name));
		s.kind_ = source_kind::memory;
		s.text_ = text;
		return s;
	}
	template <class type, class = detail::if_temporary<type>>
	static source memory(type &&text, std::optional<std::string> name = std::nullopt) = delete;

	/* Shared: the search keeps the text alive. */
	static source memory(std::shared_ptr<const std::string> text, std::optional<std::string> name = std::nullopt)
	{
		source s = memory(std::string_view(*text), std::move(name));
		s.owner_ = std::move(text);
		return s;
	}

private:
	friend class detail::arguments;
	friend struct detail::state;
	void fill(::search_source &raw) const noexcept
	{
		raw = ::search_source();
		raw.kind = static_cast<std::uint32_t>(kind_);
		raw.descriptor = descriptor_;
		raw.path = kind_ == source_kind::path ? path_.c_str() : nullptr;
		raw.name = name_ ? name_->c_str() : nullptr;
		raw.data = text_.data();
		raw.size = text_.size();
	}

	source_kind kind_ = source_kind::path;
	int descriptor_ = 0;
	std::string path_;
	std::optional<std::string> name_;
	std::string_view text_;
	std::shared_ptr<const std::string> owner_;
};

/* A text that is searched in place of a file's: what an editor has not saved. */
class overlay {
public:
	/* Borrowed: the text stays where it is, unchanged, until the search is closed. */
	overlay(std::string path, std::string_view text) : path_(std::move(path)), text_(text) {}
	template <class type, class = detail::if_temporary<type>> overlay(std::string path, type &&text) = delete;
	/* Shared: the search keeps the text alive. */
	overlay(std::string path, std::shared_ptr<const std::string> text)
		: overlay(std::move(path), std::string_view(*text))
	{
		owner_ = std::move(text);
	}
	/* There is no such file, even if there is one on disk. */
	static overlay removed(std::string path)
	{
		overlay o(std::move(path), std::string_view());
		o.flags_ = overlay_flag::removed;
		return o;
	}

private:
	friend class detail::arguments;
	std::string path_;
	std::string_view text_;
	overlay_flag flags_ = overlay_flag::none;
	std::shared_ptr<const std::string> owner_;
};

struct glob {
	std::string text{};
	glob_flag flags = glob_flag::none;
	std::uint32_t group = 0;
};

struct walk {
	walk_flag flags = walk_flag::none;
	std::uint32_t max_depth = 0;
	std::uint64_t max_file_size = 0;
	std::vector<glob> globs{};
	std::vector<std::string> ignore_files{};
	std::vector<std::string> git_configs{};
	std::optional<std::string> git_excludes{};
	std::optional<std::string> home{};
};

class pool;
class tree;

/* What to search, for what, and within which limits: see struct search_options. 0 and empty mean the default. */
struct options {
	std::vector<std::string> patterns{};
	std::vector<source> sources{};
	/*
	 * More sources, after these, until it returns nothing. Called on the thread that takes items. What it throws
	 * ends the search with status::esource, and comes out of the call that would have returned that, or of check().
	 */
	std::function<std::optional<source>()> next_source{};
	psearch::walk walk{};
	std::optional<std::string> encoding{};
	std::size_t max_item_bytes = 0;
	match_flag match_flags = match_flag::none;
	result_flag result_flags = result_flag::none;
	psearch::syntax syntax = psearch::syntax::oniguruma;
	std::uint32_t workers = 0;
	std::uint32_t max_open_files = 0;
	std::uint32_t max_queued_matches = 0;
	std::uint32_t before_context = 0;
	std::uint32_t after_context = 0;
	std::uint32_t split_bytes = 0;
	int output_fd = 0;
	std::uint64_t max_queued_bytes = 0;
	std::uint64_t max_line_bytes = 0;
	std::uint64_t max_matches = 0;
	std::uint64_t max_matches_per_file = 0;
	std::uint64_t timeout_ms = 0;
	std::uint64_t max_multiline_bytes = 0;
	const psearch::pool *pool = nullptr; /* open while a search is opened; it may be closed after that */
	const psearch::tree *tree = nullptr; /* likewise */
	psearch::priority priority = psearch::priority::normal;
	caller_flag caller_flags = caller_flag::none;
	std::vector<overlay> overlays{};
	std::optional<std::string> resume{};
	std::optional<std::string> until{};
	std::uint32_t max_line_ms = 0;
};

/* --- Pools --- */

using statistics = struct ::search_stats;
using pool_statistics = struct ::search_pool_stats;
using build_info = struct ::search_build;

struct pool_options {
	std::uint32_t workers = 0;
	std::uint32_t max_open_files = 0;
	std::uint64_t max_queued_bytes = 0;
	std::uint64_t max_memory = 0;
};

/* Threads, descriptors and memory that searches share. Pool and searches may be closed in any order. */
class [[nodiscard]] pool {
public:
	/* Empty if it fails; `why` says why. */
	static pool open(const pool_options &o, failure &why) noexcept
	{
		::search_pool_options raw = SEARCH_POOL_OPTIONS_INIT;
		pool p;
		raw.workers = o.workers;
		raw.max_open_files = o.max_open_files;
		raw.max_queued_bytes = o.max_queued_bytes;
		raw.max_memory = o.max_memory;
		::search_pool *handle = nullptr;
		::search_pool_open(&handle, &raw, why.raw());
		p.handle_.reset(handle);
		return p;
	}
#ifdef __cpp_exceptions
	[[nodiscard]] explicit pool(const pool_options &o)
	{
		failure why;
		*this = open(o, why);
		if (why)
			throw error(why);
	}
	pool_statistics stats() const
	{
		pool_statistics all;
		if (const status is = stats(all); is != status::ok)
			throw error(failure(is));
		return all;
	}
#endif
	pool() noexcept = default; /* empty */
	void close() noexcept { handle_.reset(); }
	explicit operator bool() const noexcept { return handle_ != nullptr; }
	::search_pool *raw() const noexcept { return handle_.get(); }
	/* From any thread. */
	status stats(pool_statistics &all) const noexcept
	{
		all = SEARCH_POOL_STATS_INIT;
		return static_cast<status>(::search_pool_stats(handle_.get(), &all));
	}

private:
	struct closer {
		void operator()(::search_pool *p) const noexcept { ::search_pool_close(p); }
	};
	std::unique_ptr<::search_pool, closer> handle_;
};

/* --- Warm trees --- */

using tree_statistics = struct ::search_tree_stats;

struct tree_options {
	std::uint64_t max_bytes = 0;
	tree_trust trust = tree_trust::stamps;
	std::uint32_t learn_percent = 0;
	std::uint32_t max_watches = 0;
};

/*
 * What searches learn of files, kept for later ones. Tree and searches may be closed in any order; but no thread may
 * be in a call of the tree while another closes, moves or destroys it: cancel(), and wait for it.
 */
class [[nodiscard]] tree {
public:
	/* Empty if it fails; `why` says why. */
	static tree open(const tree_options &o, failure &why) noexcept
	{
		::search_tree_options raw = SEARCH_TREE_OPTIONS_INIT;
		tree t;
		raw.max_bytes = o.max_bytes;
		raw.trust = static_cast<std::uint32_t>(o.trust);
		raw.learn_percent = o.learn_percent;
		raw.max_watches = o.max_watches;
		::search_tree *handle = nullptr;
		::search_tree_open(&handle, &raw, why.raw());
		t.handle_.reset(handle);
		return t;
	}
	tree() noexcept = default; /* empty */

	/* A path was changed, and all below it; without one: everything. Searches that are opened later look again. */
	status changed(const std::string &path) const noexcept
	{
		return path.find('\0') == std::string::npos ? tell(path.c_str()) : status::einval;
	}
	status changed() const noexcept { return tell(nullptr); }
	/* Reads files that searches have listed, for at most so long. Is there more to learn? */
	[[nodiscard]] status learn(std::uint32_t milliseconds, bool &more) const noexcept
	{
		const int rc = ::search_tree_learn(raw(), milliseconds);
		more = rc > 0;
		return rc < 0 ? static_cast<status>(rc) : status::ok;
	}
	/* Writes what the tree has to a file, whole or not at all; and adds what such a file has. */
	[[nodiscard]] status save(const std::string &path, failure &why) const noexcept
	{
		return keep(::search_tree_save, path, why);
	}
	[[nodiscard]] status load(const std::string &path, failure &why) const noexcept
	{
		return keep(::search_tree_load, path, why);
	}
	status stats(tree_statistics &all) const noexcept
	{
		all = SEARCH_TREE_STATS_INIT;
		return static_cast<status>(::search_tree_stats(raw(), &all));
	}

#ifdef __cpp_exceptions
	[[nodiscard]] explicit tree(const tree_options &o)
	{
		failure why;
		*this = open(o, why);
		if (why)
			throw error(why);
	}
	bool learn(std::uint32_t milliseconds) const
	{
		bool more = false;
		if (const status is = learn(milliseconds, more); is != status::ok)
			throw error(failure(is));
		return more;
	}
	void save(const std::string &path) const
	{
		failure why;
		if (save(path, why) != status::ok)
			throw error(why);
	}
	void load(const std::string &path) const
	{
		failure why;
		if (load(path, why) != status::ok)
			throw error(why);
	}
	tree_statistics stats() const
	{
		tree_statistics all;
		if (const status is = stats(all); is != status::ok)
			throw error(failure(is));
		return all;
	}
#endif

	/* Ends all calls of learn(). From any thread while the tree is open, and from a signal handler. */
	void cancel() const noexcept { ::search_tree_cancel(raw()); }
	void close() noexcept { handle_.reset(); }
	explicit operator bool() const noexcept { return handle_ != nullptr; }
	::search_tree *raw() const noexcept { return handle_.get(); }

private:
	status tell(const char *path) const noexcept
	{
		return static_cast<status>(::search_tree_changed(raw(), path));
	}
	template <class function> status keep(function f, const std::string &path, failure &why) const noexcept
	{
		why = failure();
		if (path.find('\0') != std::string::npos)
			why = failure(status::einval, "a tree's path has a NUL byte in it: leave that out");
		return why ? why.code() : static_cast<status>(f(raw(), path.c_str(), why.raw()));
	}
	struct closer {
		void operator()(::search_tree *t) const noexcept { ::search_tree_close(t); }
	};
	std::unique_ptr<::search_tree, closer> handle_;
};

namespace detail {

/* What a search needs besides its handle, in a place that does not move. */
struct state {
	::search *handle = nullptr;
	std::function<std::optional<source>()> next_source;
	std::optional<source> given; /* what next_source returned last: its strings are in use until the next call */
	std::vector<std::shared_ptr<const std::string>> texts;
	std::exception_ptr thrown; /* by next_source */
	failure problem; /* of what it returned */

	state() = default;
	state(const state &) = delete;
	state &operator=(const state &) = delete;
	~state() { ::search_close(handle); } /* before anything that it borrows goes */

	/* No exception may pass through the library. */
	static int give(void *context, ::search_source *raw) noexcept
	{
		state &s = *static_cast<state *>(context);
		PSEARCH_TRY
		{
			s.given = s.next_source();
			if (!s.given)
				return 0;
			if (s.given->path_.find('\0') != std::string::npos ||
			    (s.given->name_ && s.given->name_->find('\0') != std::string::npos)) {
				s.problem = failure(status::esource,
						    "a source's path or name has a NUL byte in it: leave that out");
				return SEARCH_ESOURCE;
			}
			if (s.given->owner_)
				s.texts.push_back(s.given->owner_);
			s.given->fill(*raw);
			return 1;
		}
		PSEARCH_CATCH_ALL
		{
			s.thrown = std::current_exception();
			return SEARCH_ESOURCE;
		}
	}
};

/* The options as the library takes them. It points into the options that it is made of. */
class arguments {
public:
	explicit arguments(const options &o) : raw(SEARCH_OPTIONS_INIT), walk_(SEARCH_WALK_INIT)
	{
		take_arrays(o);
		take_walk(o.walk);
		raw.walk = &walk_;
		raw.encoding = string(o.encoding, "the encoding", subject::encoding, 0);
		raw.resume = string(o.resume, "options.resume", subject::cursor, 0);
		raw.until = string(o.until, "options.until", subject::cursor, 1);
		raw.max_item_bytes = o.max_item_bytes;
		raw.match_flags = static_cast<std::uint32_t>(o.match_flags);
		raw.result_flags = static_cast<std::uint32_t>(o.result_flags);
		raw.syntax = static_cast<std::uint32_t>(o.syntax);
		raw.workers = o.workers;
		raw.max_open_files = o.max_open_files;
		raw.max_queued_matches = o.max_queued_matches;
		raw.before_context = o.before_context;
		raw.after_context = o.after_context;
		raw.split_bytes = o.split_bytes;
		raw.output_fd = o.output_fd;
		raw.max_queued_bytes = o.max_queued_bytes;
		raw.max_line_bytes = o.max_line_bytes;
		raw.max_matches = o.max_matches;
		raw.max_matches_per_file = o.max_matches_per_file;
		raw.timeout_ms = o.timeout_ms;
		raw.max_multiline_bytes = o.max_multiline_bytes;
		raw.priority = static_cast<std::uint32_t>(o.priority);
		raw.caller_flags = static_cast<std::uint32_t>(o.caller_flags);
		raw.max_line_ms = o.max_line_ms;
		if (o.pool != nullptr) {
			raw.pool = o.pool->raw();
			if (raw.pool == nullptr && !problem)
				problem = failure(status::einval,
						  "options.pool is empty: pool(pool_options()) opens one");
		}
		if (o.tree != nullptr) {
			raw.tree = o.tree->raw();
			if (raw.tree == nullptr && !problem)
				problem = failure(status::einval,
						  "options.tree is empty: tree(tree_options()) opens one");
		}
	}
	arguments(const arguments &) = delete;
	arguments &operator=(const arguments &) = delete;

	::search_options raw;
	std::vector<std::shared_ptr<const std::string>> texts; /* what the search has to keep alive */
	failure problem; /* a string with a NUL in it: the library would see only what is before that */

private:
	void check(const std::string &s, std::string_view what, subject where, std::size_t index) noexcept
	{
		if (problem || s.find('\0') == std::string::npos)
			return;
		problem = failure(status::einval, what, where, index);
		const std::string_view reason = " has a NUL byte in it: leave that out";
		reason.copy(problem.raw()->message + what.size(), reason.size());
	}
	const char *string(const std::optional<std::string> &s, std::string_view what, subject where, std::size_t index)
	{
		if (!s)
			return nullptr;
		check(*s, what, where, index);
		return s->c_str();
	}
	void take_arrays(const options &o)
	{
		for (const std::string &p : o.patterns) {
			patterns_.emplace_back();
			patterns_.back().text = p.data();
			patterns_.back().length = p.size();
		}
		for (const source &s : o.sources) {
			check(s.path_, "a source's path", subject::source, sources_.size());
			string(s.name_, "a source's name", subject::source, sources_.size());
			sources_.emplace_back();
			s.fill(sources_.back());
			keep(s.owner_);
		}
		for (const overlay &v : o.overlays) {
			check(v.path_, "an overlay's path", subject::overlay, overlays_.size());
			overlays_.emplace_back();
			overlays_.back().path = v.path_.c_str();
			overlays_.back().data = v.text_.data();
			overlays_.back().size = v.text_.size();
			overlays_.back().flags = static_cast<std::uint32_t>(v.flags_);
			keep(v.owner_);
		}
		raw.patterns = patterns_.data();
		raw.pattern_count = patterns_.size();
		raw.sources = sources_.data();
		raw.source_count = sources_.size();
		raw.overlays = overlays_.data();
		raw.overlay_count = overlays_.size();
	}
	void take_walk(const walk &w)
	{
		walk_.flags = static_cast<std::uint32_t>(w.flags);
		walk_.max_depth = w.max_depth;
		walk_.max_file_size = w.max_file_size;
		for (const glob &g : w.globs) {
			check(g.text, "a glob", subject::glob, globs_.size());
			globs_.emplace_back();
			globs_.back().text = g.text.c_str();
			globs_.back().flags = static_cast<std::uint32_t>(g.flags);
			globs_.back().group = g.group;
		}
		take_names(w.ignore_files, ignore_files_, "an ignore file's path", subject::ignore_file);
		take_names(w.git_configs, git_configs_, "the path of a git configuration", subject::git_config);
		walk_.globs = globs_.data();
		walk_.glob_count = globs_.size();
		walk_.ignore_files = ignore_files_.data();
		walk_.ignore_file_count = ignore_files_.size();
		walk_.git_configs = git_configs_.data();
		walk_.git_config_count = git_configs_.size();
		walk_.git_excludes = string(w.git_excludes, "walk.git_excludes", subject::none, 0);
		walk_.home = string(w.home, "walk.home", subject::none, 0);
	}
	void take_names(const std::vector<std::string> &names, std::vector<const char *> &to, std::string_view what,
			subject where)
	{
		for (const std::string &name : names) {
			check(name, what, where, to.size());
			to.push_back(name.c_str());
		}
	}
	void keep(const std::shared_ptr<const std::string> &text)
	{
		if (text)
			texts.push_back(text);
	}

	::search_walk walk_;
	std::vector<::search_pattern> patterns_;
	std::vector<::search_source> sources_;
	std::vector<::search_overlay> overlays_;
	std::vector<::search_glob> globs_;
	std::vector<const char *> ignore_files_;
	std::vector<const char *> git_configs_;
};

} // namespace detail

/* --- The search --- */

class [[nodiscard]] search {
public:
	/* How many items next_many() takes at most unless told otherwise. */
	static constexpr std::size_t most = 256;

	search() noexcept = default; /* empty */

	/* Empty if it fails; `why` says why. */
	static search open(const options &o, failure &why) noexcept
	{
		search s;
		why = failure();
		PSEARCH_TRY
		{
			s.start(o, why);
		}
		PSEARCH_CATCH_ALL
		{
			why = failure(status::enomem);
		}
		if (why)
			s.close();
		return s;
	}

	/* Gets the next item: waits for it, or helps to find it. status::item, ok at the end, or a failure. */
	[[nodiscard]] status next(item &i) & noexcept { return take(::search_next, i); }
	/* The same without waiting: status::eagain if nothing is ready. */
	[[nodiscard]] status try_next(item &i) & noexcept { return take(::search_try_next, i); }
	/* Several at once, those that are at hand: status::item if there are any. */
	[[nodiscard]] status next_many(batch &b, std::size_t count = most) & noexcept
	{
		return take_many(::search_next_many, b, count);
	}
	[[nodiscard]] status try_next_many(batch &b, std::size_t count = most) & noexcept
	{
		return take_many(::search_try_next_many, b, count);
	}
	/* A word that says where the search stands: for options.resume and options.until. */
	[[nodiscard]] status cursor(std::string &word) const noexcept
	{
		PSEARCH_TRY
		{
			for (word.resize(255);;) {
				const int length = ::search_cursor(raw(), word.data(), word.size() + 1);
				const bool fits = length < 0 || static_cast<std::size_t>(length) <= word.size();
				word.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
				if (fits)
					return length < 0 ? static_cast<status>(length) : status::ok;
			}
		}
		PSEARCH_CATCH_ALL
		{
			return status::enomem;
		}
	}
	/* A descriptor that polls readable when try_next() has something to say. It is the library's. */
	[[nodiscard]] status fd(int &descriptor) const noexcept
	{
		descriptor = ::search_fd(raw());
		return descriptor < 0 ? static_cast<status>(descriptor) : status::ok;
	}
	status stats(statistics &all) const noexcept
	{
		all = SEARCH_STATS_INIT;
		return static_cast<status>(::search_stats(raw(), &all));
	}

#ifdef __cpp_exceptions
	[[nodiscard]] explicit search(const options &o)
	{
		failure why;
		start(o, why);
		if (why)
			throw error(why);
	}
	/* An empty item at the end. */
	[[nodiscard]] item next() &
	{
		item i;
		check(next(i));
		return i;
	}
	/* Empty at the end. */
	[[nodiscard]] batch next_many(std::size_t count = most) &
	{
		batch b;
		check(next_many(b, count));
		return b;
	}
	[[nodiscard]] std::string cursor() const
	{
		std::string word;
		check(cursor(word));
		return word;
	}
	[[nodiscard]] int fd() const
	{
		int descriptor = -1;
		check(fd(descriptor));
		return descriptor;
	}
	[[nodiscard]] statistics stats() const
	{
		statistics all;
		check(stats(all));
		return all;
	}
	/* Throws if the status is a failure: what next_source threw, or else an error. eagain is none. */
	void check(status s) const
	{
		if (static_cast<int>(s) >= 0 || s == status::eagain)
			return;
		if (s == status::esource && state_ && state_->thrown)
			std::rethrow_exception(state_->thrown);
		if (s == status::esource && state_ && state_->problem)
			throw error(state_->problem);
		throw error(failure(s));
	}

	class iterator {
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = item;
		using difference_type = std::ptrdiff_t;
		using pointer = const item *;
		using reference = const item &;
		iterator() noexcept = default; /* the end */
		explicit iterator(search &s) : search_(&s) { ++*this; }
		reference operator*() const noexcept { return item_; }
		pointer operator->() const noexcept { return &item_; }
		iterator &operator++()
		{
			item_ = search_->next();
			if (!item_)
				search_ = nullptr;
			return *this;
		}
		void operator++(int) { ++*this; } /* the item before is gone: there is no iterator to return */
		friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.search_ == b.search_; }
		friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.search_ != b.search_; }

	private:
		search *search_ = nullptr;
		item item_;
	};
	/* One pass: begin() takes an item. A temporary in a range-for lives as long as the loop, and nowhere else. */
	[[nodiscard]] iterator begin() & { return iterator(*this); }
	[[nodiscard]] iterator end() & noexcept { return iterator(); }
#endif

	/* From any thread while the search is open, and from a signal handler: the next call returns ecanceled. */
	void cancel() const noexcept { ::search_cancel(raw()); }
	/* Ends the search at any moment, and makes this empty. */
	void close() noexcept { state_.reset(); }
	explicit operator bool() const noexcept { return state_ != nullptr; }
	psearch::outcome outcome() const noexcept { return static_cast<psearch::outcome>(::search_outcome(raw())); }
	/* Whether one of the patterns can never match, and which is the first of these. */
	psearch::never never(std::size_t *pattern = nullptr) const noexcept
	{
		return static_cast<psearch::never>(::search_never(raw(), pattern));
	}
	std::size_t group_count(std::size_t pattern) const noexcept { return ::search_group_count(raw(), pattern); }
	/* From 1; empty if it has none. Valid until the search is closed. */
	std::string_view group_name(std::size_t pattern, std::size_t number) const noexcept
	{
		const char *name = ::search_group_name(raw(), pattern, number);
		return name != nullptr ? name : std::string_view();
	}
	/* The groups of one span of an item of this search, from group 1 on. */
	view<group> groups(const item &i, const span &s) const noexcept
	{
		const std::size_t count = group_count(s.pattern);
		if (i.groups().size() < s.first_group + count)
			return view<group>();
		return view<group>(i.groups().data() + s.first_group, count);
	}
	::search *raw() const noexcept { return state_ ? state_->handle : nullptr; }

private:
	void start(const options &o, failure &why)
	{
		detail::arguments a(o);
		if (a.problem) {
			why = a.problem;
			return;
		}
		state_ = std::make_unique<detail::state>();
		state_->texts = std::move(a.texts);
		state_->next_source = o.next_source;
		if (state_->next_source) {
			a.raw.next_source = detail::state::give;
			a.raw.next_source_context = state_.get();
		}
		::search_open(&state_->handle, &a.raw, why.raw());
	}
	template <class function> status take(function f, item &i) noexcept
	{
		const ::search_item *one = nullptr;
		const int rc = f(raw(), &one);
		i = item(one);
		return static_cast<status>(rc);
	}
	template <class function> status take_many(function f, batch &b, std::size_t count) noexcept
	{
		const ::search_item *const *items = nullptr;
		const int rc = f(raw(), &items, count);
		b = rc > 0 ? batch(items, static_cast<std::size_t>(rc)) : batch();
		return rc > 0 ? status::item : static_cast<status>(rc);
	}

	std::unique_ptr<detail::state> state_;
};

/* --- Without a search --- */

/* How a search with these options would look for its patterns, and why. Nothing is opened. */
[[nodiscard]] inline status explain(const options &o, std::string &text, failure &why) noexcept
{
	PSEARCH_TRY
	{
		const detail::arguments a(o);
		why = a.problem;
		if (why)
			return why.code();
		text.resize(65535); /* it is shorter */
		const int length = ::search_explain(&a.raw, text.data(), text.size() + 1, why.raw());
		text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
		return length < 0 ? static_cast<status>(length) : status::ok;
	}
	PSEARCH_CATCH_ALL
	{
		why = failure(status::enomem);
		return why.code();
	}
}

#ifdef __cpp_exceptions
[[nodiscard]] inline std::string explain(const options &o)
{
	std::string text;
	failure why;
	if (explain(o, text, why) != status::ok)
		throw error(why);
	return text;
}
#endif

/* What the library that is loaded can do, and its version. All strings are static. */
inline build_info build() noexcept
{
	build_info b = SEARCH_BUILD_INIT;
	::search_build(&b);
	return b;
}

inline const char *version() noexcept { return ::search_version(); }

} // namespace psearch

#undef PSEARCH_TRY
#undef PSEARCH_CATCH_ALL

#endif
