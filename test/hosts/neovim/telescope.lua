-- SPDX-License-Identifier: BSD-2-Clause
-- The extension for telescope.nvim, which is not packaged: a stub takes its place, and calls the finder as it does.
local check = dofile("test/hosts/neovim/check.lua")

local picker
package.preload["telescope"] = function()
  return { register_extension = function(extension) return extension end }
end
package.preload["telescope.pickers"] = function()
  return {
    new = function(_, options)
      return { find = function() picker = options end }
    end,
  }
end
package.preload["telescope.config"] = function()
  return { values = { grep_previewer = function() return {} end } }
end
package.preload["telescope.sorters"] = function()
  return { highlighter_only = function() return {} end }
end

-- What telescope does for each prompt; results of an older one are refused by returning true.
local current = 0
local function prompt(text, most)
  current = current + 1
  local mine, run = current, { entries = {}, complete = 0 }
  picker.finder(text, function(entry)
    if mine ~= current or #run.entries == most then
      return true
    end
    run.entries[#run.entries + 1] = entry
  end, function()
    run.complete = run.complete + 1
  end)
  return run
end

check.main(function()
  require("telescope._extensions.psearch").exports.psearch({ arguments = "lib include", cwd = check.top })
  check.equal("a picker is opened", picker.prompt_title, "psearch")
  check.equal("nothing for nothing", { prompt("").complete, #prompt("").entries }, { 1, 0 })
  local old = prompt("return")
  local run = prompt("search_open(")
  check.wait("a bad pattern is complete", function() return run.complete > 0 end)
  run = prompt("search_open\\(")
  check.wait("complete", function() return run.complete > 0 end)
  check.equal("an older prompt is not", { old.complete, #old.entries }, { 0, 0 })
  local wanted = vim.fn.systemlist({ check.build .. "/psearch", "-nH", "--column", "search_open\\(", "lib", "include" })
  local got = {}
  for i, entry in ipairs(run.entries) do
    got[i] = ("%s:%d:%d:%s"):format(entry.value.name, entry.lnum, entry.col, entry.text)
    check.equal("its file", entry.filename, check.top .. "/" .. entry.value.name)
    local text, highlights = entry.display(entry, nil)
    local match = highlights[3][1]
    check.equal("its highlights", text:sub(match[1] + 1, match[2]), "search_open(")
    check.that("its ordinal", type(entry.ordinal) == "string")
  end
  check.equal("in order", got, wanted)
  local few = prompt(".", 3)
  check.wait("it is refused", function() return picker.finder.search == nil end)
  check.equal("after three", { #few.entries, few.complete }, { 3, 0 })
  prompt("return")
  picker.finder:close()
  picker.finder:close()
  check.equal("closed", picker.finder.search, nil)
end)
