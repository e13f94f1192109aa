-- SPDX-License-Identifier: BSD-2-Clause
--[[
search - one search, whose items are taken on Neovim's loop, a slice of time at once.

The loop watches search_fd(). When it is readable, the watch ends, a slice of items is taken, and the watch begins
again: the descriptor stays readable as long as there is more, so the loop comes back by itself, after it has looked at
keys, timers and everything else. (A function that schedules itself again would run before them.) No call reads files
or matches: the pool's threads do that.

An item dies with the next call, so a sink copies what it needs. A sink is a table of functions:

  room()      how many items it can take in this slice; left out: any number
  item(item)  a struct search_item
  flush()     at the end of each slice
  done(how)   at the end, unless close() was called before: { message = nil or why it failed, more = there were more
              than request.limit, files = how many were searched, seconds = since it was opened }

An error in one of them ends the search, and is shown.

A search that borrows texts of buffers may have a thread at work on one of them, for which search_close() would wait.
So it is cancelled first, and closed a little later, when that thread has long left it.
]]
local ffi = require("ffi")
local bit = require("bit")
local library = require("psearch.library")
local overlays = require("psearch.overlays")
local tree = require("psearch.tree")
local M = {}

local SLICE_NS = 1e6 -- of taking items, in one turn of the loop
local AT_ONCE = 64 -- items for one call: between two looks at the clock
local LONGEST = 4096 -- bytes of a line; of a longer one there is a window with the first match
local CLOSE_MS = 50

local open = {} -- searches; what they borrow stays alive through this

local Search = {}
Search.__index = Search

local function absolute(path, cwd)
  return path:sub(1, 1) == "/" and path or cwd .. "/" .. path
end
M.absolute = absolute

-- Where git's configuration is, as git looks for it.
local function git_files()
  local home, configs = os.getenv("HOME"), {}
  local xdg = os.getenv("XDG_CONFIG_HOME")
  local directory = xdg and xdg ~= "" and xdg or home and home .. "/.config"
  if (os.getenv("GIT_CONFIG_NOSYSTEM") or "") == "" then
    configs[1] = os.getenv("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"
  end
  local global = os.getenv("GIT_CONFIG_GLOBAL")
  if global then
    configs[#configs + 1] = global
  else
    configs[#configs + 1] = directory and directory .. "/git/config"
    configs[#configs + 1] = home and home .. "/.gitconfig"
  end
  return configs, directory and directory .. "/git/ignore", home
end

local function has_capital(request)
  local text = request.fixed and request.pattern or request.pattern:gsub("\\.", "") -- \S is no letter
  text = text:gsub("%z", "") -- with a NUL it would be no string to Vim
  return vim.fn.tolower(text) ~= text
end

local function ignores_case(request)
  return request.case == "ignore" or (request.case == "smart" and not has_capital(request))
end
M.ignores_case = ignores_case

local function match_flags(lib, request)
  return bit.bor(
    lib.SEARCH_MATCH_CRLF,
    request.skip_binary and lib.SEARCH_MATCH_SKIP_BINARY or 0,
    ignores_case(request) and lib.SEARCH_MATCH_IGNORE_CASE or 0,
    request.fixed and lib.SEARCH_MATCH_FIXED or 0,
    request.word and lib.SEARCH_MATCH_WORD or 0,
    request.line and lib.SEARCH_MATCH_LINE or 0,
    request.invert and lib.SEARCH_MATCH_INVERT or 0
  )
end
M.match_flags = match_flags

-- What C is given has to outlive the call: `keep` holds it until then.
local function new_walk(lib, request, keep)
  local walk = ffi.new("struct search_walk[1]")
  lib.search_walk_init(walk, ffi.sizeof(walk))
  if not request.all then
    local configs, excludes, home = git_files()
    walk[0].flags = bit.bor(request.hidden and 0 or lib.SEARCH_WALK_SKIP_HIDDEN, lib.SEARCH_WALK_IGNORE_VCS,
      lib.SEARCH_WALK_IGNORE_FILES)
    local list = ffi.new("const char *[?]", #configs + 1, configs)
    walk[0].git_configs, walk[0].git_config_count = list, #configs
    walk[0].git_excludes, walk[0].home = excludes, home
    vim.list_extend(keep, { configs, list, excludes or "", home or "" })
  end
  local globs = ffi.new("struct search_glob[?]", #request.globs + 1)
  for i, glob in ipairs(request.globs) do
    local exclude = glob:sub(1, 1) == "!"
    local text = exclude and glob:sub(2) or glob
    globs[i - 1].text = text
    globs[i - 1].flags = bit.bor(lib.SEARCH_GLOB_BRACES,
      exclude and lib.SEARCH_GLOB_EXCLUDE or bit.bor(lib.SEARCH_GLOB_UNHIDE, lib.SEARCH_GLOB_OVERRIDE))
    keep[#keep + 1] = text
  end
  walk[0].globs, walk[0].glob_count = globs, #request.globs
  vim.list_extend(keep, { walk, globs })
  return walk
end

-- Paths are given in full, and shown as they were written: a window with another directory may become the current one.
local function new_sources(request, keep)
  local paths = #request.paths > 0 and request.paths or { "" }
  local sources = ffi.new("struct search_source[?]", #paths)
  for i, path in ipairs(paths) do
    local full = absolute(path, request.cwd)
    sources[i - 1].path, sources[i - 1].name = full, path
    keep[#keep + 1] = full
  end
  keep[#keep + 1] = sources
  return sources, #paths
end

local function new_overlays(texts, keep)
  local list = ffi.new("struct search_overlay[?]", #texts + 1)
  for i, overlay in ipairs(texts) do
    list[i - 1].path, list[i - 1].data, list[i - 1].size = overlay.path, overlay.text, #overlay.text
  end
  keep[#keep + 1] = list
  return list
end

local function new_options(lib, request, texts, keep)
  local options = ffi.new("struct search_options[1]")
  local o = options[0]
  lib.search_options_init(options, ffi.sizeof(options))
  local pattern = ffi.new("struct search_pattern[1]", { { text = request.pattern, length = #request.pattern } })
  o.patterns, o.pattern_count = pattern, 1
  o.sources, o.source_count = new_sources(request, keep)
  o.walk = new_walk(lib, request, keep)
  o.overlays, o.overlay_count = new_overlays(texts, keep), #texts
  o.encoding = "auto"
  o.max_item_bytes = LONGEST
  o.match_flags = match_flags(lib, request)
  o.max_matches = request.limit and request.limit + 1 or 0
  o.pool, o.tree = library.pool(), tree.get()
  o.priority = request.live and lib.SEARCH_PRIORITY_INTERACTIVE or lib.SEARCH_PRIORITY_NORMAL
  o.caller_flags = lib.SEARCH_CALLER_NO_HELP
  vim.list_extend(keep, { pattern, options })
  return options
end

-- Opens, and leaves out buffers whose texts cannot take a file's place: each in `refused`, with the reason.
local function open_handle(lib, request, texts, refused)
  local out, problem = ffi.new("struct search *[1]"), library.new_error()
  while true do
    local keep = {}
    local status = lib.search_open(out, new_options(lib, request, texts, keep), problem)
    local message = ffi.string(problem[0].message)
    if status == lib.SEARCH_OK then
      return out[0]
    elseif problem[0].subject ~= lib.SEARCH_SUBJECT_OVERLAY then
      local at = problem[0].subject == lib.SEARCH_SUBJECT_PATTERN and tonumber(problem[0].offset) or nil
      return nil, {
        message = message,
        reason = at and message:sub(tonumber(problem[0].reason_at) + 1) or message,
        at = at and at <= #request.pattern and at or nil, -- a byte of the pattern, from 0
      }
    end
    local overlay = table.remove(texts, tonumber(problem[0].index) + 1)
    refused[#refused + 1] = overlay.path .. ": searched as it is on disk: " .. message
  end
end

-- A poll handle for the descriptor of the search; or nil and the reason, such as too many open files.
local function new_poll(lib, handle)
  local descriptor = lib.search_fd(handle)
  if descriptor < 0 then
    return nil, "no descriptor to wait for: " .. ffi.string(lib.search_strerror(descriptor))
  end
  return vim.loop.new_poll(descriptor)
end

-- request: pattern, paths, cwd, globs, and of: limit, case, fixed, word, line, invert, all, hidden, skip_binary, live.
-- Returns a search; or nil, and { message, reason, at }: the byte of the pattern from which on it is wrong, or nil.
function M.open(request, sink)
  local lib = library.get()
  local texts, refused = overlays.collect(), {}
  local handle, problem = open_handle(lib, request, texts, refused)
  if not handle then
    return nil, problem
  end
  local poll, why = new_poll(lib, handle)
  if not poll then
    lib.search_close(handle)
    return nil, { message = why, reason = why }
  end
  local self = setmetatable({
    lib = lib, handle = handle, poll = poll, texts = texts, refused = refused, sink = sink, request = request,
    matches = 0, began = vim.loop.hrtime(), items = ffi.new("const struct search_item *const *[1]"),
  }, Search)
  self.wake = vim.schedule_wrap(function()
    self:slice()
  end)
  open[self] = true
  self:watch()
  return self
end

function Search:watch()
  if self.handle and not self.paused then
    self.poll:start("r", function()
      self.poll:stop()
      self.wake()
    end)
  end
end

-- No items are taken until resume(): the search comes to its bound of queued items, and waits.
function Search:pause()
  self.paused = true
end

function Search:resume()
  if self.paused then
    self.paused = false
    self:watch()
  end
end

-- Hands at most `most` items to the sink. Returns what the library returned.
function Search:take(most)
  local lib, count = self.lib, self.lib.search_try_next_many(self.handle, self.items, most)
  for i = 0, count - 1 do
    local item = self.items[0][i]
    if item.kind == lib.SEARCH_ITEM_MATCH or item.kind == lib.SEARCH_ITEM_BINARY then
      self.matches = self.matches + 1
    end
    if not self.request.limit or self.matches <= self.request.limit then
      self.sink.item(item)
    end
  end
  return count
end

-- Takes items for one slice of time. Returns what the library returned last.
function Search:take_slice()
  local stop, room, count = vim.loop.hrtime() + SLICE_NS, self.sink.room and self.sink.room() or math.huge, 1
  while count > 0 and room > 0 and not self.paused and vim.loop.hrtime() < stop do
    count = self:take(math.min(AT_ONCE, room))
    room = room - count
  end
  self.sink.flush()
  return count
end

function Search:slice()
  if not self.handle or self.paused then
    return
  end
  local ok, count = xpcall(self.take_slice, debug.traceback, self)
  if not ok then
    self:close() -- else it would stay, and nobody would take its items
    error(count, 0)
  end
  if count > 0 or count == self.lib.SEARCH_EAGAIN then
    self:watch()
  elseif self.handle then
    self:finish(count)
  end
end

function Search:finish(status)
  local how = {
    message = status ~= self.lib.SEARCH_OK and ffi.string(self.lib.search_strerror(status)) or nil,
    more = self.request.limit ~= nil and self.matches > self.request.limit,
    files = self:files(),
    seconds = (vim.loop.hrtime() - self.began) / 1e9,
  }
  self:close()
  self.sink.done(how)
end

-- How many files were searched so far.
function Search:files()
  local stats = ffi.new("struct search_stats[1]")
  self.lib.search_stats_init(stats, ffi.sizeof(stats))
  self.lib.search_stats(self.handle, stats)
  return tonumber(stats[0].files_searched)
end

local function close_handle(self)
  if self.handle_to_close then
    self.lib.search_close(self.handle_to_close)
    self.handle_to_close = nil
  end
  open[self] = nil
end

-- Ends the search; nothing is said to the sink any more.
function Search:close()
  if not self.handle then
    return
  end
  self.poll:stop()
  self.poll:close()
  self.handle, self.handle_to_close = nil, self.handle
  if #self.texts == 0 then
    close_handle(self)
    return
  end
  self.lib.search_cancel(self.handle_to_close)
  vim.defer_fn(function()
    close_handle(self)
  end, CLOSE_MS)
end

-- Those that are not closed, as keys.
function M.open_searches()
  return open
end

-- As Neovim exits, or to unload the plugin: everything ends, the pool's threads, too.
function M.close_all()
  for _, self in ipairs(vim.tbl_keys(open)) do
    self:close()
    close_handle(self)
  end
  library.close_pool()
  tree.close()
end

return M
