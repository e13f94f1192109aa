-- SPDX-License-Identifier: BSD-2-Clause
--[[
arguments - from the text after :Psearch to a request: what to search for, where, and how.

Words are separated by blanks. Within '...' all is taken as it is, except that '' is one '; within "..." too, except
that \" is a ". Elsewhere a backslash before a blank or a quote takes its meaning away; any other backslash is the
pattern's: \bfoo\b needs no quotes. Options are those of the command psearch, as far as there are any here.
]]
local M = {}

-- The text of a quoted part that begins at `at`, and where what follows it begins.
local function quoted(text, at, quote)
  local out = {}
  while at <= #text do
    local c, two = text:sub(at, at), text:sub(at, at + 1)
    if two == (quote == "'" and "''" or '\\"') then
      out[#out + 1], at = quote, at + 2
    elseif c == quote then
      return table.concat(out), at + 1
    else
      out[#out + 1], at = c, at + 1
    end
  end
  error("psearch: a quote is not closed: " .. quote, 0)
end

-- Each word, and whether it began with a quote: then it is no option.
function M.split(text)
  local words, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then
      return words
    end
    local out, bare = {}, not text:find("^['\"]", at)
    while at <= #text and not text:find("^%s", at) do
      local c, part = text:sub(at, at), nil
      if c == "'" or c == '"' then
        part, at = quoted(text, at + 1, c)
      elseif text:find("^\\[%s'\"]", at) then
        part, at = text:sub(at + 1, at + 1), at + 2
      else -- \\ stays two, and the second does not touch what follows
        part = text:match("^\\\\", at) or c
        at = at + #part
      end
      out[#out + 1] = part
    end
    words[#words + 1] = { text = table.concat(out), bare = bare }
  end
end

local letters = {
  F = function(r) r.fixed = true end,
  i = function(r) r.case = "ignore" end,
  s = function(r) r.case = nil end,
  S = function(r) r.case = "smart" end,
  w = function(r) r.word = true end,
  x = function(r) r.line = true end,
  v = function(r) r.invert = true end,
  r = function(r) r.all = true end,
  ["."] = function(r) r.hidden = true end,
}
local with_value = {
  e = function(r, value) r.pattern = value end,
  g = function(r, value) table.insert(r.globs, value) end,
  m = function(r, value)
    r.limit = tonumber(value)
    if not r.limit or r.limit < 1 or r.limit % 1 ~= 0 then
      error("psearch: -m takes a number of lines, not " .. value, 0)
    end
  end,
}
M.help = "-F -i -s -S -w -x -v -r -. -e PATTERN -g GLOB -m NUMBER"

-- Reads one word of options, such as -iw or -g*.c; `following` gives the next word.
local function read_option(request, word, following)
  local at = 2
  while at <= #word do
    local letter = word:sub(at, at)
    if letters[letter] then
      letters[letter](request)
    elseif with_value[letter] then
      local value = at < #word and word:sub(at + 1) or following()
      if not value then
        error("psearch: -" .. letter .. " needs a value", 0)
      end
      with_value[letter](request, value)
      return
    else
      error(("psearch: there is no option %s: these are: %s"):format(word, M.help), 0)
    end
    at = at + 1
  end
end

local function read_words(request, text, operands)
  local words, at, options = M.split(text), 0, true
  local function following()
    at = at + 1
    return words[at] and words[at].text
  end
  while at < #words do
    at = at + 1
    local word = words[at]
    if options and word.bare and word.text == "--" then
      options = false
    elseif options and word.bare and #word.text > 1 and word.text:sub(1, 1) == "-" then
      read_option(request, word.text, following)
    else
      table.insert(operands, word.text)
    end
  end
end

-- The request of a command's arguments, after the options in g:psearch_options. `live`: they hold no pattern.
function M.parse(text, live)
  local request, none, paths = { globs = {}, cwd = vim.fn.getcwd() }, {}, {}
  read_words(request, vim.g.psearch_options or "", none)
  if #none > 0 then
    error("psearch: g:psearch_options has what is no option: " .. none[1], 0)
  end
  read_words(request, text, paths)
  if not live and not request.pattern then
    request.pattern = table.remove(paths, 1)
    if not request.pattern then
      error("psearch: there is no pattern", 0)
    end
  end
  for i, path in ipairs(paths) do
    paths[i] = path:sub(1, 2) == "~/" and (os.getenv("HOME") or "~") .. path:sub(2) or path
  end
  request.paths = paths
  return request
end

return M
