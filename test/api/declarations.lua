-- SPDX-License-Identifier: BSD-2-Clause
-- declarations.lua BUILD LAYOUT: all of psearch.cdef in LuaJIT, and psearch.json as far as a pattern reads it. Called by
-- test_declarations.sh.
local ffi = require("ffi")
local build, layout = arg[1], arg[2]
local bad = 0

local function expect(what, is, should)
	if is ~= should then
		bad = bad + 1
		print(("LuaJIT: %s is %s, should be %s"):format(what, tostring(is), tostring(should)))
	end
end

local function read(name)
	local file = assert(io.open(name))
	local text = file:read("*a")
	file:close()
	return text
end

ffi.cdef(read(build .. "/psearch.cdef"))
local lib = ffi.load(build .. "/libpsearch.so.1")

-- Sizes and offsets.
local count = 0
for name, value in read(layout .. (ffi.abi("64bit") and "/structs-m64" or "/structs-m32")):gmatch("(%S+) (%d+)\n") do
	local struct, field = name:match("^([a-z_]+)%.([a-z_0-9]+)$")
	local type = "struct " .. (struct or name)
	expect(name, field and ffi.offsetof(type, field) or ffi.sizeof(type), tonumber(value))
	count = count + 1
end
expect("many sizes and offsets", count > 150, true)

-- Constants: what the layout has as -1 may be UINT32_MAX or SIZE_MAX.
local data, constants = read(build .. "/psearch.json"), {}
for name, value in data:gmatch('"(SEARCH_[A-Z0-9_]+)": ("?[-%w_]+"?)') do constants[name] = value end
count = 0
for name, value in read(layout .. "/constants"):gmatch("(%S+) (%-?%d+)\n") do
	if constants[name] == '"SIZE_MAX"' then
		expect(name .. " among the declarations", pcall(function() return ffi.C[name] end), false)
		expect(name, value, "-1")
	else
		expect(name, tonumber(ffi.C[name]) % 2 ^ 32, tonumber(value) % 2 ^ 32)
		expect(name .. " in psearch.json", tonumber(constants[name]), tonumber(ffi.C[name]))
	end
	count = count + 1
end
expect("many constants", count > 100, true)
expect("the version", ffi.string(lib.search_version()),
	("%d.%d.%d"):format(lib.SEARCH_VERSION_MAJOR, lib.SEARCH_VERSION_MINOR, lib.SEARCH_VERSION_PATCH))
expect("search_version() in psearch.json", data:match('"version": "([%d.]+)"'), ffi.string(lib.search_version()))

-- A search of memory, with flags, and the statistics of it.
local text, needle = "one\ntwo Needles\n", "needle"
local pattern = ffi.new("struct search_pattern[1]", { { text = needle, length = #needle } })
local source = ffi.new("struct search_source[1]", { { kind = "SEARCH_SOURCE_MEMORY", data = text, size = #text } })
local options = ffi.new("struct search_options[1]")
lib.search_options_init(options, ffi.sizeof(options))
options[0].patterns, options[0].pattern_count = pattern, 1
options[0].sources, options[0].source_count = source, 1
options[0].match_flags = bit.bor(lib.SEARCH_MATCH_IGNORE_CASE, lib.SEARCH_MATCH_FIXED)
options[0].result_flags = lib.SEARCH_RESULT_FILE_ENDS
options[0].workers = lib.SEARCH_NO_WORKERS
local out, item = ffi.new("struct search *[1]"), ffi.new("const struct search_item *[1]")
expect("search_open", lib.search_open(out, options, nil), 0)
local search, kinds = out[0], {}
while lib.search_next(search, item) == lib.SEARCH_ITEM do
	kinds[#kinds + 1] = tonumber(item[0].kind)
	if item[0].kind == lib.SEARCH_ITEM_MATCH then
		expect("the line", ffi.string(item[0].text, item[0].length), "two Needles")
		expect("its number", tonumber(item[0].line), 2)
		expect("the match", tonumber(item[0].spans[0].begin) .. "-" .. tonumber(item[0].spans[0]["end"]), "4-10")
	end
end
expect("the items", table.concat(kinds, " "),
	tonumber(lib.SEARCH_ITEM_MATCH) .. " " .. tonumber(lib.SEARCH_ITEM_FILE_END))
local stats = ffi.new("struct search_stats[1]")
lib.search_stats_init(stats, ffi.sizeof(stats))
expect("search_stats", lib.search_stats(search, stats), 0)
expect("its matches", tonumber(stats[0].matches), 1)
lib.search_close(search)
os.exit(bad == 0 and 0 or 1)
