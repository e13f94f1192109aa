-- SPDX-License-Identifier: BSD-2-Clause
--[[
:Telescope psearch - live grep in telescope.nvim, if that is installed: require("telescope").load_extension("psearch").

Options: those of any picker; cwd; and arguments, a text as after :PsearchLive.
]]
local function psearch(options)
  options = options or {}
  require("telescope.pickers").new(options, {
    prompt_title = "psearch",
    finder = require("psearch.finder").new(options.arguments, options.cwd),
    previewer = require("telescope.config").values.grep_previewer(options),
    sorter = require("telescope.sorters").highlighter_only(options), -- the order is the search's
  }):find()
end

return require("telescope").register_extension({ exports = { psearch = psearch } })
