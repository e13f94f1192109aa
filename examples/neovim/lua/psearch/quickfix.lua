-- SPDX-License-Identifier: BSD-2-Clause
--[[
quickfix - a search into a quickfix list of its own, in order, as results come.

An entry costs Neovim a few microseconds, and more the more buffers there are, since it looks for the file's among all.
So how many entries come in one turn of the loop depends on what the last ones cost.
]]
local ffi = require("ffi")
local bit = require("bit")
local library = require("psearch.library")
local search = require("psearch.search")
local M = {}

local TURN_NS = 1.5e6 -- of adding entries, in one turn of the loop
local FIRST_ROOM = 32

local Filler = {}
Filler.__index = Filler

local function thousands(number)
  return (tostring(number):reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end
M.thousands = thousands

-- "first 10,000 lines of more", "1 line".
function M.count(lines, more)
  local text = thousands(lines) .. (lines == 1 and " line" or " lines")
  return more and "first " .. text .. " of more" or text
end

function Filler:entry(item)
  local lib, kind = self.lib, item.kind
  local name = ffi.string(item.path, item.path_length)
  if name ~= self.last_name then
    self.last_name, self.last_path = name, search.absolute(name, self.request.cwd)
  end
  local entry = { filename = self.last_path, lnum = tonumber(item.line), vcol = 0, valid = 1 }
  if kind == lib.SEARCH_ITEM_MATCH then
    entry.text = ffi.string(item.text, item.length)
    entry.col = 1
    if item.span_count > 0 then
      local first = item.spans[0]
      entry.col, entry.end_lnum, entry.end_col = tonumber(first.begin) + 1, entry.lnum, tonumber(first["end"]) + 1
    end
  elseif kind == lib.SEARCH_ITEM_BINARY then
    entry.text, entry.type = "binary file matches", "I"
  else
    local is_note = bit.band(item.flags, lib.SEARCH_ITEM_FLAG_NOTE) ~= 0
    entry.text, entry.type = ffi.string(item.message), is_note and "I" or "E"
    entry.valid = entry.lnum > 0 and 1 or 0
  end
  return entry
end

function Filler:item(item)
  local kind, lib = item.kind, self.lib
  if kind == lib.SEARCH_ITEM_MATCH or kind == lib.SEARCH_ITEM_BINARY then
    self.lines = self.lines + 1
  elseif kind ~= lib.SEARCH_ITEM_ERROR then
    return
  elseif bit.band(item.flags, lib.SEARCH_ITEM_FLAG_NOTE) == 0 then
    self.errors = self.errors + 1
  end
  self.pending[#self.pending + 1] = self:entry(item)
end

function Filler:flush()
  local count = #self.pending
  if count == 0 then
    return
  end
  local began = vim.loop.hrtime()
  -- It fails if the list is gone, as after ten younger ones.
  local gone = vim.fn.setqflist({}, "a", { id = self.id, items = self.pending }) ~= 0
  self.room = math.max(1, math.min(2 * count, math.floor(TURN_NS * count / (vim.loop.hrtime() - began))))
  self.pending = {}
  if gone then
    self.search:close()
    self:finish({ message = "the quickfix list is gone" })
  end
end

function Filler:finish(how)
  self.how = how
  local parts = { M.count(self.lines, how.more) }
  if self.errors > 0 then
    parts[#parts + 1] = thousands(self.errors) .. (self.errors == 1 and " error" or " errors")
  end
  if how.message then
    parts[#parts + 1] = how.message
  end
  self.summary = table.concat(parts, ", ")
  vim.fn.setqflist({}, "a", { id = self.id, title = self.title .. " (" .. self.summary .. ")" })
  local failed = self.errors > 0 or how.message
  vim.api.nvim_echo({ { "psearch: " .. self.summary, failed and "WarningMsg" or "None" } }, true, {})
  vim.cmd("silent doautocmd <nomodeline> User PsearchDone")
end

-- Ends the search; what was found stays.
function Filler:stop()
  if not self.how then
    self.search:close()
    self:finish({ message = "stopped" })
  end
end

-- What a status line may show while the search runs.
function Filler:status()
  return "psearch: " .. M.count(self.lines, false) .. " …"
end

local function sink_of(filler)
  return {
    room = function()
      return filler.room
    end,
    item = function(item)
      filler:item(item)
    end,
    flush = function()
      filler:flush()
    end,
    done = function(how)
      filler:finish(how)
    end,
  }
end

-- Searches into a new quickfix list, which becomes the current one. Returns what runs; or nil and the problem.
function M.start(request, title)
  local self = setmetatable({
    lib = library.get(), request = request, pending = {}, lines = 0, errors = 0, room = FIRST_ROOM,
    title = title:gsub("%z", "^@"), -- with a NUL it would be no string to Vim
  }, Filler)
  local problem
  self.search, problem = search.open(request, sink_of(self))
  if not self.search then
    return nil, problem
  end
  vim.fn.setqflist({}, " ", { title = self.title, nr = "$" })
  self.id = vim.fn.getqflist({ nr = "$", id = 0 }).id
  for _, text in ipairs(self.search.refused) do
    self.errors = self.errors + 1
    self.pending[#self.pending + 1] = { text = text, type = "E", valid = 0 }
  end
  return self
end

return M
