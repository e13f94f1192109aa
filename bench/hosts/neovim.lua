-- SPDX-License-Identifier: BSD-2-Clause
--[[
neovim.lua - what :PsearchLive costs while one types. neovim.sh starts it in a terminal of its own.

Each word is typed into the prompt, a key each 60 ms, and then taken away as a whole. For each key: the time from it to
the first drawing of the list that shows a line of what the prompt then says. Keys after which no line can come are
counted apart, and so are those whose line had not come before the next key: these are taken as if they had taken for
ever. Keys are told apart by how many files lie before the first line that matches.

How late a timer of 1 ms comes says how long the loop was kept from anything else, by this program or by others on the
machine. How much processor time Neovim's thread takes from one wait of the loop to the next is what it was kept by
itself, drawing included. The same keys into a window without a search are the control.
]]
local tree, out = vim.env.BENCH_TREE, assert(io.open(vim.env.BENCH_OUT, "w"))
out:setvbuf("line")
local rounds = tonumber(vim.env.BENCH_ROUNDS or 3)
local KEY_MS = 60
local words = {
  "kmalloc_array", "mutex_lock_interruptible", "PM_RESUME", "container_of", "devm_kzalloc", "EXPORT_SYMBOL_GPL",
  "spin_lock_irqsave", "copy_from_user", "down_interruptible", "netif_carrier_on", "Torvalds", "regmap_update_bits",
  "nowhere_xyzzy",
}
local ffi = require("ffi")
local uv = vim.loop

vim.opt.runtimepath:prepend(vim.env.BENCH_PLUGIN)
vim.cmd("runtime plugin/psearch.lua")
vim.cmd("cd " .. vim.fn.fnameescape(tree))
vim.g.psearch_tree = tonumber(vim.env.BENCH_MIB)

local function print_line(...)
  out:write(string.format(...), "\n")
end

local function percentile(sorted, p)
  return sorted[math.max(1, math.ceil(#sorted * p))] or 0 / 0
end

ffi.cdef("struct bench_time { long s, ns; }; int clock_gettime(int clock, struct bench_time *time);")
local CLOCK_THREAD_CPUTIME_ID, cpu_now = 3, ffi.new("struct bench_time")

local function cpu_ms()
  ffi.C.clock_gettime(CLOCK_THREAD_CPUTIME_ID, cpu_now)
  return tonumber(cpu_now.s) * 1e3 + tonumber(cpu_now.ns) / 1e6
end

-- How late each tick of a timer comes, and what each turn of the loop takes, in ms, until the function is called that
-- this returns.
local function start_ticking()
  local late, last, timer = {}, uv.hrtime(), uv.new_timer()
  timer:start(1, 1, function()
    local now = uv.hrtime()
    late[#late + 1] = math.max((now - last) / 1e6 - 1, 0)
    last = now
  end)
  local turns, before, prepare = {}, cpu_ms(), uv.new_prepare()
  prepare:start(function()
    local now = cpu_ms()
    turns[#turns + 1], before = now - before, now
  end)
  return function()
    timer:close()
    prepare:close()
    table.sort(late)
    table.sort(turns)
    return late, turns
  end
end

local function print_sorted(what, list, unit)
  local over = 0
  for _, ms in ipairs(list) do
    over = over + (ms > 5 and 1 or 0)
  end
  print_line("%s: p50 %.2f, p99 %.2f, p99.9 %.2f, most %.2f ms; %d of %d %s more than 5 ms", what,
    percentile(list, 0.5), percentile(list, 0.99), percentile(list, 0.999), list[#list], over, #list, unit)
end

local function print_loop(name, late, turns)
  print_sorted(name .. ": timer late by", late, "ticks")
  print_sorted(name .. ": processor time of a turn", turns, "turns")
end

-- Types all words; calls on_key(pattern) with each key, as it is sent.
local function type_words(on_key, done)
  local keys = {}
  for _ = 1, rounds do
    for _, word in ipairs(words) do
      for i = 1, #word do
        keys[#keys + 1] = { key = word:sub(i, i), pattern = word:sub(1, i) }
      end
      keys[#keys + 1] = { key = "<C-u>", pattern = "" }
    end
  end
  local timer, next_key = uv.new_timer(), 1
  timer:start(500, KEY_MS, vim.schedule_wrap(function()
    local k = keys[next_key]
    next_key = next_key + 1
    if not k then
      if not timer:is_closing() then
        timer:close()
        done()
      end
      return
    end
    on_key(k.pattern)
    vim.api.nvim_input(k.key)
  end))
end

-- The keys' times, filled in as the list changes and is drawn.
local samples, waiting = {}, nil

local function on_key(pattern)
  waiting = pattern ~= "" and { pattern = pattern, at = uv.hrtime() } or nil
  samples[#samples + 1] = waiting
end

local function on_change(results)
  if not waiting or waiting.listed or results.request.pattern ~= waiting.pattern or results.stale then
    return
  end
  if results:count() > 0 then
    waiting.listed = (uv.hrtime() - waiting.at) / 1e6
  elseif results.how then
    waiting.none = true
  end
end

vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace("bench"), {
  on_end = function()
    if waiting and waiting.listed and not waiting.drawn then
      waiting.drawn = (uv.hrtime() - waiting.at) / 1e6
    end
  end,
})

-- How many files lie before the first line that matches: math.huge if none does. Each pattern is asked for once.
local depths = {}
local function find_depth(pattern)
  if depths[pattern] then
    return depths[pattern]
  end
  local depth, found = nil, false
  local request = { pattern = pattern, paths = {}, globs = {}, cwd = tree, limit = 1, skip_binary = true }
  local search
  search = require("psearch.search").open(request, {
    item = function() found = true end,
    flush = function()
      if found and not depth then
        depth = search:files()
        search:close()
      end
    end,
    done = function() depth = depth or math.huge end,
  })
  vim.wait(60000, function() return depth ~= nil end, 1)
  depths[pattern] = depth
  return depth
end

local classes = { { "1,000 files", 1000 }, { "10,000 files", 10000 }, { "all files", 1e9 } }

local function print_times(name, list)
  local times, overtaken = {}, 0
  for _, s in ipairs(list) do
    times[#times + 1] = s.drawn or math.huge
    overtaken = overtaken + (s.drawn and 0 or 1)
  end
  table.sort(times)
  print_line("key to line, %s: %d keys: p50 %.1f, p90 %.1f, p99 %.1f ms; %d without a line before the next key", name,
    #times, percentile(times, 0.5), percentile(times, 0.9), percentile(times, 0.99), overtaken)
end

local function report()
  local by_class, all, none = { {}, {}, {} }, {}, 0
  for _, s in ipairs(samples) do
    local depth = find_depth(s.pattern)
    if s.none or depth == math.huge then
      none = none + 1
    else
      for i, class in ipairs(classes) do
        if depth <= class[2] then
          table.insert(by_class[i], s)
          break
        end
      end
      all[#all + 1] = s
    end
  end
  print_times("all", all)
  for i, class in ipairs(classes) do
    if #by_class[i] > 0 then
      print_times("first line within " .. class[1], by_class[i])
    end
  end
  print_line("%d keys had no line to come", none)
  for pattern, depth in pairs(depths) do
    local slow = {}
    for _, s in ipairs(all) do
      if s.pattern == pattern and (s.drawn or math.huge) > 50 then
        slow[#slow + 1] = s.drawn and ("%.0f ms"):format(s.drawn) or "not before the next key"
      end
    end
    if #slow > 0 then
      print_line("  later than 50 ms: %s, first line after %d files: %s", pattern, depth, table.concat(slow, ", "))
    end
  end
end

local function load_average()
  local f = io.open("/proc/loadavg")
  local text = f:read("*l")
  f:close()
  return text
end

local function measure_live()
  local live = require("psearch.live")
  live.on_change = on_change
  vim.cmd("PsearchLive")
  local stop = start_ticking()
  type_words(on_key, function()
    local late, turns = stop()
    vim.api.nvim_input("<Esc>")
    print_line("load while typing: %s", load_average())
    local known = require("psearch.tree").stats()
    print_line("at the end the warm tree knows %d files, %d of them by signature", known and tonumber(known.files) or 0,
      known and tonumber(known.signatures) or 0)
    print_loop("with :PsearchLive", late, turns)
    report()
    out:close()
    vim.cmd("qa!")
  end)
end

-- The control: the same keys into the empty buffer with which Neovim starts.
local function measure_control()
  vim.cmd("startinsert")
  local stop = start_ticking()
  type_words(function() end, function()
    print_loop("control", stop())
    vim.api.nvim_input("<Esc>:set nomodified<CR>")
    vim.defer_fn(measure_live, 200)
  end)
end

print_line("%s, %d rounds of %d words, a key each %d ms; load before: %s", tree, rounds, #words, KEY_MS, load_average())
measure_control()
