-- SPDX-License-Identifier: BSD-2-Clause
-- :PsearchLive with what happens to few: odd names, patterns and arguments, windows that others close, no descriptors.
local check = dofile("test/hosts/neovim/check.lua")
local ffi = require("ffi")
local live = require("psearch.live")
local psearch = require("psearch")
local search = require("psearch.search")
local api = vim.api
local tree = check.dir .. "/live"

local function floating()
  return vim.tbl_filter(function(window)
    return api.nvim_win_get_config(window).relative ~= ""
  end, api.nvim_list_wins())
end

-- The lines of the prompt, the list and the preview.
local function shown()
  local lines = {}
  for _, window in ipairs(floating()) do
    lines[#lines + 1] = table.concat(api.nvim_buf_get_lines(api.nvim_win_get_buf(window), 0, -1, true), "|")
  end
  return lines
end

local function type_text(text)
  local results
  live.on_change = function(r) results = r end
  api.nvim_buf_set_lines(0, 0, -1, true, { text })
  vim.cmd("doautocmd <nomodeline> TextChangedI")
  check.wait(text, function() return results and (results.how or results:more()) and not results.stale end)
end

local function test_newline_in_name()
  check.write(tree .. "/new\nline", "needle here\n")
  psearch.live("")
  type_text("needle")
  check.wait("the preview", function() return vim.tbl_contains(shown(), "needle here") end)
  check.that("the name is one line", vim.tbl_contains(shown(), "new^Jline:1: needle here"))
  live.keys["<CR>"]()
  check.wait("the file", function() return api.nvim_buf_get_name(0) == tree .. "/new\nline" end)
  vim.cmd("bwipeout!")
end

local function test_nul_in_pattern()
  psearch.live("-S")
  type_text("need\0le")
  check.that("nothing has it", vim.tbl_contains(shown(), "need\0le"))
  live.keys["<C-q>"]()
  check.wait("the quickfix list", psearch.result)
  check.equal("its title", vim.fn.getqflist({ title = 0 }).title, ":Psearch need^@le (0 lines)")
  vim.cmd("cclose")
end

local function test_closed_by_others()
  for which = 1, 3 do
    psearch.live("")
    type_text("needle")
    api.nvim_win_close(floating()[which], true)
    check.wait("no window is left", function() return #floating() == 0 end)
    check.equal("nor a search", vim.tbl_count(search.open_searches()), 0)
  end
  -- Left and opened again at once: what ends the former one does not end this one.
  psearch.live("")
  vim.cmd("wincmd p")
  psearch.live("")
  local later = false
  vim.schedule(function() later = true end)
  check.wait("what was scheduled", function() return later end)
  check.equal("the windows stay", #floating(), 3)
  live.close()
end

-- Where no window may be entered, as in the command-line window of a later Neovim, this is said, and none stays.
local function test_refused_window()
  local buffers, open_win = #api.nvim_list_bufs(), api.nvim_open_win
  api.nvim_open_win = function(buffer, enter, place)
    return enter and error("E11: refused") or open_win(buffer, enter, place)
  end
  psearch.live("")
  api.nvim_open_win = open_win
  check.that("the reason is said", vim.fn.execute("messages"):find("no window can be opened here: .*E11"))
  check.equal("no window is left, and no buffer", { #floating(), #api.nvim_list_bufs() }, { 0, buffers })
end

local function test_error_in_sink()
  local function fail() error("in a sink") end
  local ignore = function() end
  local request = { pattern = "needle", paths = {}, globs = {}, cwd = tree }
  local opened = search.open(request, { item = fail, flush = ignore, done = ignore })
  check.equal("one search", vim.tbl_count(search.open_searches()), 1)
  pcall(vim.wait, 30000, function() return not opened.handle end, 1)
  check.equal("it is closed", vim.tbl_count(search.open_searches()), 0)
end

-- Without a descriptor to wait for, no search opens, and nothing stays that would fail later.
local function test_no_descriptors()
  ffi.cdef([[
    struct rlimit { unsigned long soft, hard; };
    int getrlimit(int what, struct rlimit *limit);
    int setrlimit(int what, const struct rlimit *limit);
  ]])
  local RLIMIT_NOFILE, limit = 7, ffi.new("struct rlimit[1]")
  local request = { pattern = "needle", paths = {}, globs = {}, cwd = tree }
  ffi.C.getrlimit(RLIMIT_NOFILE, limit)
  local before = limit[0].soft
  limit[0].soft = 3
  ffi.C.setrlimit(RLIMIT_NOFILE, limit)
  local called, opened, problem = pcall(search.open, request, {})
  limit[0].soft = before
  ffi.C.setrlimit(RLIMIT_NOFILE, limit)
  check.that("no search, and no error: " .. vim.inspect(opened), called and not opened)
  check.that("the reason is told", problem and problem.message:find("descriptor"))
  check.equal("nothing stays", vim.tbl_count(search.open_searches()), 0)
end

local function test_home()
  local home = vim.env.HOME
  vim.env.HOME = "/a%b"
  check.equal("a home with %", require("psearch.arguments").parse("x ~/y").paths, { "/a%b/y" })
  vim.env.HOME = home
end

check.main(function()
  vim.o.columns, vim.o.lines = 100, 40
  check.write(tree .. "/file", "hay\n")
  vim.cmd("cd " .. tree)
  test_newline_in_name()
  test_nul_in_pattern()
  test_closed_by_others()
  test_refused_window()
  test_error_in_sink()
  test_no_descriptors()
  test_home()
  vim.cmd("cd " .. check.top)
end)
