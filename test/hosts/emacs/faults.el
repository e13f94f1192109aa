;;; faults.el --- Emacs without memory, files, threads and descriptors  -*- lexical-binding: t; -*-
;; SPDX-License-Identifier: BSD-2-Clause
;;; Commentary:
;; In each trial another call of libpsearch's or of the module's fails, the first, the second, and so on until a trial
;; has no more of them (see ../faults.c); in some trials all from there on.  A trial finds everything; or a line in the
;; buffer accounts for what is missing; or it signals a psearch-error, with a reason.  Nothing is left of it, and the
;; next search finds everything.  Called by test_emacs.sh, in a directory where "few" is a tree of a few files.
;;; Code:
(require 'psearch)
(require 'seq)

(defconst faults-all #xffffffff)
(defconst faults-each (if (getenv "PS_LONG") 1 7) "After so many trials there is one in which all calls fail.")
(defconst faults-of-module 2 "The place of the module in FAULTS_OF.")
(defvar faults-trials 0)
(defvar faults-told 0 "How many trials told of a failure.")
(defvar faults-module 0 "How many trials were of the module's own calls.")

;;; What faults.c shares with its host: see struct control there

(defun faults-arm (first &optional count)
  "From now on call number FIRST fails, and so do those after it, COUNT in all.
With `faults-all' none fails."
  (let* ((places (if (eq (byteorder) ?l) '(0 8 16 24) '(24 16 8 0)))
         (bytes (mapcan (lambda (word) (mapcar (lambda (place) (logand (ash word (- place)) 255)) places))
                        (list first (or count 1) 0 0)))
         (coding-system-for-write 'no-conversion))
    (write-region (apply #'unibyte-string bytes) nil (getenv "FAULTS_CONTROL") 0 'silent)))

(defun faults-read ()
  "The list of what is shared: numbers, and the name of the call that failed."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert-file-contents-literally (getenv "FAULTS_CONTROL"))
    (append (mapcar (lambda (word)
                      (let ((bytes (append (buffer-substring (+ 1 (* 4 word)) (+ 5 (* 4 word))) nil)))
                        (seq-reduce (lambda (sum byte) (+ (* 256 sum) byte))
                                    (if (eq (byteorder) ?l) (reverse bytes) bytes) 0)))
                    '(0 1 2 3 4 5))
            (list (car (split-string (buffer-substring 25 49) "\0"))))))

(defun faults-calls () "How many calls might have failed." (nth 2 (faults-read)))
(defun faults-failed () "How many failed." (nth 3 (faults-read)))
(defun faults-live () "How many blocks are in use." (nth 4 (faults-read)))

;;; Ways to use the package

(defun faults-wait (what until)
  "Let Emacs wait for processes until the function UNTIL returns non-nil, or say that it never was WHAT."
  (let ((limit (+ (float-time) (* 20 (string-to-number (or (getenv "PS_PATIENCE") "1"))))))
    (while (not (funcall until))
      (when (> (float-time) limit)
        (error "Never %s" what))
      (accept-process-output nil 0.001))))

(defun faults-search (pattern)
  "What a search for PATTERN finds, and what it says besides: two lists of lines."
  (let ((buffer (get-buffer-create "*psearch*")))
    (psearch--start buffer pattern (expand-file-name "few"))
    (faults-wait "is the search over" (lambda () (not (buffer-local-value 'psearch--search buffer))))
    (with-current-buffer buffer
      (goto-char (point-min))
      (forward-line 3)
      (let* ((lines (split-string (buffer-substring-no-properties (point) (point-max)) "\n" t))
             (foot (car (last lines)))
             (found (seq-filter (lambda (line) (string-match-p "\0\\|^[a-z0-9/]+-[0-9]+-" line)) lines)))
        (unless (string-prefix-p "Search " foot)
          (error "It ends with %S" foot))
        (list found (append (seq-difference (butlast lines) found)
                            (and (not (string-prefix-p "Search ended" foot)) (list foot))))))))

(defun faults-everything ()
  "All that a search is given."
  (let ((psearch-globs '("f*" "!*3")) (psearch-context 1) (psearch-ignored t) (psearch-hidden t))
    (faults-search "needle|hay")))

(defun faults-alone () "Just a search." (faults-search "needle"))

(defun faults-left ()
  "A search that goes on when its buffer is killed."
  (psearch--start (get-buffer-create "*left*") "needle" (expand-file-name "few"))
  (kill-buffer "*left*")
  '(("left") nil))

(defun faults-new-channel ()
  "The pipe is closed, and there has to be another one."
  (delete-process psearch--channel)
  (faults-alone))

;;; What holds after each

(defun faults-held ()
  "How many descriptors, threads and blocks there are."
  (append (mapcar (lambda (what) (length (directory-files (format "/proc/self/%s" what) nil "^[0-9]"))) '("fd" "task"))
          (list (faults-live))))

(defun faults-check-held (what before)
  "After WHAT there is nothing more than BEFORE, once the garbage is collected.
At that time a stack may still have held the struct of a search that was closed."
  (condition-case nil
      (faults-wait "is it given back" (lambda ()
                                        (garbage-collect)
                                        (let ((now (faults-held)))
                                          (and (equal (butlast now) (butlast before))
                                               (<= (car (last now)) (car (last before)))))))
    (error (error "%s: descriptors, threads and blocks are %S, and were %S" what (faults-held) before))))

(defun faults-part-p (some of)
  "Whether all of SOME are in the list OF, in this order."
  (dolist (each of)
    (when (equal each (car some))
      (pop some)))
  (null some))

(defun faults-attempt (what use wanted)
  "Whether USE, which is WHAT, tells that something failed; it finds WANTED, or has an excuse."
  (condition-case wrong
      (pcase-let ((`(,found ,told) (funcall use)))
        (unless (or (equal found wanted) (and told (faults-part-p found wanted)))
          (error "%s, %s: it finds %S, not %S, and says %S" what (nth 6 (faults-read)) found wanted told))
        told)
    (psearch-error
     (when (string-empty-p (cadr wrong))
       (error "%s, %s: it tells nothing" what (nth 6 (faults-read))))
     t)))

(defun faults-try (use first count wanted)
  "Call USE, with COUNT calls that fail from number FIRST on.
Return how many failed."
  (faults-arm first count)
  (let* ((what (format "%s, call %d%s" use first (if (= count 1) "" " and all after it")))
         (told (faults-attempt what use wanted))
         (shared (faults-read)) (failed (nth 3 shared)))
    (faults-arm faults-all)
    (when (and told (= failed 0))
      (error "%s: nothing has failed, and it says %S" what told))
    (when (> failed 0)
      (setq faults-trials (1+ faults-trials))
      (when told
        (setq faults-told (1+ faults-told)))
      (when (= (nth 5 shared) faults-of-module)
        (setq faults-module (1+ faults-module))))
    failed))

(defun faults-try-all (use &optional most)
  "Try each call of USE, or the first MOST."
  (faults-arm faults-all)
  (let ((wanted (car (funcall use))) (alone (car (faults-alone))) (first 0) (failed 1) (trials faults-trials) before)
    (unless (and wanted (> (faults-calls) 0))
      (error "%s finds nothing" use))
    (garbage-collect)
    (setq before (faults-held))
    (while (and (> failed 0) (< first (or most faults-all)))
      (setq first (1+ first)
            failed (faults-try use first 1 wanted))
      (when (= (% first faults-each) 0)
        (faults-try use first faults-all wanted))
      (when (= (% first 3) 0)
        (faults-attempt (format "a search after call %d of %s" first use) #'faults-alone alone))
      (when (= (% first 30) 0)
        (faults-check-held (format "%s, up to call %d" use first) before)))
    (faults-check-held use before)
    (unless (> (- faults-trials trials) 20)
      (error "%s: only %d calls failed" use (- faults-trials trials)))))

(defun faults-begin ()
  "Print what is held after the first search."
  (faults-arm faults-all)
  (let ((wanted (car (faults-alone))))
    (garbage-collect)
    (let ((print-escape-control-characters t))
      (prin1 (list wanted (faults-held))))))

(defun faults-run ()
  "Try everything, the first search as well: the argument is what `faults-begin' printed."
  (pcase-let ((`(,wanted ,held) (read (pop command-line-args-left))) (first 0) (failed 1))
    ;; The first search opens the pool, and starts the thread.  If that fails, the next one has to do it.
    (while (> failed 0)
      (setq first (1+ first)
            failed (faults-try #'faults-alone first 1 wanted)))
    (faults-check-held "the first search, after some that failed" held))
  (with-current-buffer (find-file-noselect "few/d1/f1")
    (insert "a needle that is not saved\n"))
  (mapc #'faults-try-all '(faults-everything faults-alone faults-left))
  (faults-try-all 'faults-new-channel 30) ; for the rest it is like the others
  (with-current-buffer (find-file-noselect "few/d1/f1")
    (set-buffer-modified-p nil))
  (princ (format "%d trials, of which %d told of a failure, and %d were of the module's own calls\n"
                 faults-trials faults-told faults-module)))

(provide 'faults)
;;; faults.el ends here
