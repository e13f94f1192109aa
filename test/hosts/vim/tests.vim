" SPDX-License-Identifier: BSD-2-Clause
" Called by test_vim.sh, in a directory with the trees that it makes; what is wrong goes to the file `errors`.
set nocompatible hidden
let s:slow = '^(x+)+\1(?=q)|quick'
let g:psearch_command = $PSEARCH
let g:psearch_open = 0
let g:done = 0
autocmd User PsearchDone let g:done += 1

function! s:until(what) abort
  let limit = reltime()
  while !eval(a:what)
    if reltimefloat(reltime(limit)) > 60
      throw 'never: ' . a:what
    endif
    sleep 5m
  endwhile
endfunction

function! s:wait() abort
  call s:until('g:psearch_status !=# "searching"')
endfunction

" The list as psearch --vimgrep prints it.
function! s:list() abort
  return map(getqflist(), 'v:val.valid ? fnamemodify(bufname(v:val.bufnr), ":.") . ":" . v:val.lnum . ":" . v:val.col . ":" . v:val.text : v:val.text')
endfunction

function! s:command(arguments) abort
  return map(split(system(shellescape($PSEARCH) . ' --no-config --vimgrep ' . a:arguments . ' </dev/null'), "\n"),
        \ 'substitute(v:val, "^\\./", "", "")')
endfunction

function! Test_results() abort
  let before = g:done
  Psearch alpha
  call s:wait()
  call assert_true(len(s:list()) > 50)
  call assert_equal(s:command('alpha'), s:list())
  Psearch -i ALPHA\ x tree
  call s:wait()
  call assert_true(len(s:list()) > 3)
  call assert_equal(s:command('-i "alpha x" tree'), s:list())
  Psearch no\ such\ text
  call s:wait()
  call assert_equal([], s:list())
  call assert_equal('0 found', g:psearch_status)
  call assert_equal(before + 3, g:done)
endfunction

" Each entry leads to where the match begins, in a line of characters of several bytes, too.
function! Test_places() abort
  Psearch needle odd
  call s:wait()
  call assert_equal(['a b: c:7:d', 'tab', 'é:1:'], map(getqflist(), 'fnamemodify(bufname(v:val.bufnr), ":t")'))
  cfirst
  for item in getqflist()
    call assert_equal(item.col, col('.'))
    call assert_equal('needle', matchstr(getline('.'), '\%' . col('.') . 'cneedle'))
    silent! cnext
  endfor
  call assert_equal(0, search('needle', 'bnW', line('.')))
endfunction

" What an argument holds reaches the command as it is: there is no shell.
function! Test_arguments() abort
  for [given, finds] in [['-F $HOME', 1], ['-F `id`', 1], ['-F "quoted', 1], ['-F *', 1], ['-F a|b', 1], ['-F % #', 0],
        \ ['-F %', 1], ['-F #', 1], ['-F back\slash', 1], ['-F ;\ true', 1], ["-F it's", 1], ['\bword\b', 1], ['-e -dash', 1]]
    execute 'Psearch ' . given . (finds ? ' quoting' : '')
    call s:wait()
    call assert_equal(finds, len(filter(getqflist(), 'v:val.valid')), given)
  endfor
  new
  call setline(1, 'say needle-point')
  normal! w
  Psearch
  call s:wait()
  call assert_equal(3, len(getqflist()))
  call setline(1, '')
  let list = getqflist({'id': 0}).id
  redir => said
  silent Psearch
  redir END
  call assert_match('no word under the cursor', said)
  call assert_equal(list, getqflist({'id': 0}).id)
  bwipeout!
endfunction

function! Test_errors() abort
  Psearch a(b
  call s:wait()
  call assert_match('^failed: 0 found', g:psearch_status)
  call assert_match('( without )', join(s:list()))
  Psearch needle odd no_such_directory
  call s:wait()
  call assert_equal(4, len(getqflist()))
  call assert_match('no_such_directory: .*No such file', s:list()[3])
  let g:psearch_command = 'no-such-program'
  redir => said
  silent Psearch needle
  redir END
  let g:psearch_command = $PSEARCH
  call assert_match('no-such-program is not to be found', said)
endfunction

function! Test_pages() abort
  Psearch alpha
  call s:wait()
  let whole = s:list()
  let g:psearch_page = 30
  Psearch alpha
  let id = getqflist({'id': 0}).id
  call s:wait()
  let pages = 1
  while g:psearch_status =~# 'and more' && pages < len(whole)
    let shown = len(getqflist())
    PsearchNext
    call s:wait()
    call assert_true(len(getqflist()) > shown)
    let pages += 1
  endwhile
  call assert_true(pages > 3, pages)
  call assert_equal(whole, s:list())
  call assert_equal(id, getqflist({'id': 0}).id)
  silent! PsearchNext
  call assert_equal(whole, s:list())
  unlet g:psearch_page
endfunction

" How many psearches of this Vim's there are.
function! s:processes() abort
  return str2nr(system('ps -o stat=,comm= --ppid ' . getpid() . ' | grep -c "^[^Z].* psearch$"'))
endfunction

function! Test_stop() abort
  execute 'Psearch' s:slow 'slow'
  call s:until('len(getqflist()) == 1')
  call assert_equal('searching', g:psearch_status)
  silent! PsearchNext
  PsearchStop
  call assert_equal('stopped: 1 found', g:psearch_status)
  call s:until('s:processes() == 0')
  call assert_equal(1, len(getqflist()))
  PsearchStop
  call assert_equal('stopped: 1 found', g:psearch_status)
endfunction

" A new search ends the one before, of which nothing comes any more; and another list may be made meanwhile.
function! Test_another() abort
  for turn in range(10)
    execute 'Psearch' s:slow 'slow'
    if turn % 2
      call s:until('len(getqflist()) == 1')
    endif
  endfor
  let slow = getqflist({'id': 0}).id
  Psearch needle odd
  cexpr ['another: 1']
  call s:wait()
  call assert_equal(1, len(getqflist()))
  silent colder
  call assert_equal(3, len(getqflist()))
  call assert_true(len(getqflist({'id': slow, 'items': 0}).items) <= 1)
  call s:until('s:processes() == 0')
  Psearch x tree
  let full = getqflist({'id': 0}).id
  while s:processes() > 0 " its output waits for Vim, which does not look here
  endwhile
  Psearch needle odd
  call s:wait()
  sleep 100m
  call assert_equal([], getqflist({'id': full, 'items': 0}).items)
  " The list of a search that goes on is freed: the search ends.
  execute 'Psearch' s:slow 'slow'
  call setqflist([], 'f')
  call s:until('g:psearch_status =~# "stopped"')
endfunction

function! Test_directory() abort
  Psearch needle
  cd tree
  call s:wait()
  cfirst
  call assert_true(filereadable(expand('%')), expand('%'))
  cd ..
  call assert_equal(3, len(getqflist()))
endfunction

function! Test_window() abort
  let g:psearch_open = 1
  Psearch needle odd
  call s:wait()
  call assert_equal(2, winnr('$'))
  call assert_notequal('quickfix', &buftype)
  cclose
  let g:psearch_open = 0
  call assert_equal(['odd/a b: c:7:d', 'odd/tab', 'odd/é:1:'], sort(psearch#complete('odd/', '', 0)))
endfunction

let s:ran = []
for s:name in sort(map(split(execute('function /^Test_'), "\n"), 'matchstr(v:val, "Test_\\w*")'))
  try
    call call(s:name, [])
  catch
    call add(v:errors, s:name . ': ' . v:exception . ' at ' . v:throwpoint)
  endtry
  call add(s:ran, s:name)
endfor
call writefile(v:errors, 'errors')
call writefile(s:ran, 'ran')
qall!
