-- SPDX-License-Identifier: BSD-2-Clause
-- While a pattern is typed, what is shown is at any moment the beginning of what matches it, and at the end all of it.
local check = dofile("test/hosts/neovim/check.lua")
local results = require("psearch.results")
local narrow = require("psearch.narrow")

math.randomseed(1)
local tree = check.dir .. "/typed"
-- Letters that fold into each other, alone or in pairs.
local letters = {
  "s", "S", "ſ", "ß", "ẞ", "ss", "st", "ﬆ", "f", "i", "ﬁ", "ffi", "ﬃ", "k", "K", "a", "é", "É", "İ", "x",
}

local function random_line()
  local parts = {}
  for i = 1, math.random(1, 8) do
    parts[i] = letters[math.random(#letters)]
  end
  return table.concat(parts)
end

local function make_tree()
  for file = 1, 150 do
    local lines = {}
    for i = 1, 6 do
      lines[i] = random_line()
    end
    if file % 40 == 0 then -- a line of which only a part is delivered
      lines[3] = ("y"):rep(5000) .. "sak" .. ("z"):rep(9000) .. "sakk"
    end
    check.write(("%s/%d/%d"):format(tree, file % 7, file), table.concat(lines, "\n"))
  end
end

local function simple(row)
  return { row.name, row.line, row.spans }
end

local function new_base(options)
  return vim.tbl_extend("force", { paths = {}, globs = {}, cwd = tree, live = true, skip_binary = true }, options)
end

-- What a search of its own finds.
local known = {}
local function truth(base, pattern)
  local key = vim.inspect(base) .. pattern
  if not known[key] then
    local r = results.new(base, 1e9, function() end)
    if r:set(pattern) then
      known[key] = {}
    else
      check.wait("the whole of " .. pattern, function() return r.how end)
      known[key] = vim.tbl_map(simple, r.rows)
    end
    r:close()
  end
  return known[key]
end

local function is_beginning(list, whole)
  return vim.deep_equal(list, vim.list_slice(whole, 1, #list))
end

local went_on, waited = 0, 0

local function type_letter(r, pattern, limit)
  local search = r.search
  local wrong = r:set(pattern)
  went_on = went_on + (search and search == r.search and 1 or 0)
  local whole = truth(r.base, pattern)
  local function shown_is_right(when)
    local list = vim.tbl_map(simple, vim.list_slice(r.rows, 1, r:count()))
    check.that(("%s: %s, of %s, is its beginning"):format(when, pattern, vim.inspect(r.base.case)),
      r.stale or is_beginning(list, whole))
    return #list
  end
  shown_is_right("at once")
  if not wrong and math.random(3) > 1 then
    check.wait("all of " .. pattern, function() return not r.stale and (r.how or r:more()) end)
    waited = waited + 1
    check.equal("as many as there are: " .. pattern, shown_is_right("at the end"), math.min(#whole, limit))
  elseif math.random(2) == 1 then
    vim.wait(1)
    shown_is_right("a moment later")
  end
end

-- A \r before that of the line's end is of the line, also when rows are sifted.
local function test_carriage_returns()
  check.write(tree .. "/cr", "zoo\r\r\nbar\nzoo\rx\r\n")
  results.few_files, results.dense = 0, math.huge
  local r = results.new(new_base({}), 1000, function() end)
  for _, pattern in ipairs({ "zoo", "zoo\r" }) do
    local search = r.search
    r:set(pattern)
    check.wait(pattern, function() return r.how and not r.stale end)
    check.that("it went on", not search or search == r.search)
    check.equal(vim.inspect(pattern), vim.tbl_map(simple, r.rows), truth(r.base, pattern))
  end
  r:close()
  results.few_files, results.dense = 500, 1
end

-- A search that cannot begin again, where rows do not tell, says so.
local function test_cannot_begin_again()
  local search = require("psearch.search")
  local open, said = search.open, 0
  local r = results.new(new_base({}), 1000, function() said = said + 1 end)
  results.few_files, results.dense = 0, math.huge
  r:set("sa")
  while r.search:files() == 0 do
    vim.loop.sleep(1) -- no item is taken meanwhile
  end
  r:set("sak") -- so the search goes on, and brings a line that is cut
  search.open = function() return nil, { message = "not today", reason = "not today" } end
  check.wait("the end", function() return r.how end)
  check.equal("why", r.how.message, "not today")
  check.that("it is said", said > 0)
  search.open = open
  results.few_files, results.dense = 500, 1
  r:close()
end

-- In the long lines "sakk" comes only after the part that is delivered for "sak".
local function test_long_lines()
  local r = results.new(new_base({}), 1000, function() end)
  for _, pattern in ipairs({ "sa", "sak", "sakk" }) do
    r:set(pattern)
    local whole = truth(r.base, pattern)
    check.that("the beginning: " .. pattern, r.stale or is_beginning(vim.tbl_map(simple, r.rows), whole))
    check.wait("all of " .. pattern, function() return r.how and not r.stale end)
    check.equal(pattern, vim.tbl_map(simple, r.rows), whole)
  end
  r:close()
end

-- Types a random word, takes some letters back, types others.
local function type_word(options, limit)
  local r = results.new(new_base(options), limit, function() end)
  local pattern = {}
  for _ = 1, 8 do
    if math.random(5) == 1 and #pattern > 0 then
      table.remove(pattern)
    else
      local special = math.random(12) == 1 and ({ "[", ".", "(", "\\" })[math.random(4)]
      table.insert(pattern, special or letters[math.random(#letters)])
    end
    if #pattern > 0 then
      type_letter(r, table.concat(pattern), limit)
    end
  end
  r:close()
end

local function test_typing()
  for round = 1, 60 do
    -- By turns as it is, and so that a search goes on whenever it may.
    results.few_files, results.dense = unpack(round % 2 == 0 and { 500, 1 } or { 0, math.huge })
    local case = ({ nil, "ignore", "smart" })[math.random(3)]
    local options = { case = case, fixed = math.random(2) == 1, word = math.random(6) == 1 or nil }
    type_word(options, ({ 3, 30, 1000 })[math.random(3)])
  end
  results.few_files, results.dense = 500, 1
  check.that("searches went on", went_on > 30)
  check.that("and were waited for", waited > 50)
end

local function test_extends()
  for _, case in ipairs({
    { "a", "ab", {}, true }, { "a", "a", {}, true }, { "a", "ba", {}, false }, { "ab", "a", {}, false },
    { "a.", "a.b", {}, false }, { "a.", "a.b", { fixed = true }, true }, { "a", "a*", {}, false },
    { "a", "ab", { word = true }, false }, { "a", "ab", { invert = true }, false },
    { "a", "ab", { line = true }, false }, { "a", "ab", { case = "ignore" }, true }, { "mas", "mass", { case = "ignore" }, false },
    { "mas", "mass", { case = "smart" }, false }, { "mas", "masS", { case = "smart" }, true },
    { "Mas", "Mass", { case = "smart" }, true }, { "f", "fi", { case = "ignore" }, false },
    { "fi", "fix", { case = "ignore" }, true }, { "é", "éx", { case = "ignore" }, false }, { "é", "éx", {}, true },
    { "", "a", {}, false },
  }) do
    local old = new_base(vim.tbl_extend("force", case[3], { pattern = case[1] }))
    local new = new_base(vim.tbl_extend("force", case[3], { pattern = case[2] }))
    check.equal(vim.inspect(case), narrow.extends(old, new), case[4])
  end
  local old, new = new_base({ pattern = "a" }), new_base({ pattern = "ab", globs = { "*.c" } })
  check.equal("other files", narrow.extends(old, new), false)
end

local function test_bad_pattern()
  local r = results.new(new_base({}), 1000, function() end)
  r:set("sa")
  check.wait("sa", function() return r.how end)
  local before = #r.rows
  local problem = r:set("sa(k")
  check.equal("where it is wrong", problem.at, 2)
  check.equal("the rows stay, as stale", { r.stale, #r.rows }, { true, before })
  r:set("sa")
  check.equal("and come back", { r.stale, #r.rows }, { false, before })
  r:set("")
  check.equal("nothing for nothing", { r.stale, #r.rows }, { false, 0 })
  r:close()
end

check.main(function()
  make_tree()
  test_extends()
  test_long_lines()
  test_carriage_returns()
  test_cannot_begin_again()
  test_typing()
  test_bad_pattern()
end)
