-- SPDX-License-Identifier: BSD-2-Clause
--[[
library - finds libpsearch and its declarations, checks that they fit together, and keeps the one pool.

LuaJIT reads psearch.cdef as it is. A struct that is declared in another way than the library lays it out would not
fail but read wrong memory; so each field that this plugin uses is compared with what search_layout() says.

A process takes declarations only once, and a library is never unloaded: both stay, whatever happens to the plugin. The
pool is made with the first search, and closed as Neovim exits, after all searches.
]]
local ffi = require("ffi")
local M = {}

local NAME = "libpsearch.so.1"

local function is_file(path)
  local stat = path and vim.loop.fs_stat(path)
  return stat ~= nil and stat.type == "file"
end

-- The build directory of a checkout in which this file lies, or nil.
local function checkout()
  local here = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p")
  local top = here:match("^(.*)/examples/neovim/lua/psearch/library%.lua$")
  return top and top .. "/build"
end

local function find_library()
  local named = vim.g.psearch_library or os.getenv("PSEARCH_LIBRARY")
  if named then
    return named
  end
  local build = checkout()
  return build and is_file(build .. "/" .. NAME) and build .. "/" .. NAME or NAME
end

-- Beside the library, as in a build directory; or in the include directory of the prefix in which the library is.
local function find_declarations(library)
  local named = vim.g.psearch_cdef or os.getenv("PSEARCH_CDEF")
  if named then
    return named
  end
  local directory, tried = library:match("^(.*)/[^/]*$"), {}
  if directory then
    tried[1] = directory .. "/psearch.cdef"
    while directory:find("/") do
      directory = directory:match("^(.*)/[^/]*$")
      tried[#tried + 1] = directory .. "/include/psearch.cdef"
    end
  end
  vim.list_extend(tried, { "/usr/local/include/psearch.cdef", "/usr/include/psearch.cdef" })
  for _, path in ipairs(tried) do
    if is_file(path) then
      return path
    end
  end
end

-- What is read or written of each struct. Of structs that stand in arrays the size has to be the same, too.
local used = {
  search_options = {
    "patterns", "pattern_count", "sources", "source_count", "walk", "encoding", "max_item_bytes", "match_flags",
    "result_flags", "max_matches", "pool", "priority", "caller_flags", "overlays", "overlay_count", "tree",
  },
  search_walk = {
    "flags", "globs", "glob_count", "git_configs", "git_config_count", "git_excludes", "home",
  },
  search_error = { "code", "subject", "index", "offset", "reason_at", "message" },
  search_stats = { "files_searched" },
  search_pool_options = { "workers" },
  search_tree_options = { "max_bytes", "trust", "learn_percent" },
  search_tree_stats = { "directories", "files", "signatures", "ruled_out" },
  search_item = {
    "kind", "flags", "path", "path_length", "line", "offset", "text", "length", "text_offset", "spans", "span_count",
    "message",
  },
  search_pattern = { true, "text", "length" },
  search_source = { true, "kind", "path", "name", "data", "size" },
  search_overlay = { true, "path", "data", "size" },
  search_glob = { true, "text", "flags" },
  search_span = { true, "begin", "end" },
}

local function find_difference(lib)
  for struct, fields in pairs(used) do
    local type_name = "struct " .. struct
    for _, field in ipairs(fields) do
      local name, here = struct, nil
      if field == true then
        here = ffi.sizeof(type_name)
      else
        name, here = struct .. "." .. field, ffi.offsetof(type_name, field)
      end
      if lib.search_layout(name) ~= here then
        return name
      end
    end
  end
end

local function declare(path)
  -- Another copy of the plugin, or another plugin, may have declared the structs; whether they fit is checked anyway.
  if pcall(ffi.sizeof, "struct search_item") then
    return
  end
  local file, problem = io.open(path)
  if not file then
    error("psearch: cannot read the declarations: " .. problem .. ": set g:psearch_cdef", 0)
  end
  local text = file:read("*a")
  file:close()
  ffi.cdef(text)
end

local lib, pool

local function load()
  local name = find_library()
  local ok, found = pcall(ffi.load, name)
  if not ok then
    error("psearch: cannot load the library: " .. found .. ": build or install libpsearch, or set g:psearch_library", 0)
  end
  local declarations = find_declarations(name)
  if not declarations then
    error("psearch: no psearch.cdef beside " .. name .. " nor in an include directory: set g:psearch_cdef", 0)
  end
  declare(declarations)
  local fits, difference = pcall(find_difference, found)
  if not fits or difference then
    error(("psearch: %s does not have %s where %s says: take both from one version of libpsearch"):format(
      name, difference or "search_layout", declarations), 0)
  end
  return found
end

-- The library. An error says why it cannot be used, and what to do.
function M.get()
  lib = lib or load()
  return lib
end

-- The pool of all searches.
function M.pool()
  if pool then
    return pool
  end
  M.get()
  local out, problem = ffi.new("struct search_pool *[1]"), M.new_error()
  local options = ffi.new("struct search_pool_options[1]")
  lib.search_pool_options_init(options, ffi.sizeof(options))
  options[0].workers = vim.g.psearch_workers or 0
  if lib.search_pool_open(out, options, problem) ~= lib.SEARCH_OK then
    error("psearch: " .. ffi.string(problem[0].message), 0)
  end
  pool = out[0]
  return pool
end

-- Only after all its searches: then it joins its threads.
function M.close_pool()
  if pool then
    lib.search_pool_close(pool)
    pool = nil
  end
end

function M.new_error()
  local problem = ffi.new("struct search_error[1]")
  M.get().search_error_init(problem, ffi.sizeof(problem))
  return problem
end

return M
