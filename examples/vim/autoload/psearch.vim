" SPDX-License-Identifier: BSD-2-Clause
" A search is a job that runs psearch, and the quickfix list that it fills: a dictionary. There is one at a time, s:now.
"
" The job's lines come one by one, and go into the list in batches: adding to a list costs more than what is added. A
" line is the file's name, NUL, line, column and text; in the lines of a channel Vim has a newline in the place of a
" NUL. So colons and spaces in names are no matter, as they would be to an errorformat.
"
" What comes of a search that is no longer s:now is dropped: its list keeps what it had.

let s:batch = 200 " lines
let s:wait = 40 " milliseconds after which fewer are shown
let s:now = {}

" What g:psearch_status says, for a status line.
function! s:tell(status) abort
  let g:psearch_status = a:status
  redrawstatus
endfunction

function! s:complain(message) abort
  echohl ErrorMsg
  echomsg 'psearch: ' . a:message
  echohl None
endfunction

function! psearch#complete(lead, line, position) abort
  return getcompletion(a:lead, 'file')
endfunction

" :Psearch, with the arguments of the command; without any it searches for the word under the cursor.
function! psearch#search(arguments) abort
  let arguments = empty(a:arguments) ? ['-F', '-w', '-e', expand('<cword>')] : a:arguments
  if empty(arguments[-1]) " an empty pattern would match every line
    return s:complain('there is no word under the cursor')
  endif
  call psearch#stop()
  call setqflist([], ' ', {'nr': '$', 'title': ':Psearch ' . join(arguments)})
  call s:start({'arguments': arguments, 'list': getqflist({'nr': '$', 'id': 0}).id, 'directory': getcwd(), 'cursor': '',
        \ 'found': 0})
  if s:is_running() && get(g:, 'psearch_open', 1)
    botright copen
    wincmd p
  endif
endfunction

" :PsearchNext: goes on where the last page ended, into the same list.
function! psearch#next() abort
  if empty(s:now) || s:is_running()
    call s:complain(empty(s:now) ? 'there is no search to go on with' : 'the search goes on')
  elseif empty(s:now.cursor)
    call s:complain('everything was searched')
  else
    call s:start(s:now)
  endif
endfunction

" :PsearchStop: what was found stays in the list.
function! psearch#stop() abort
  if s:is_running()
    let search = s:now
    let s:now = {}
    call s:flush(search)
    call job_stop(search.job)
    call s:tell('stopped: ' . search.found . ' found')
  endif
endfunction

function! s:is_running() abort
  return !empty(s:now) && s:now.left > 0
endfunction

" Starts the job for a search, or for its next page.
function! s:start(search) abort
  let program = get(g:, 'psearch_command', 'psearch')
  if !executable(program)
    return s:complain(program . ' is not to be found: set g:psearch_command')
  endif
  let page = '--max-results=' . get(g:, 'psearch_page', 1000)
  let command = [program, '--vimgrep', '--null', '--color=never', '--cursor', page]
        \ + (empty(a:search.cursor) ? [] : ['--resume=' . a:search.cursor]) + a:search.arguments
  call extend(a:search, {'lines': [], 'errors': [], 'cursor': '', 'timer': -1, 'left': 2})
  let s:now = a:search
  call s:tell('searching')
  let a:search.job = job_start(command, {'cwd': a:search.directory, 'in_io': 'null', 'stoponexit': 'term',
        \ 'out_cb': function('s:got_line', [a:search]), 'err_cb': function('s:got_message', [a:search]),
        \ 'close_cb': function('s:got_end', [a:search]), 'exit_cb': function('s:got_exit', [a:search])})
endfunction

function! s:got_line(search, channel, line) abort
  if a:search isnot s:now
    return
  endif
  call add(a:search.lines, a:line)
  if len(a:search.lines) >= s:batch
    call s:flush(a:search)
  elseif a:search.timer == -1
    let a:search.timer = timer_start(s:wait, function('s:flush', [a:search]))
  endif
endfunction

function! s:got_message(search, channel, line) abort
  if a:line =~# '^cursor: '
    let word = strpart(a:line, 8)
    let a:search.cursor = word ==# 'none' ? '' : word
  else
    call add(a:search.errors, a:line)
  endif
endfunction

function! s:item(search, line) abort
  let parts = matchlist(a:line, '^\([^\n]*\)\n\(\d\+\):\(\d\+\):\(.*\)$')
  if empty(parts)
    return {'text': a:line, 'valid': 0} " what -l, -c or --stats prints
  endif
  let name = substitute(parts[1], '^\./', '', '')
  " Absolute: Vim's directory may change meanwhile. It shows names below that without it.
  return {'filename': name =~# '^/' ? name : a:search.directory . '/' . name, 'lnum': str2nr(parts[2]),
        \ 'col': str2nr(parts[3]), 'text': parts[4]}
endfunction

function! s:add(search, items) abort
  if getqflist({'id': a:search.list}).id == a:search.list
    call setqflist([], 'a', {'id': a:search.list, 'items': a:items})
  else
    call psearch#stop() " the list is gone: nobody wants it
  endif
endfunction

function! s:flush(search, ...) abort
  call timer_stop(a:search.timer)
  let a:search.timer = -1
  let lines = a:search.lines
  let a:search.lines = []
  let a:search.found += len(lines)
  call s:add(a:search, map(lines, 's:item(a:search, v:val)'))
endfunction

" The end of the output and that of the process come in any order.
function! s:got_end(search, channel) abort
  call s:end_one(a:search)
endfunction

function! s:got_exit(search, job, status) abort
  let a:search.status = a:status
  call s:end_one(a:search)
endfunction

function! s:end_one(search) abort
  let a:search.left -= 1
  if a:search.left > 0 || a:search isnot s:now
    return
  endif
  call s:flush(a:search)
  " Errors have a pipe of their own, and so no place among the lines.
  call s:add(a:search, map(copy(a:search.errors), '{''text'': v:val, ''valid'': 0}'))
  let more = empty(a:search.cursor) ? '' : ', and more: :PsearchNext'
  call s:tell((a:search.status > 1 ? 'failed: ' : '') . a:search.found . ' found' . more)
  if a:search.status > 1
    call s:complain(get(a:search.errors, 0, 'ended with ' . a:search.status))
  endif
  if exists('#User#PsearchDone')
    doautocmd <nomodeline> User PsearchDone
  endif
endfunction
