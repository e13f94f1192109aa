-- SPDX-License-Identifier: BSD-2-Clause
--[[
rows - matching lines as tables, and how one is shown in a list.

A row has:

  path, name    in full, and as it is shown
  line, offset  number, from 1, and where in the file the line begins
  text, from    the line, or if it is long a window of it that begins at byte `from`
  spans         b1, e1, b2, e2, ...: bytes of the line, from 0; what matches is from b up to, but not including, e
  cut           the text is not the whole line

All that Neovim highlights is counted in bytes, as spans are, so no column is ever converted. Cells of the screen only
decide how much of a long line is left out.
]]
local ffi = require("ffi")
local bit = require("bit")
local library = require("psearch.library")
local search = require("psearch.search")
local M = {}

local MOST_SPANS = 32 -- that are highlighted in one line
local MOST_CELLS = 8 -- that a byte takes: a tab, in a list
local BEFORE = 12 -- cells to be seen before a match, if the line's beginning is left out

-- What matches in an item's line; `from` is added to what the item says.
function M.spans(item, from)
  local spans = {}
  for i = 0, math.min(tonumber(item.span_count), MOST_SPANS) - 1 do
    spans[2 * i + 1] = tonumber(item.spans[i].begin) + from
    spans[2 * i + 2] = tonumber(item.spans[i]["end"]) + from
  end
  return spans
end

-- A function that makes rows of the items of one search.
function M.maker(request)
  local lib, last_name, last_path = library.get(), nil, nil
  return function(item)
    local name = ffi.string(item.path, item.path_length)
    if name ~= last_name then -- one string for all rows of a file
      last_name, last_path = name, search.absolute(name, request.cwd)
    end
    return {
      path = last_path,
      name = last_name,
      line = tonumber(item.line),
      offset = tonumber(item.offset),
      text = ffi.string(item.text, item.length),
      from = tonumber(item.text_offset),
      spans = M.spans(item, 0),
      cut = bit.band(item.flags, lib.SEARCH_ITEM_FLAG_WINDOW) ~= 0,
    }
  end
end

-- The first byte, from 1, of the character that holds byte `at`, or of the invalid byte itself.
local function character_start(text, at)
  local start = at
  while start > 1 and at - start < 3 and text:find("^[\128-\191]", start) do
    start = start - 1
  end
  return text:find("^[\192-\247]", start) and start or at
end

-- How many cells the text takes that begins at cell `column`. (To a function of Vim's, text with a NUL is no string.)
local function cells(text, column)
  return text:find("^[ -~]*$") and #text or vim.fn.strdisplaywidth((text:gsub("%z", "^@")), column)
end
M.cells = cells

-- Is the text, which begins at cell `column`, within `width` cells? Most is so short that nobody has to measure it.
local function is_within(text, column, width)
  return column + MOST_CELLS * #text <= width or column + cells(text, column) <= width
end

-- How many bytes of the text to leave out so that its first match is seen if the list has cells from `column` up to
-- `width`: none beyond `from`, if that is possible.
local function bytes_left_out(text, from, match_begin, match_end, column, width)
  local function fits(out)
    return is_within(text:sub(out + 1, match_end), column, width)
  end
  if match_end <= 0 or fits(from) then
    return from
  end
  local out = math.max(character_start(text, match_begin - BEFORE + 1) - 1, from)
  return fits(out) and out or match_begin
end

-- What a list `width` cells wide shows of a row: a text; and which bytes of it are the path, the line number, and
-- matches: `marks` is like spans.
function M.show(row, width)
  local name = row.name:gsub("\n", "^J") -- a line of a buffer has no newline
  local head = (name == "" and "" or name .. ":") .. row.line .. ": "
  local line_end = #head - 2
  local column = cells(head, 0)
  local first_begin, first_end = (row.spans[1] or 0) - row.from, (row.spans[2] or 0) - row.from
  local indent = math.max(math.min(#row.text:match("^[ \t]*"), first_begin), 0)
  local out = bytes_left_out(row.text, indent, first_begin, first_end, column + 1, width)
  if out > indent or row.from > 0 then
    head = head .. "…"
  end
  local text, shift, marks = head .. row.text:sub(out + 1), #head - out - row.from, {}
  for i, byte in ipairs(row.spans) do
    marks[i] = math.max(#head, math.min(byte + shift, #text))
  end
  return text, { path_end = #name, line_begin = line_end - #tostring(row.line), line_end = line_end, marks = marks }
end

return M
