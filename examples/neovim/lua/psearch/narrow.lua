-- SPDX-License-Identifier: BSD-2-Clause
--[[
narrow - what rows that are shown already say about a longer pattern.

The rows are the first lines, in order, that match the old pattern. If every line that matches the new pattern matches
the old one, too, then those of the rows that match the new pattern are the first lines, in order, that match it: what a
search for it would deliver, exactly, for this part of the tree. That holds if

  - both are strings, or expressions that are strings, and the old one begins the new one;
  - both searches are of the same files, and neither is for whole words or lines, or inverted;
  - the new one ignores case only if the old one does, and no character that stands for two letters (in "Maß" for "ss")
    can match across the place where the old pattern ends. (Such a line matches "mass", but not "mas".)

Whether a row matches, and where, the library says, which searches the rows' texts: so it is right for any rule of case
folding. That is done on Neovim's thread, for at most some thousand rows at a time: a millisecond or two.
]]
local ffi = require("ffi")
local bit = require("bit")
local library = require("psearch.library")
local rows_of = require("psearch.rows")
local search = require("psearch.search")
local M = {}

local AT_ONCE = 256 -- items for one call

local function is_string(request)
  return request.fixed or not request.pattern:find("[\\^$.|?*+()%[%]{}]")
end

local same = { "cwd", "all", "hidden", "skip_binary", "invert", "word", "line" }

local function same_files(old, new)
  for _, field in ipairs(same) do
    if old[field] ~= new[field] then
      return false
    end
  end
  return vim.deep_equal(old.paths, new.paths) and vim.deep_equal(old.globs, new.globs)
end

-- Pairs of letters that one character may stand for, or which are part of three for which one may.
local folds = { ss = true, ff = true, fi = true, fl = true, st = true }

-- Can a match of the new pattern that ignores case have one character on both sides of its byte `at`?
local function may_fold_across(pattern, at)
  local pair = pattern:sub(at, at + 1):lower()
  return folds[pair] or pair:find("[\128-\255]") ~= nil
end

-- Does every line that matches `new` match `old`?
function M.extends(old, new)
  local length = #old.pattern
  if length == 0 or new.invert or new.word or new.line or not is_string(old) or not is_string(new) or
    new.pattern:sub(1, length) ~= old.pattern or not same_files(old, new) then
    return false
  end
  if not search.ignores_case(new) then
    return true
  end
  return search.ignores_case(old) and (#new.pattern == length or not may_fold_across(new.pattern, length))
end

-- What the open search borrows. A local variable might be collected: C does not keep it alive.
local borrowed = {}

local function open_texts(lib, request, texts)
  local flags = search.match_flags(lib, request)
  local options, out = ffi.new("struct search_options[1]"), ffi.new("struct search *[1]")
  borrowed.text, borrowed.texts = request.pattern, texts
  borrowed.patterns, borrowed.sources = ffi.new("struct search_pattern[1]"), ffi.new("struct search_source[1]")
  lib.search_options_init(options, ffi.sizeof(options))
  local pattern, source, o = borrowed.patterns[0], borrowed.sources[0], options[0]
  pattern.text, pattern.length = request.pattern, #request.pattern
  source.kind, source.data, source.size = lib.SEARCH_SOURCE_MEMORY, texts, #texts
  o.patterns, o.pattern_count = borrowed.patterns, 1
  o.sources, o.source_count = borrowed.sources, 1
  o.workers = lib.SEARCH_NO_WORKERS
  -- Without a NUL no text is binary; and a \r at the end of a row's text is of the text.
  o.match_flags = bit.band(flags, bit.bnot(bit.bor(lib.SEARCH_MATCH_SKIP_BINARY, lib.SEARCH_MATCH_CRLF)))
  return lib.search_open(out, options, nil) == lib.SEARCH_OK and out[0] or nil
end

-- A row with the spans that an item of the joined texts has.
local function with_spans(row, item)
  return {
    path = row.path, name = row.name, line = row.line, offset = row.offset, text = row.text, from = row.from,
    spans = rows_of.spans(item, row.from), cut = row.cut,
  }
end

-- Those of the rows that match `new`, with the spans of that; and whether all rows were decided: a row that is cut, and
-- what comes after it, is not. `new` has to extend what the rows match.
function M.rows(rows, new)
  local lib, texts = library.get(), {}
  for i, row in ipairs(rows) do
    if row.cut then
      break
    end
    texts[i] = row.text
  end
  local found, items = {}, ffi.new("const struct search_item *const *[1]")
  local handle = open_texts(lib, new, table.concat(texts, "\n"))
  if not handle then
    return found, false
  end
  local count = lib.search_next_many(handle, items, AT_ONCE)
  while count > 0 do
    for i = 0, count - 1 do
      local item = items[0][i]
      if item.kind == lib.SEARCH_ITEM_MATCH then
        found[#found + 1] = with_spans(rows[tonumber(item.line)], item)
      end
    end
    count = lib.search_next_many(handle, items, AT_ONCE)
  end
  lib.search_close(handle)
  borrowed = {}
  return found, #texts == #rows
end

return M
