-- SPDX-License-Identifier: BSD-2-Clause
-- What the tests in Neovim share. A test is a function given to main(), which ends Neovim with the right status.
local M = { dir = vim.env.TEST_DIR, build = vim.env.TEST_BUILD, top = vim.fn.getcwd() }

local failures = 0

local function say(...)
  io.stdout:write(string.format(...), "\n")
end
M.say = say

function M.that(what, holds)
  if not holds then
    failures = failures + 1
    say("wrong: %s", what)
  end
end

function M.equal(what, got, wanted)
  if not vim.deep_equal(got, wanted) then
    failures = failures + 1
    say("%s:\n  got    %s\n  wanted %s", what, vim.inspect(got):sub(1, 2000), vim.inspect(wanted):sub(1, 2000))
  end
end

-- Waits for what has to happen.
function M.wait(what, happened)
  if not vim.wait(30000, happened, 1) then
    error("it does not happen: " .. what)
  end
end

function M.write(path, text)
  vim.fn.mkdir(vim.fn.fnamemodify(path, ":h"), "p")
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

function M.count_entries(directory)
  local entries, handle = 0, vim.loop.fs_scandir(directory)
  while vim.loop.fs_scandir_next(handle) do
    entries = entries + 1
  end
  return entries
end

function M.main(test)
  vim.cmd("runtime plugin/psearch.lua")
  vim.o.shortmess = vim.o.shortmess .. "A"
  local ok, problem = xpcall(test, debug.traceback)
  if not ok then
    say("%s", problem)
  end
  vim.cmd(ok and failures == 0 and "qall!" or "cquit")
end

return M
