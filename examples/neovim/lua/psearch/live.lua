-- SPDX-License-Identifier: BSD-2-Clause
--[[
live - a search with each letter that is typed: a prompt, the list of results, and a preview, in floating windows.

results.lua says which rows there are; here they are shown. Highlights are not stored: as Neovim draws a line, on_line()
marks its bytes. The list's lines are written some at a time, and those that cannot be seen yet in later turns of the
loop: so a list of thousands costs no more than what is on the screen.
]]
local preview = require("psearch.preview")
local quickfix = require("psearch.quickfix")
local results = require("psearch.results")
local rows = require("psearch.rows")
local api = vim.api
local M = {}

local WRITTEN_AT_ONCE = 50

local namespace = api.nvim_create_namespace("psearch")
local live -- the state while the windows are open, else nil

M.on_change = nil -- for tests and measurements: called after the list has changed

local function mark(buffer, line, from, to, group)
  api.nvim_buf_set_extmark(buffer, namespace, line, from, {
    end_col = to, hl_group = group, ephemeral = true, priority = group == "PsearchMatch" and 200 or 100,
  })
end

local function draw_list_line(buffer, line)
  local look = live.looks[line + 1]
  if not look or live.results.stale then
    return
  end
  mark(buffer, line, 0, look.path_end, "PsearchPath")
  mark(buffer, line, look.line_begin, look.line_end, "PsearchLine")
  for i = 1, #look.marks, 2 do
    mark(buffer, line, look.marks[i], look.marks[i + 1], "PsearchMatch")
  end
end

local function draw_preview_line(buffer, line)
  local view = live.view
  if not view or line + 1 ~= view.at then
    return
  end
  local length, from = #view.lines[view.at], view.from or 0
  for i = 1, #view.row.spans, 2 do
    mark(buffer, line, math.max(math.min(view.row.spans[i] - from, length), 0),
      math.max(math.min(view.row.spans[i + 1] - from, length), 0), "PsearchMatch")
  end
end

api.nvim_set_decoration_provider(namespace, {
  on_win = function(_, window)
    return live ~= nil and (window == live.list.window or window == live.preview.window)
  end,
  on_line = function(_, window, buffer, line)
    if window == live.list.window then
      draw_list_line(buffer, line)
    else
      draw_preview_line(buffer, line)
    end
  end,
})

-- Where the windows are: the prompt, with a line below it for what is to be said; the list; the preview.
local function places()
  local width = math.max(math.floor(vim.o.columns * 0.9), 20)
  local height = math.max(vim.o.lines - vim.o.cmdheight - 8, 4) -- without the prompt and all borders
  local list_height = math.max(math.floor(height / 2), 2)
  local column = math.floor((vim.o.columns - width - 2) / 2)
  local function place(row, rows_high)
    return {
      relative = "editor", row = row, col = column, width = width, height = rows_high, style = "minimal",
      border = "single",
    }
  end
  return place(0, 2), place(4, list_height), place(list_height + 6, math.max(height - list_height, 1))
end

local function highlight_window(window, group)
  vim.wo[window].winhighlight = "NormalFloat:" .. group .. ",FloatBorder:Normal"
end

local function new_pane(place, enter)
  local buffer = api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].undolevels = -1
  vim.bo[buffer].tabstop = 8
  local ok, window = pcall(api.nvim_open_win, buffer, enter, place)
  if not ok then
    api.nvim_buf_delete(buffer, { force = true })
    error("psearch: no window can be opened here: " .. window, 0)
  end
  vim.wo[window].wrap = false
  highlight_window(window, "Normal")
  return { buffer = buffer, window = window }
end

-- What is said below the prompt: a list of { text, highlight group }.
local function say(chunks)
  api.nvim_buf_set_extmark(live.prompt.buffer, namespace, 0, 0, { id = 1, virt_lines = { chunks } })
end

local function say_problem(problem)
  local before = problem.at and live.results.request.pattern:sub(1, problem.at) or ""
  local space = (" "):rep(rows.cells(before, 0))
  say({ { space }, { (problem.at and "^ " or "") .. problem.reason, "PsearchError" } })
end

local function say_status()
  local r, parts = live.results, {}
  if r.request.pattern == "" then
    return say({})
  elseif r.stale then
    parts[1] = { "searching", "PsearchStatus" }
  else
    local text = quickfix.count(r:count(), r:more())
    if r.how then
      text = ("%s, %s files, %.2f s"):format(text, quickfix.thousands(r.how.files), r.how.seconds)
    elseif not r:more() then
      text = text .. " …"
    end
    parts[1] = { text, "PsearchStatus" }
  end
  if r.errors > 0 then
    parts[#parts + 1] = { (", %d errors: %s"):format(r.errors, r.first_error), "PsearchError" }
  end
  if r.how and r.how.message then
    parts[#parts + 1] = { ", " .. r.how.message, "PsearchError" }
  end
  say(parts)
end

-- Scrolls the preview so that the match, from byte `from` up to `to` of the line, is seen.
local function scroll_preview(line, text, from, to)
  api.nvim_win_call(live.preview.window, function()
    local begin, stop = rows.cells(text:sub(1, from), 0), rows.cells(text:sub(1, to), 0)
    local width = api.nvim_win_get_width(0)
    local hidden = stop > width and math.max(begin - math.floor(width / 3), 0) or 0
    vim.fn.winrestview({ lnum = line, col = math.min(from, #text), topline = 1, leftcol = hidden })
  end)
end

local function show_view(row, view)
  if not live or live.previewed ~= row then -- another row was chosen meanwhile
    return
  end
  view.row, live.view = row, view
  api.nvim_buf_set_lines(live.preview.buffer, 0, -1, true, view.lines)
  local before = view.from or 0
  local from, to = (row.spans[1] or 0) - before, (row.spans[2] or 0) - before
  scroll_preview(view.at, view.lines[view.at], math.max(from, 0), math.max(to, 0))
end

local function selected_row()
  return live.results.rows[api.nvim_win_get_cursor(live.list.window)[1]]
end

-- Not by 'cursorline', with which Neovim 0.7 draws the cells of an invalid byte in two colours.
local function mark_selected()
  local line = api.nvim_win_get_cursor(live.list.window)[1]
  if line <= live.written then
    api.nvim_buf_set_extmark(live.list.buffer, namespace, line - 1, 0, {
      id = 1, end_row = line, hl_group = "PsearchSelected", hl_eol = true, priority = 50, strict = false,
    })
  else
    api.nvim_buf_del_extmark(live.list.buffer, namespace, 1)
  end
end

local function update_preview()
  mark_selected()
  local row = selected_row()
  if row == live.previewed then
    return
  end
  live.previewed = row
  if not row then
    live.view = nil
    api.nvim_buf_set_lines(live.preview.buffer, 0, -1, true, {})
    return
  end
  preview.load(row, api.nvim_win_get_height(live.preview.window), function(view)
    show_view(row, view)
  end)
end

-- Writes rows that are not in the list yet, in place of all that follows those that are; later the others.
local function write_rows()
  local r, first, lines = live.results, live.written + 1, {}
  local last = math.min(live.written + WRITTEN_AT_ONCE, r:count())
  local width = api.nvim_win_get_width(live.list.window)
  for i = first, last do
    lines[#lines + 1], live.looks[i] = rows.show(r.rows[i], width)
  end
  for i = last + 1, #live.looks do
    live.looks[i] = nil
  end
  api.nvim_buf_set_lines(live.list.buffer, first - 1, -1, true, lines)
  live.written = last
  if last < r:count() and not live.writes_later then
    live.writes_later = true
    local state = live
    vim.defer_fn(function()
      state.writes_later = false
      if live == state and live.written < live.results:count() then
        write_rows()
      end
    end, 0)
  end
end

local function show_stale(stale)
  if live.drawn_stale ~= stale then
    live.drawn_stale = stale
    highlight_window(live.list.window, stale and "PsearchStale" or "Normal")
  end
end

local function on_change(first)
  show_stale(live.results.stale)
  if first then
    live.written = math.min(live.written, first - 1)
    write_rows()
  end
  say_status()
  update_preview()
  if M.on_change then
    M.on_change(live.results)
  end
end

local function set_pattern(pattern)
  api.nvim_win_set_cursor(live.list.window, { 1, 0 })
  local problem = live.results:set(pattern)
  if problem then
    say_problem(problem)
  end
end

-- Text that is pasted may have several lines: they become one.
local function on_typed()
  local lines = api.nvim_buf_get_lines(live.prompt.buffer, 0, -1, true)
  if #lines > 1 then
    api.nvim_buf_set_lines(live.prompt.buffer, 0, -1, true, { table.concat(lines, " ") })
  end
  local pattern = table.concat(lines, " ")
  if pattern ~= live.results.request.pattern then
    set_pattern(pattern)
  end
end

-- Ends all except the windows, and returns what they belong to.
local function leave()
  local old = live
  live = nil
  old.results:close()
  vim.cmd("augroup psearch_live | autocmd! | augroup END")
  return old
end

local function close_windows(old)
  local was_inside = api.nvim_get_current_win() == old.prompt.window
  vim.cmd("stopinsert")
  for _, pane in ipairs({ old.preview, old.list, old.prompt }) do
    if api.nvim_win_is_valid(pane.window) then
      api.nvim_win_close(pane.window, true)
    end
  end
  if was_inside and api.nvim_win_is_valid(old.origin) then
    api.nvim_set_current_win(old.origin)
  end
end

function M.close()
  if live then
    close_windows(leave())
  end
end

-- The column, from 0, of a byte of the line on disk, in the current buffer: Neovim has converted the line if it is not
-- UTF-8 on disk.
local function column_in_buffer(row)
  local encoding, column = vim.bo.fileencoding, row.spans[1] or 0
  if encoding == "" or encoding:find("^utf") or encoding:find("^ucs") or row.from > 0 then
    return column
  end
  return #vim.fn.iconv(row.text:sub(1, column), encoding, "utf-8")
end

local function go_to(row, command)
  vim.cmd("normal! m'")
  -- Not by vim.cmd(), for which a newline in the name would end the command.
  local ok, problem = pcall(api.nvim_command, command .. " " .. vim.fn.fnameescape(row.path))
  if not ok then
    api.nvim_echo({ { "psearch: " .. problem, "ErrorMsg" } }, true, {})
    return
  end
  local last = api.nvim_buf_line_count(0)
  api.nvim_win_set_cursor(0, { math.min(row.line, last), row.line <= last and column_in_buffer(row) or 0 })
  vim.cmd("normal! zv")
end

local function jump(command)
  local row = selected_row()
  if row and not live.results.stale then
    M.close()
    vim.schedule(function() -- after insert mode, whose end moves the cursor
      go_to(row, command)
    end)
  end
end

local function move(rows_down)
  local window, last = live.list.window, math.max(live.written, 1)
  local line = api.nvim_win_get_cursor(window)[1] + rows_down
  api.nvim_win_set_cursor(window, { math.max(1, math.min(line, last)), 0 })
  update_preview()
end

-- All lines, not only those that the list takes: by a search of its own.
local function to_quickfix()
  local request = vim.tbl_extend("force", live.results.request, { live = false, skip_binary = false })
  if request.pattern ~= "" then
    M.close()
    require("psearch").quickfix(request, { window = true })
  end
end

local function toggle_fixed()
  live.results.base.fixed = not live.results.base.fixed or nil
  set_pattern(live.results.request.pattern)
end

local function page()
  return api.nvim_win_get_height(live.list.window) - 1
end

M.keys = {
  ["<CR>"] = function() jump("edit") end,
  ["<C-s>"] = function() jump("split") end,
  ["<C-v>"] = function() jump("vsplit") end,
  ["<C-t>"] = function() jump("tabedit") end,
  ["<Down>"] = function() move(1) end,
  ["<C-n>"] = function() move(1) end,
  ["<Up>"] = function() move(-1) end,
  ["<C-p>"] = function() move(-1) end,
  ["<PageDown>"] = function() move(page()) end,
  ["<PageUp>"] = function() move(-page()) end,
  ["<C-f>"] = toggle_fixed,
  ["<C-q>"] = to_quickfix,
  ["<C-c>"] = function() M.close() end,
  ["<Esc>"] = function() M.close() end,
}

local function set_keys(buffer)
  for key, run in pairs(M.keys) do
    for _, mode in ipairs({ "i", "n" }) do
      api.nvim_buf_set_keymap(buffer, mode, key, "", { callback = run, noremap = true, nowait = true })
    end
  end
end

local function fit()
  for i, place in ipairs({ places() }) do
    api.nvim_win_set_config(({ live.prompt, live.list, live.preview })[i].window, place)
  end
  live.written = 0
  write_rows()
end

local function watch(state)
  local group, buffer = api.nvim_create_augroup("psearch_live", { clear = true }), state.prompt.buffer
  api.nvim_create_autocmd({ "TextChanged", "TextChangedI", "TextChangedP" }, {
    group = group, buffer = buffer, callback = on_typed,
  })
  api.nvim_create_autocmd("BufLeave", { group = group, buffer = buffer, callback = vim.schedule_wrap(function()
    if live == state then
      M.close()
    end
  end) })
  -- Whatever closes one of the windows closes all: the others once that one is gone.
  local windows = vim.tbl_map(tostring, { state.prompt.window, state.list.window, state.preview.window })
  api.nvim_create_autocmd("WinClosed", { group = group, pattern = windows, callback = function()
    local old = leave()
    vim.schedule(function()
      close_windows(old)
    end)
  end })
  api.nvim_create_autocmd("VimResized", { group = group, callback = fit })
end

-- base: a request without pattern and limit. limit: how many lines the list takes.
function M.open(base, limit)
  M.close()
  base.live, base.skip_binary = true, true
  local prompt_place, list_place, preview_place = places()
  local state = {
    origin = api.nvim_get_current_win(), results = results.new(base, limit, on_change), looks = {}, written = 0,
    drawn_stale = false,
  }
  state.prompt = new_pane(prompt_place, true) -- first, since it is the one that may be refused
  state.list, state.preview = new_pane(list_place, false), new_pane(preview_place, false)
  live = state
  set_keys(state.prompt.buffer)
  watch(state)
  vim.cmd("startinsert!")
end

return M
