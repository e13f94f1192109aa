-- SPDX-License-Identifier: BSD-2-Clause
--[[
finder - a finder as telescope.nvim wants it: an object that is called with each prompt, and has close().

It calls process_result(entry) for each line, in order, until that returns true, and process_complete() at the end. A
call ends the search of the call before.
]]
local rows = require("psearch.rows")
local search = require("psearch.search")
local M = {}

local Finder = {}
Finder.__index = Finder

local function display(entry, picker)
  local window = picker and picker.results_win
  local width = window and vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_width(window) or vim.o.columns
  local text, look = rows.show(entry.value, width - 2) -- without the sign of the selected line
  local highlights = { { { 0, look.path_end }, "PsearchPath" }, { { look.line_begin, look.line_end }, "PsearchLine" } }
  for i = 1, #look.marks, 2 do
    highlights[#highlights + 1] = { { look.marks[i], look.marks[i + 1] }, "PsearchMatch" }
  end
  return text, highlights
end

function M.entry(row)
  return {
    value = row,
    ordinal = row.name .. ":" .. row.line .. ":" .. row.text,
    display = display,
    filename = row.path,
    path = row.path,
    lnum = row.line,
    col = (row.spans[1] or 0) + 1,
    colend = row.spans[2] and row.spans[2] + 1 or nil,
    text = row.text,
  }
end

local function say(message)
  vim.api.nvim_echo({ { message, "ErrorMsg" } }, false, {})
end

function Finder:close()
  if self.search then
    self.search:close()
    self.search = nil
  end
end

function Finder:__call(prompt, process_result, process_complete)
  self:close()
  if not prompt or prompt == "" then
    return process_complete()
  end
  local request = vim.tbl_extend("force", self.base, { pattern = prompt })
  local lib, make, refused = require("psearch.library").get(), rows.maker(request), false
  local problem
  self.search, problem = search.open(request, {
    item = function(item)
      if item.kind == lib.SEARCH_ITEM_MATCH and not refused then
        refused = process_result(M.entry(make(item))) == true
      end
    end,
    flush = function()
      if refused then
        self:close()
      end
    end,
    done = function(how)
      if how.message then
        say("psearch: " .. how.message)
      end
      process_complete()
    end,
  })
  if problem then
    say("psearch: " .. problem.reason)
    process_complete()
  end
end

-- arguments: options and paths, as after :PsearchLive. cwd: where to search, instead of the current directory.
function M.new(arguments, cwd)
  local base = require("psearch.arguments").parse(arguments or "", true)
  base.live, base.skip_binary, base.limit = true, true, base.limit or vim.g.psearch_live_limit or 500
  base.cwd = cwd and vim.fn.fnamemodify(cwd, ":p"):gsub("(.)/$", "%1") or base.cwd
  return setmetatable({ base = base }, Finder)
end

return M
