" SPDX-License-Identifier: BSD-2-Clause
" Searches into the quickfix list while Vim goes on; README.md says how. For Vim 8.1 and later with +job and +timers.
if exists('g:loaded_psearch') || !exists('*job_start') || !has('timers')
  finish
endif
let g:loaded_psearch = 1

" Neither -bar nor -complete=file: the pattern may have |, % and #.
command! -nargs=* -complete=customlist,psearch#complete Psearch call psearch#search([<f-args>])
command! -nargs=0 PsearchNext call psearch#next()
command! -nargs=0 PsearchStop call psearch#stop()
