-- SPDX-License-Identifier: BSD-2-Clause
-- A thousand searches are opened, half read, and closed: nothing of them stays.
local check = dofile("test/hosts/neovim/check.lua")
local ffi = require("ffi")
local search = require("psearch.search")
local uv = vim.loop

ffi.cdef([[
struct heap { size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; };
struct heap mallinfo2(void);
int malloc_trim(size_t pad);
]])

local request = {
  pattern = "e", paths = { "lib/queue", "lib/plan" }, globs = {}, cwd = check.top, limit = 100000, live = true,
}

local function read_half()
  local taken, opened = 0, nil
  opened = search.open(request, {
    room = function() return 5 end,
    item = function() taken = taken + 1 end,
    flush = function()
      if taken > 0 then
        opened:close()
        opened = nil
      end
    end,
    done = function() error("it was to be closed before") end,
  })
  check.wait("a first item", function() return opened == nil end)
  check.that("some items", taken > 0)
end

local function resident()
  local file = assert(io.open("/proc/self/statm"))
  local pages = file:read("*a"):match("^%d+ (%d+)")
  file:close()
  return tonumber(pages) * 4096
end

local function measure()
  -- Cancelled searches with borrowed texts are closed a little later.
  local timer_has_run = false
  vim.defer_fn(function() timer_has_run = true end, 100)
  check.wait("a timer", function() return timer_has_run end)
  collectgarbage()
  collectgarbage()
  local lua = collectgarbage("count") * 1024
  ffi.C.malloc_trim(0)
  return {
    descriptors = check.count_entries("/proc/self/fd"), threads = check.count_entries("/proc/self/task"), lua = lua,
    heap = tonumber(ffi.C.mallinfo2().uordblks), resident = resident(),
  }
end

-- Prints how late a timer of 1 ms comes while run() runs.
local function with_timer(what, run)
  local late, last, timer = {}, uv.hrtime(), uv.new_timer()
  timer:start(1, 1, function()
    local now = uv.hrtime()
    late[#late + 1], last = math.max((now - last) / 1e6 - 1, 0), now
  end)
  run()
  timer:close()
  table.sort(late)
  check.say("figures: %s: a timer of 1 ms was late by %.2f ms (p50), %.2f (p99), %.2f (most)", what,
    late[math.ceil(#late / 2)], late[math.ceil(#late * 0.99)], late[#late])
end

local function read(times)
  for _ = 1, times do
    read_half()
  end
end

check.main(function()
  local nothing = measure()
  vim.cmd("edit lib/README.md | call append(0, ['e e'])") -- a text to borrow
  read(300) -- what is kept for the next time is made
  local before = measure()
  with_timer("1,000 half-read searches", function() read(1000) end)
  with_timer("control, nothing", function() vim.wait(1000, function() return false end, 1) end)
  local after = measure()
  check.equal("descriptors", after.descriptors, before.descriptors)
  check.equal("threads", after.threads, before.threads)
  for what, tolerance in pairs({ lua = 64 * 1024, heap = 256 * 1024, resident = 2 * 1024 * 1024 }) do
    check.that(("%s: %d bytes more than before"):format(what, after[what] - before[what]),
      after[what] - before[what] <= tolerance)
  end
  check.say("figures: 1,000 half-read searches: bytes more afterwards: Lua %d, heap %d, resident %d",
    after.lua - before.lua, after.heap - before.heap, after.resident - before.resident)
  require("psearch").shutdown()
  local closed = measure()
  check.equal("after the shutdown, descriptors", closed.descriptors, nothing.descriptors)
  check.equal("and threads", closed.threads, nothing.threads)
  read_half() -- all may begin again; this time Neovim itself ends it
end)
