-- SPDX-License-Identifier: BSD-2-Clause
--[[
preview - the lines around a row: of the buffer if the file is loaded, else of the file.

Of a file only a few kilobytes around the row are read, by the loop's own threads, so that neither a large file nor a
slow disk is felt. If the row is not found there, since the file has changed, or was decoded, its text is shown alone.
]]
local bit = require("bit")
local M = {}

local AROUND = 16384 -- bytes
local uv = vim.loop
local FLAGS = bit.bor(uv.constants.O_RDONLY, uv.constants.O_NONBLOCK) -- a pipe would keep a thread of the loop's

local function from_buffer(row, height)
  if vim.fn.bufloaded(row.path) == 0 then
    return nil
  end
  local first = math.max(row.line - 1 - math.floor(height / 2), 0)
  local lines = vim.api.nvim_buf_get_lines(vim.fn.bufadd(row.path), first, first + height, false)
  return lines[row.line - first] and { lines = lines, at = row.line - first } or nil
end

-- The lines of `data`, which begins at byte `start` of the file; nil if the row is not where it was.
local function from_data(row, data, start, height)
  local lines, at, begin = {}, nil, 1
  if start > 0 then -- the first line is not whole
    begin = (data:find("\n", 1, true) or #data) + 1
  end
  while begin <= #data do
    local stop = data:find("\n", begin, true) or #data + 1
    lines[#lines + 1] = data:sub(begin, stop - 1):gsub("\r$", "")
    if start + begin - 1 == row.offset then
      at = #lines
    end
    begin = stop + 1
  end
  if not at or lines[at]:sub(row.from + 1, row.from + #row.text) ~= row.text then
    return nil
  end
  local first = math.max(at - math.floor(height / 2), 1)
  return { lines = vim.list_slice(lines, first, math.min(first + height - 1, #lines)), at = at - first + 1 }
end

local function alone(row)
  return { lines = { row.text }, at = 1, from = row.from }
end

-- Reads, and calls done(data) with what there is, or with nil.
local function read_around(row, start, size, done)
  uv.fs_open(row.path, FLAGS, 0, function(_, descriptor)
    if not descriptor then
      return done(nil)
    end
    uv.fs_read(descriptor, size, start, function(_, data)
      uv.fs_close(descriptor, function() end)
      done(data)
    end)
  end)
end

-- Calls done(view), now or later: { lines, at = which of them is the row's, from = byte at which that line begins }.
function M.load(row, height, done)
  local view = from_buffer(row, height)
  if view then
    return done(view)
  end
  local start = math.max(row.offset - AROUND, 0)
  read_around(row, start, 2 * AROUND, vim.schedule_wrap(function(data)
    done(data and from_data(row, data, start, height) or alone(row))
  end))
end

return M
