-- SPDX-License-Identifier: BSD-2-Clause
--[[
results - the rows for a pattern that changes while its search runs.

`fresh` are rows that the running search has delivered: the first lines, in order, that match. `rows` is what is to be
shown: the same, once the search has caught up; until then those rows of the pattern before that match the new one, too
(see narrow.lua), or if nothing is known, the rows of the pattern before, and `stale` says so. So the list is not empty
while a search is on its way to what was shown already, and never shows as a match what is not one.

Most patterns grow by a letter. A search that has passed thousands of files need not begin again then: as all lines that
match "mutex_l" are among those that match "mutex_", the search for "mutex_" goes on, and what it brings is narrowed.
Only if it brings so much that sifting would take longer than searching, a new one begins. A search that has brought as
many rows as the list takes is not closed but left waiting, so that it, too, can go on.
]]
local ffi = require("ffi")
local bit = require("bit")
local library = require("psearch.library")
local narrow = require("psearch.narrow")
local rows = require("psearch.rows")
local search = require("psearch.search")
local M = {}

-- When a search does not go on but begins again: it has passed so few files that little is lost, or brings so many rows
-- for each file that sifting them is no gain. The results are the same.
M.few_files, M.dense = 500, 1
local FRESH_NS = 5e9 -- what was found longer ago is searched for again, as files may have changed

local Results = {}
Results.__index = Results

-- base: a request without pattern and limit. limit: how many rows are to be shown. on_change(first): rows from this one
-- on have changed; nil: only what is said of them.
function M.new(base, limit, on_change)
  return setmetatable({
    base = base, limit = limit, on_change = on_change, request = { pattern = "" }, rows = {}, fresh = {},
    errors = 0, stale = false,
  }, Results)
end

-- How many rows are to be shown: there may be some more.
function Results:count()
  return math.min(#self.rows, self.limit)
end

-- Are there more lines than are shown?
function Results:more()
  return #self.rows > self.limit
end

function Results:show(list)
  self.rows, self.rows_request, self.stale = list, self.request, false
  self.on_change(1)
end

-- Nothing is known of what matches now: what was shown stays, as what it is.
function Results:keep_stale()
  self.stale = true
  self.on_change(nil)
end

-- What the search has delivered takes the place of what was shown, once it reaches as far.
function Results:catch_up(shown_before)
  if self.rows == self.fresh then
    self.on_change(#self.fresh > shown_before and shown_before + 1 or nil)
  elseif self.how or (self.stale and #self.fresh > 0) or (not self.stale and #self.fresh >= #self.rows) then
    self:show(self.fresh)
  else
    self.on_change(nil)
  end
end

function Results:note_error(item)
  if bit.band(item.flags, library.get().SEARCH_ITEM_FLAG_NOTE) == 0 then
    self.errors = self.errors + 1
    self.first_error = self.first_error or ffi.string(item.path) .. ": " .. ffi.string(item.message)
  end
end

-- Takes in what came in one slice. If the search is for a shorter pattern, only what matches the longer one.
function Results:flush(found)
  local before, decided = #self.fresh, true
  if self.search.request ~= self.request then
    found, decided = narrow.rows(found, self.request)
  end
  if not decided then
    local problem = self:begin()
    if problem then
      self.how = { message = problem.message, files = 0, seconds = 0 }
      self:catch_up(0)
    end
    return
  end
  vim.list_extend(self.fresh, found)
  if #self.fresh > self.limit then
    self.search:pause()
    self.rested = vim.loop.hrtime()
  end
  self:catch_up(before)
end

function Results:sink(request)
  local lib, make, found = library.get(), rows.maker(request), {}
  return {
    item = function(item)
      if item.kind == lib.SEARCH_ITEM_MATCH then
        found[#found + 1], self.taken = make(item), self.taken + 1
      elseif item.kind == lib.SEARCH_ITEM_ERROR then
        self:note_error(item)
      end
    end,
    flush = function()
      local list = found
      found = {}
      self:flush(list)
    end,
    done = function(how)
      self.how, self.rested = how, vim.loop.hrtime()
      self:catch_up(#self.fresh)
    end,
  }
end

function Results:close()
  if self.search then
    self.search:close()
    self.search = nil
  end
end

-- Begins a search for the pattern. Returns the problem if there is one.
function Results:begin()
  local problem
  self:close()
  self.fresh, self.how, self.rested, self.errors, self.first_error, self.taken = {}, nil, nil, 0, nil, 0
  self.search, problem = search.open(self.request, self:sink(self.request))
  if self.search then
    for _, text in ipairs(self.search.refused) do
      self.errors, self.first_error = self.errors + 1, self.first_error or text
    end
  end
  return problem
end

-- Can the search go on for a pattern that extends its own?
function Results:can_go_on()
  if not self.search or (self.rested and vim.loop.hrtime() - self.rested > FRESH_NS) then
    return false
  end
  if self.how then
    return not self.how.message
  end
  local files = self.search:files()
  return files >= M.few_files and self.taken < M.dense * files
end

-- The search goes on for the pattern, after those of its rows that match. False: these cannot be told.
function Results:go_on()
  local known, decided = narrow.rows(self.fresh, self.request)
  if not decided then
    return false
  end
  self.fresh = known
  if #known <= self.limit then
    self.search:resume()
    self.rested = self.how and self.rested
  end
  return true
end

-- Another pattern. Returns the problem if it cannot be searched for.
function Results:set(pattern)
  local old = self.request
  self.request = vim.tbl_extend("force", self.base, { pattern = pattern })
  if pattern == "" then
    self:close()
    self.fresh, self.how, self.errors = {}, nil, 0
    self:show(self.fresh)
    return nil
  end
  local caught_up = self.rows == self.fresh
  local goes_on = narrow.extends(old, self.request) and self:can_go_on() and self:go_on()
  local problem = not goes_on and self:begin() or nil
  if problem then
    self:keep_stale()
  elseif goes_on and caught_up then
    self:show(self.fresh)
  elseif self.rows_request and narrow.extends(self.rows_request, self.request) then
    local same = self.rows_request.pattern == pattern
    self:show(same and self.rows or (narrow.rows(self.rows, self.request)))
    self:catch_up(0)
  else
    self:keep_stale()
    self:catch_up(0)
  end
  return problem
end

return M
