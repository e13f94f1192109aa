-- SPDX-License-Identifier: BSD-2-Clause
--[[
overlays - the texts that buffers would have on disk if they were written now.

Which buffers: each that is modified, loaded, and would be written to a file: with a name that is no URL, and without a
'buftype'. The text is what :write would write, by 'fileformat', 'endofline', 'fixendofline', 'bomb' and
'fileencoding': the library then decodes it, or not, as it would the file.

A text is made once for each change of its buffer. Lua's strings never change, so a search may borrow one for as long
as somebody refers to it.
]]
local ffi = require("ffi")
local M = {}

pcall(ffi.cdef, [[
void *iconv_open(const char *to, const char *from);
size_t iconv(void *cd, const char **in, size_t *in_left, char **out, size_t *out_left);
int iconv_close(void *cd);
]])

local BOM = "\239\187\191"
local line_ends = { unix = "\n", dos = "\r\n", mac = "\r" }
-- Neovim's names mean big endian without a mark; iconv's would add a mark, or take the machine's order.
local iconv_names = {
  ["utf-16"] = "UTF-16BE", ["ucs-2"] = "UCS-2BE", ["ucs-4"] = "UCS-4BE", ["utf-32"] = "UTF-32BE",
  ["ucs-2le"] = "UCS-2LE", ["ucs-4le"] = "UCS-4LE",
}

-- The text, in UTF-8, in another encoding; nil if it cannot be. (vim.fn.iconv() would stop at a NUL.)
local function convert(text, encoding)
  local cd = ffi.C.iconv_open(iconv_names[encoding] or encoding, "UTF-8")
  if ffi.cast("intptr_t", cd) == -1 then
    return nil
  end
  local room = 4 * #text + 16 -- no encoding takes more for a character of UTF-8, except for a few bytes at the end
  local buffer = ffi.new("char[?]", room)
  local input = ffi.new("const char *[1]", { text })
  local input_left, out = ffi.new("size_t[1]", #text), ffi.new("char *[1]", buffer)
  local out_left = ffi.new("size_t[1]", room)
  local failed = ffi.C.iconv(cd, input, input_left, out, out_left) == ffi.cast("size_t", -1)
    or ffi.C.iconv(cd, nil, nil, out, out_left) == ffi.cast("size_t", -1)
  ffi.C.iconv_close(cd)
  return not failed and ffi.string(buffer, room - tonumber(out_left[0])) or nil
end

-- Has the buffer no line at all? Its only line is empty then, but so it may be otherwise.
local function has_no_line(buffer, lines)
  return #lines == 1 and lines[1] == "" and vim.api.nvim_buf_call(buffer, function()
    return vim.fn.line2byte(2)
  end) == -1
end

-- What :write would write. If it would fail, since the text does not fit 'fileencoding', the text as it is.
local function text_of(buffer)
  local option = vim.bo[buffer]
  local line_end = option.binary and "\n" or line_ends[option.fileformat]
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
  if has_no_line(buffer, lines) then
    return ""
  end
  local text = table.concat(lines, line_end)
  if option.endofline or (option.fixendofline and not option.binary) then
    text = text .. line_end
  end
  local encoding = option.fileencoding
  local unicode = encoding == "" or encoding:find("^utf") or encoding:find("^ucs")
  if option.bomb and unicode and not option.binary then
    text = BOM .. text
  end
  if encoding == "" or encoding == "utf-8" or option.binary then
    return text
  end
  return convert(text, encoding) or text
end

local cache = {} -- by buffer: { tick, text }

-- A list of { path, text }.
function M.collect()
  local list, kept = {}, {}
  for _, info in ipairs(vim.fn.getbufinfo({ bufmodified = 1 })) do
    local buffer, name = info.bufnr, info.name
    if info.loaded == 1 and name:sub(1, 1) == "/" and vim.bo[buffer].buftype == "" then
      local known = cache[buffer]
      if not known or known.tick ~= info.changedtick or known.path ~= name then
        known = { tick = info.changedtick, path = name, text = text_of(buffer) }
      end
      kept[buffer] = known
      list[#list + 1] = { path = name, text = known.text }
    end
  end
  cache = kept
  return list
end

return M
