-- SPDX-License-Identifier: BSD-2-Clause
--[[
first - prints the matching lines below PATH, and the matches in them: examples/first.c in LuaJIT, the Lua of Neovim.

	luajit examples/lua/first.lua PATTERN [PATH]

The declarations are read as they are from the file that `make install` puts beside psearch.h. PSEARCH_CDEF and
PSEARCH_LIBRARY name it and the library, if they are not those in build/. A process takes declarations only once: a
plugin that may be loaded again asks pcall(ffi.typeof, "struct search") before.
]]
local ffi = require("ffi")

local declarations = assert(io.open(os.getenv("PSEARCH_CDEF") or "build/psearch.cdef"))
ffi.cdef(declarations:read("*a"))
declarations:close()
local lib = ffi.load(os.getenv("PSEARCH_LIBRARY") or "build/libpsearch.so.1")

-- Strings and arrays that C is given must outlive the call: Lua may free what only C still points to.
local text, path = arg[1] or "main", arg[2] or "."
local pattern = ffi.new("struct search_pattern[1]", { { text = text, length = #text } })
local source = ffi.new("struct search_source[1]", { { kind = lib.SEARCH_SOURCE_PATH, path = path } })
local err = ffi.new("struct search_error[1]")
local options = ffi.new("struct search_options[1]")
lib.search_error_init(err, ffi.sizeof(err))
lib.search_options_init(options, ffi.sizeof(options))
options[0].patterns, options[0].pattern_count = pattern, 1
options[0].sources, options[0].source_count = source, 1

local out = ffi.new("struct search *[1]")
if lib.search_open(out, options, err) ~= lib.SEARCH_OK then
	io.stderr:write("first: ", ffi.string(err[0].message), "\n")
	os.exit(2)
end
local search = ffi.gc(out[0], lib.search_close)
local next_item, status = ffi.new("const struct search_item *[1]"), nil
repeat
	status = lib.search_next(search, next_item)
	local item = next_item[0] -- valid until the next call
	if status == lib.SEARCH_ITEM and item.kind == lib.SEARCH_ITEM_MATCH then
		local line, spans = ffi.string(item.text, item.length), {}
		local from = tonumber(item.text_offset) -- 0, unless the line is so long that this is a window of it
		for i = 0, tonumber(item.span_count) - 1 do
			spans[#spans + 1] = line:sub(tonumber(item.spans[i].begin) - from + 1, tonumber(item.spans[i]["end"]) - from)
		end
		print(ffi.string(item.path) .. ":" .. tonumber(item.line) .. ":" .. table.concat(spans, ","))
	elseif status == lib.SEARCH_ITEM and item.kind == lib.SEARCH_ITEM_ERROR then
		io.stderr:write("first: ", ffi.string(item.path), ": ", ffi.string(item.message), "\n")
	end
until status ~= lib.SEARCH_ITEM
lib.search_close(ffi.gc(search, nil))
os.exit(status == lib.SEARCH_OK and 0 or 2)
