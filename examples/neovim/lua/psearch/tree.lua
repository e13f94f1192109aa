-- SPDX-License-Identifier: BSD-2-Clause
--[[
tree - what searches learn of files, kept for later searches, which open only files that can match.

Other programs change files, too, and Neovim does not know; so the library watches them. Where it cannot, each search
asks the system whether the files are as they were. The pool's threads learn, beside what they search: so searches of
the same files become faster from the second on. One tree serves all directories; it is closed as Neovim exits.
]]
local ffi = require("ffi")
local library = require("psearch.library")
local M = {}

local MIB = 64 -- of memory, at most
local LEARN_PERCENT = 50 -- of the time of a search, at most; somebody waits for its first lines

local tree, problem -- nil: it is not open

local function open(lib, trust)
  local out, options = ffi.new("struct search_tree *[1]"), ffi.new("struct search_tree_options[1]")
  lib.search_tree_options_init(options, ffi.sizeof(options))
  options[0].trust = trust
  options[0].learn_percent = LEARN_PERCENT
  options[0].max_bytes = (vim.g.psearch_tree or MIB) * 1024 * 1024
  problem = library.new_error()
  return lib.search_tree_open(out, options, problem) == lib.SEARCH_OK and out[0] or nil
end

-- The tree of all searches; nil: g:psearch_tree is 0, or there is no memory. Searches find the same without.
function M.get()
  if tree == nil and vim.g.psearch_tree ~= 0 then
    local lib = library.get()
    tree = open(lib, lib.SEARCH_TREE_WATCHED) or open(lib, lib.SEARCH_TREE_STAMPS)
    if tree == nil and problem[0].code == lib.SEARCH_EINVAL then
      error("psearch: g:psearch_tree: " .. ffi.string(problem[0].message), 0)
    end
  end
  return tree
end

-- What it has: a struct search_tree_stats; nil if there is no tree.
function M.stats()
  if tree == nil then
    return nil
  end
  local lib, stats = library.get(), ffi.new("struct search_tree_stats[1]")
  lib.search_tree_stats_init(stats, ffi.sizeof(stats))
  lib.search_tree_stats(tree, stats)
  return stats[0]
end

-- Searches of it may go on; another one makes another tree.
function M.close()
  if tree ~= nil then
    library.get().search_tree_close(tree)
    tree = nil
  end
end

return M
