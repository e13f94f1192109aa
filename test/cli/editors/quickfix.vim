" SPDX-License-Identifier: BSD-2-Clause
" Runs :grep $ARGUMENTS, with $GREPPRG and $GREPFORMAT if they are set, and writes the quickfix list to $RESULT:
" a line FILE:LINE:COLUMN:TEXT for each entry. For Vim and Neovim.
if !empty($GREPPRG)
	let &grepprg = $GREPPRG
endif
if !empty($GREPFORMAT)
	let &grepformat = $GREPFORMAT
endif
execute 'silent grep!' $ARGUMENTS
let lines = []
for entry in getqflist()
	call add(lines, printf('%s:%d:%d:%s', entry.valid ? bufname(entry.bufnr) : '', entry.lnum, entry.col, entry.text))
endfor
call writefile(lines, $RESULT)
qall!
