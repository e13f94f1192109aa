-- SPDX-License-Identifier: BSD-2-Clause
-- :Psearch fills the quickfix list with what the command prints, also for buffers that are not written.
local check = dofile("test/hosts/neovim/check.lua")
local psearch = require("psearch")

local function search(arguments)
  vim.cmd("Psearch! " .. arguments)
  check.wait(arguments, psearch.result)
end

local function entries()
  local list = {}
  for _, entry in ipairs(vim.fn.getqflist()) do
    local name = entry.bufnr > 0 and vim.fn.fnamemodify(vim.fn.bufname(entry.bufnr), ":p") or ""
    list[#list + 1] = { name, entry.lnum, entry.col, entry.text, entry.type }
  end
  return list
end

-- What the command prints, as such a list.
local function printed(...)
  local list = {}
  local command = { check.build .. "/psearch", "--no-config", "-nH", "--column", "--crlf", "--null", ... }
  for _, line in ipairs(vim.fn.systemlist(command)) do
    local name, number, column, text = line:match("^(.-)\n(%d+):(%d+):(.*)$")
    list[#list + 1] = { vim.fn.fnamemodify(name, ":p"), tonumber(number), tonumber(column), text, "" }
  end
  return list
end

-- The sources of this project, with the command's options in the plugin's place.
local function test_like_the_command()
  vim.cmd("cd " .. check.top)
  for _, arguments in ipairs({
    { [[return lib]], "return", "lib" },
    { [[-i search_open include lib]], "-i", "search_open", "include", "lib" },
    { [[-wF if lib/queue]], "-wF", "if", "lib/queue" },
    { [[\bstatic\s+(void|int)\b lib/plan]], [[\bstatic\s+(void|int)\b]], "lib/plan" },
    { [[-g *.h 'struct search' .]], "-g", "*.h", "struct search", "." },
    { [[-S Word lib]], "-S", "Word", "lib" },
    { [[-S word lib]], "-S", "word", "lib" },
    { [[-S 'ps_\S+ex' lib/base]], "-S", [[ps_\S+ex]], "lib/base" },
    { [[-e '->' -- include lib/base]], "-e", "->", "include", "lib/base" },
    { [[-x '}' lib/base]], "-x", "}", "lib/base" },
  }) do
    search(arguments[1])
    local got, wanted = entries(), printed(unpack(arguments, 2))
    check.that(arguments[1] .. " finds something", #wanted > 3)
    check.equal(arguments[1], got, wanted)
  end
  local first = vim.fn.getqflist()[1]
  check.equal("byte columns", { first.vcol, first.end_lnum, first.end_col }, { 0, first.lnum, 2 })
end

local function test_which_files()
  local tree = check.dir .. "/which"
  check.write(tree .. "/.git/HEAD", "")
  check.write(tree .. "/.gitignore", "*.o\n")
  for _, name in ipairs({ "a.o", "b.c", ".hidden/c", ".d" }) do
    check.write(tree .. "/" .. name, "needle\n")
  end
  vim.cmd("cd " .. tree)
  for _, arguments in ipairs({ "needle", "-r needle", "-. needle", "-g !b.c -. needle" }) do
    search(arguments)
    check.equal(arguments, entries(), printed(unpack(vim.split(arguments .. " .", " "))))
  end
  vim.cmd("cd " .. check.top)
  vim.cmd("lcd " .. tree)
  search("needle b.c")
  check.equal("in the window's directory", #entries(), 1)
  vim.cmd("cd " .. check.top)
end

local function edit(path, options, lines)
  vim.cmd("hide edit " .. vim.fn.fnameescape(path) .. " | setlocal " .. options)
  vim.api.nvim_buf_set_lines(0, 0, -1, true, lines)
  vim.bo.modified = true
end

-- Buffers are found as they are found once they are written.
local function test_unsaved()
  local tree, lines = check.dir .. "/unsaved", { "first é end", "", "x needle\twide 日本 end", "last" }
  check.write(tree .. "/old", "on disk needle\n")
  vim.cmd("cd " .. tree)
  local kinds = {
    unix = "ff=unix", dos = "ff=dos", mac = "ff=mac", bom = "bomb", noeol = "noeol nofixeol", fixeol = "noeol fixeol",
    binary = "binary noeol", utf16le = "fenc=utf-16le bomb", utf16 = "fenc=utf-16 bomb", nobom = "fenc=utf-16",
    ucs4 = "fenc=ucs-4 bomb", dos16 = "fenc=utf-16le bomb ff=dos", old = "ff=unix",
    crlf_noeol = "ff=dos noeol nofixeol",
    ["sub/not/there"] = "ff=unix",
  }
  for name, options in pairs(kinds) do
    vim.fn.mkdir(vim.fn.fnamemodify(name, ":h"), "p")
    edit(name, options, lines)
  end
  edit("latin1", "fenc=latin1", { "é needle ü", "plain needle" })
  edit("sjis", "fenc=cp932", { "日本 needle", "needle" })
  edit("nul", "ff=unix", { "before needle", "a\0b", "after needle" })
  edit("one_empty_line", "ff=unix", { "", "" })
  vim.cmd("silent! 2delete _")
  edit("empty", "ff=unix", {})
  edit("last_empty_noeol", "noeol nofixeol", { "needle", "" })
  edit("last_empty_fixeol", "noeol fixeol", { "needle", "" })
  vim.api.nvim_set_current_buf(vim.api.nvim_create_buf(true, false))
  vim.cmd("setlocal buftype=nofile | file scratch")
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { "needle in no file" })
  vim.api.nvim_set_current_buf(vim.api.nvim_create_buf(true, false))
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { "needle without a name" })
  vim.bo.modified = true
  local patterns = { "needle", "end$", "^$", "é", "日本", [[\xE9]], "-v zzz", [[\Alast\z]], "^first", "^" }
  local before = {}
  for _, pattern in ipairs(patterns) do
    search("-r " .. pattern)
    before[pattern] = entries()
  end
  check.that("the texts are found", #before.needle > 15)
  vim.cmd("bufdo if &buftype == '' && bufname() != '' && &modified | silent write | endif")
  for _, pattern in ipairs(patterns) do
    search("-r " .. pattern)
    check.equal("unsaved, then saved: " .. pattern, before[pattern], entries())
  end
  vim.cmd("%bwipeout! | cd " .. check.top)
end

local function test_errors()
  vim.cmd("cd " .. check.dir)
  search("needle not/there which/b.c")
  local list = vim.fn.getqflist()
  check.equal("an error is an entry", { list[1].type, list[1].valid, list[2].text }, { "E", 0, "needle" })
  check.equal("and is counted", psearch.result().errors, 1)
  check.write("doubled", "needle\n")
  edit("doubled", "ff=unix", { "needle one" })
  vim.cmd("hide edit which/b.c")
  vim.api.nvim_buf_set_name(0, check.dir .. "/doubled/below-a-file")
  vim.bo.modified = true
  search("needle doubled")
  list = vim.fn.getqflist()
  check.that("a buffer that cannot be a file is named", list[1].type == "E" and list[1].text:find("below%-a%-file"))
  check.equal("the others are searched", list[2].text, "needle one")
  vim.cmd("%bwipeout!")
  check.equal("no search with a bad pattern", psearch.quickfix("foo(x"), false)
  check.that("which says where", vim.fn.execute("messages"):find('at "%(x"'))
  check.equal("no such option", psearch.quickfix("-Q x"), false)
  check.equal("no pattern", psearch.quickfix("-i"), false)
  check.equal("an open quote", psearch.quickfix("'x"), false)
  vim.cmd("cd " .. check.top)
end

local function test_limits()
  search("-m 5 return lib")
  check.equal("five lines", #entries(), 5)
  check.equal("of more", vim.fn.getqflist({ title = 0 }).title, ":Psearch -m 5 return lib (first 5 lines of more)")
  local exactly = #printed("search_never", "include")
  search(("-m %d search_never include"):format(exactly))
  check.equal("all lines", { #entries(), psearch.result().more }, { exactly, false })
  -- The list is not quadratic in anything that is ours, and the order is the command's, over many turns of the loop.
  search("-m 100000 . lib")
  check.equal("many lines", #entries(), #printed(".", "lib"))
  vim.cmd("Psearch! return .")
  psearch.stop()
  check.equal("stopped", psearch.result().message, "stopped")
  vim.cmd("Psearch! -m 1000000 . .")
  for _ = 1, 11 do
    vim.fn.setqflist({}, " ", { items = {} })
  end
  check.wait("the list is gone", psearch.result)
  check.equal("the list is gone", psearch.result().message, "the quickfix list is gone")
  check.equal("no list of others is touched", #vim.fn.getqflist(), 0)
end

local function test_window()
  vim.cmd("only | cclose")
  vim.cmd("Psearch search_never include")
  check.wait("search", psearch.result)
  check.equal("a window opens, and the cursor stays", { #vim.api.nvim_list_wins(), vim.bo.buftype }, { 2, "" })
  check.equal("no status line text", psearch.statusline(), "")
  vim.cmd("cfirst")
  check.equal("the cursor is at the match", vim.fn.expand("<cword>"), "search_never")
end

local function test_words()
  local arguments = require("psearch.arguments")
  for _, case in ipairs({
    { [[a b]], "a", "b" },
    { [[\bfoo\b  'it''s' ]], [[\bfoo\b]], "it's" },
    { [["say \"x\"" \ y]], [[say "x"]], " y" },
    { [[a\\ b]], [[a\\]], "b" },
    { [[a'b c'd]], "ab cd" },
    { [[\'x '\d']], "'x", [[\d]] },
    { [['']], "" },
  }) do
    local words = vim.tbl_map(function(word) return word.text end, arguments.split(case[1]))
    check.equal(case[1], words, vim.list_slice(case, 2))
  end
  local request = arguments.parse([[-iw '-x' ~/a]])
  check.equal("options", { request.case, request.word, request.pattern, request.paths[1] },
    { "ignore", true, "-x", os.getenv("HOME") .. "/a" })
end

check.main(function()
  test_words()
  test_like_the_command()
  test_which_files()
  test_unsaved()
  test_errors()
  test_limits()
  test_window()
end)
