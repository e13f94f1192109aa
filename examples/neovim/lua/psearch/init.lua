-- SPDX-License-Identifier: BSD-2-Clause
-- psearch - what the commands do, and what a configuration may call. doc/psearch.txt describes it.
local M = {}

local running -- the latest search into the quickfix list

local function complain(message)
  vim.api.nvim_echo({ { message, "ErrorMsg" } }, true, {})
end

local function pattern_message(request, problem)
  if not problem.at then
    return "psearch: " .. problem.message
  end
  local rest = request.pattern:sub(problem.at + 1)
  return ("psearch: %s: %s"):format(rest == "" and "at the pattern's end" or 'at "' .. rest .. '"', problem.reason)
end

local function end_at_exit()
  vim.cmd([[
    augroup psearch
      autocmd!
      autocmd VimLeavePre * lua require("psearch").shutdown()
    augroup END
  ]])
end

-- Searches, and fills a quickfix list. `arguments` is text as after :Psearch, or a request as arguments.parse() makes
-- it. options.window: opens the list's window. Returns whether the search has begun.
function M.quickfix(arguments, options)
  local is_text = type(arguments) == "string"
  local ok, request = true, arguments
  if is_text then
    ok, request = pcall(require("psearch.arguments").parse, arguments)
  end
  if not ok then
    complain(request)
    return false
  end
  local called, started, problem = pcall(function()
    request = vim.tbl_extend("keep", request, { limit = vim.g.psearch_limit or 10000 }) -- the caller's stays as it is
    return require("psearch.quickfix").start(request, ":Psearch " .. (is_text and arguments or request.pattern))
  end)
  if not called or not started then
    complain(called and pattern_message(request, problem) or started)
    return false
  end
  end_at_exit()
  M.stop()
  running = started
  if options and options.window then
    vim.cmd("botright copen | wincmd p")
  end
  return true
end

-- Opens the window in which one searches while typing. `arguments`: options and paths, as text.
function M.live(arguments)
  local ok, problem = pcall(function()
    local request = require("psearch.arguments").parse(arguments or "", true)
    require("psearch.library").pool()
    local limit = request.limit or vim.g.psearch_live_limit or 500
    request.limit = nil
    require("psearch.live").open(request, limit)
  end)
  if not ok then
    complain(problem)
    return
  end
  end_at_exit()
end

-- Ends the search into the quickfix list; what was found stays.
function M.stop()
  if running then
    running:stop()
  end
end

-- For 'statusline': "psearch: 1,234 lines …" while a search fills the quickfix list, else "".
function M.statusline()
  return running and not running.how and running:status() or ""
end

-- How the last search into the quickfix list ended: { lines, errors, more, message, files, seconds }; nil meanwhile.
function M.result()
  if running and running.how then
    return vim.tbl_extend("error", { lines = running.lines, errors = running.errors }, running.how)
  end
end

-- Ends all searches and the pool's threads. The next search makes a new pool.
function M.shutdown()
  require("psearch.live").close()
  require("psearch.search").close_all()
end

return M
