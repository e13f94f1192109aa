-- SPDX-License-Identifier: BSD-2-Clause
-- The commands; what they do is loaded with the first of them. doc/psearch.txt describes them.
if vim.g.loaded_psearch then
  return
end
vim.g.loaded_psearch = true

local function command(name, run, options)
  -- Not complete = "file": with that, Neovim expands %, # and * in the arguments, which are a pattern.
  options.complete = function(word)
    return vim.fn.getcompletion(word, "file")
  end
  vim.api.nvim_create_user_command(name, run, options)
end

command("Psearch", function(call)
  require("psearch").quickfix(call.args, { window = not call.bang })
end, { nargs = "+", bang = true, desc = "search, and fill the quickfix list" })

command("PsearchLive", function(call)
  require("psearch").live(call.args)
end, { nargs = "*", desc = "search while the pattern is typed" })

vim.api.nvim_create_user_command("PsearchStop", function()
  require("psearch").stop()
end, { desc = "end the running search" })

vim.cmd([[
highlight default link PsearchMatch Search
highlight default link PsearchPath Directory
highlight default link PsearchLine LineNr
highlight default link PsearchSelected CursorLine
highlight default link PsearchStale Comment
highlight default link PsearchError ErrorMsg
highlight default link PsearchStatus NonText
]])
