#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench/hosts/emacs.sh [TREE [PATTERN...]]: in Emacs without a screen, after how long the first line and all lines are
# in the buffer, how often Emacs was told of items, and how long it was kept busy at once.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-$PWD/build}
tree=${1:-$PWD}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- PM_RESUME mutex_lock return
make -s -C examples/emacs BUILD="$build" || exit 1
code=$(mktemp) || exit 1
trap 'rm -f "$code"' EXIT
cat >"$code" <<'X'
(require 'psearch)
(byte-compile 'psearch--line)
(byte-compile 'psearch--matches)
(byte-compile 'psearch--update)
(defvar busy nil)
(defvar first nil)
(advice-add 'psearch--told :around
            (lambda (told &rest arguments)
              (let ((since (float-time)))
                (apply told arguments)
                (unless (or first (= 0 (buffer-local-value 'psearch--lines (get-buffer "*psearch*"))))
                  (setq first (float-time)))
                (push (- (float-time) since) busy))))
(dolist (pattern (cdr command-line-args-left))
  (setq busy nil first nil)
  (let ((since (float-time)) (buffer (psearch pattern (car command-line-args-left))))
    (while (buffer-local-value 'psearch--search buffer)
      (accept-process-output nil 1))
    (princ (format (concat "%-20s first line %6.1f ms   all %8.1f ms   %6d lines   told %5d times   "
                           "busy at once: max %5.1f ms, in all %7.1f ms\n")
                   pattern (* 1000 (- first since)) (* 1000 (- (float-time) since))
                   (buffer-local-value 'psearch--lines buffer) (length busy) (* 1000 (apply #'max busy))
                   (* 1000 (apply #'+ busy))))))
X
emacs -Q --batch -L examples/emacs -L "$build/examples/emacs" -l "$code" "$tree" "$@"
