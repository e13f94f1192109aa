-- SPDX-License-Identifier: BSD-2-Clause
-- Searches learn, later ones open only what can match, and what other programs change is found at once.
local check = dofile("test/hosts/neovim/check.lua")
local search = require("psearch.search")
local tree = require("psearch.tree")

local place = check.dir .. "/warm"
local FILES = 40

local function find(pattern)
  local lines, how = {}, nil
  search.open({ pattern = pattern, paths = { place }, globs = {}, cwd = check.top, all = true }, {
    item = function(item) lines[#lines + 1] = tonumber(item.line) end,
    flush = function() end,
    done = function(outcome) how = outcome end,
  })
  check.wait("the end of a search", function() return how ~= nil end)
  check.equal("how it ended", how.message, nil)
  return lines
end

check.main(function()
  for i = 1, FILES do
    check.write(("%s/d%d/%d"):format(place, i % 4, i), ("needle %d\nhay\n"):format(i):rep(20))
  end
  check.wait("the files are learnt", function()
    check.equal("lines", #find("needle"), 20 * FILES)
    return tree.stats().files == FILES and tree.stats().signatures == FILES
  end)
  local before = tonumber(tree.stats().ruled_out)
  check.equal("nothing is there", find("no such text"), {})
  check.equal("files that were not opened", tonumber(tree.stats().ruled_out) - before, FILES)
  for i = 1, 20 do
    check.write(place .. "/d1/1", ("no such text %d\n"):format(i))
    check.equal("what was written just now", find("no such text " .. i .. "$"), { 1 })
  end
  require("psearch").shutdown()
  check.equal("no tree is left", tree.stats(), nil)
  vim.g.psearch_tree = 0
  check.equal("without a tree", #find("needle"), 20 * FILES - 20)
  check.equal("there is none", tree.stats(), nil)
end)
