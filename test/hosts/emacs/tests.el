;;; tests.el --- Searches in Emacs, without a screen  -*- lexical-binding: t; -*-
;; SPDX-License-Identifier: BSD-2-Clause
;;; Commentary:
;; Called by test_emacs.sh, in a directory with the trees that it makes.
;;; Code:
(require 'ert)
(require 'psearch)
(require 'seq)

(defvar tests-slow "^(x+)+\\1(?=q)" "Takes seconds for each line of many x: a search that goes on until it is ended.")

(defun tests-limit (seconds)
  "The time until which to wait for what takes a moment: SECONDS from now, times PS_PATIENCE."
  (+ (float-time) (* seconds (string-to-number (or (getenv "PS_PATIENCE") "1")))))

(defun tests-until (what)
  "Let Emacs wait for processes until WHAT returns non-nil, or for a minute."
  (let ((limit (tests-limit 60)))
    (while (not (funcall what))
      (should (< (float-time) limit))
      (accept-process-output nil 0.05))))

(defun tests-search (pattern directory)
  "The buffer of a search for PATTERN below DIRECTORY, when it has ended."
  (let ((buffer (psearch pattern directory)))
    (tests-until (lambda () (not (buffer-local-value 'psearch--search buffer))))
    buffer))

(defun tests-lines (buffer)
  "The lines in BUFFER, without the head and the foot."
  (with-current-buffer buffer
    (goto-char (point-min))
    (forward-line 3)
    (let ((start (point)))
      (goto-char (point-max))
      (should (search-backward-regexp "^\nSearch ended" nil t))
      (split-string (encode-coding-string (buffer-substring-no-properties start (point)) 'utf-8) "\n" t))))

(defun tests-command (&rest arguments)
  "The lines that the command prints with ARGUMENTS."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (apply #'call-process (getenv "PSEARCH") nil '(t nil) nil "--no-config" "-nH" "--null" "--no-heading" "--no-group-separator"
           arguments)
    (mapcar (lambda (line) (string-remove-prefix "./" line)) (split-string (buffer-string) "\n" t))))

(defun tests-count (what)
  "How many descriptors or threads Emacs has: WHAT is fd or task."
  (length (directory-files (format "/proc/self/%s" what) nil "^[0-9]")))

(ert-deftest tests-order ()
  (dolist (pattern '("alpha" "beta|日本" "[a-z]+ .*x"))
    (should (> (length (tests-lines (tests-search pattern "tree"))) 50))
    (should (equal (tests-lines (tests-search pattern "tree")) (let ((default-directory (expand-file-name "tree/")))
                                                                 (tests-command "-i" pattern "."))))))

(ert-deftest tests-next-error ()
  "Each match leads to its file, line and column, in characters."
  (let ((buffer (tests-search "alpha" "tree")) (count 0))
    (next-error-select-buffer buffer)
    (while (ignore-errors (next-error) t)
      (setq count (1+ count))
      (with-current-buffer (window-buffer)
        (should (let ((case-fold-search t)) (looking-at-p "alpha")))
        (should-not (let ((case-fold-search t)) (save-excursion (search-backward "alpha" (line-beginning-position) t))))))
    (should (> count 30))
    (should (= count (length (tests-lines buffer))))))

(ert-deftest tests-shown ()
  "What the lines of a buffer look like."
  (let ((psearch-context 1) (psearch-line-bytes 100))
    (should (equal (tests-lines (tests-search "needle" "odd"))
                   (list "Binary file binary matches"
                         "cafe\xe9\0001:needle"
                         "context-1-one" "context\0002:a needle" "context-3-three"
                         "latin\0001:\xe9 needle \xff"
                         (concat "long\0001:" (make-string 47 ?y) "needle" (make-string 47 ?y) " [...]")
                         "new^Jline\0001:needle"))))
  (should-not (cl-find "hidden" (tests-lines (tests-search "needle" "odd")) :test #'string-search))
  (let ((psearch-globs '("*a*" "!c*")))
    (should (equal (mapcar (lambda (line) (car (split-string line "[\0 ]"))) (tests-lines (tests-search "needle" "odd")))
                   '("Binary" "latin"))))
  (let ((psearch-max-results 2))
    (with-current-buffer (tests-search "needle" "odd")
      (should (string-match-p "2 lines found: there may be more" (buffer-string))))))

(ert-deftest tests-overlays ()
  "What is not saved is searched as it is, and next-error leads into the buffer."
  (let ((changed (find-file-noselect "unsaved/changed")) (new (find-file-noselect "unsaved/new"))
        (saved (find-file-noselect "unsaved/saved")))
    (unwind-protect
        (progn
          (with-current-buffer changed
            (goto-char (point-min))
            (insert "\n" "in the buffer: é needle\n")
            (narrow-to-region (point-min) (1+ (point-min))))
          (with-current-buffer new
            (insert "needle, not on disk"))
          (make-symbolic-link "new" "unsaved/link")
          (let ((find-file-suppress-same-file-warnings t) (find-file-existing-other-name nil))
            (with-current-buffer (find-file-noselect "unsaved/link") ; another buffer of the same file
              (insert "something else")))
          (should (equal (tests-lines (tests-search "needle" "unsaved"))
                         (list (encode-coding-string "changed\0002:in the buffer: é needle" 'utf-8)
                               "new\0001:needle, not on disk" "saved\0001:needle")))
          (with-current-buffer changed
            (widen)
            (goto-char (point-max)))
          (next-error-select-buffer (get-buffer "*psearch*"))
          (next-error)
          (should (eq (window-buffer) changed))
          (with-current-buffer changed
            (should (equal (list (line-number-at-pos) (current-column)) '(2 17)))
            (set-buffer-file-coding-system 'latin-1))
          ;; As it would be saved.
          (should (member "changed\0002:in the buffer: \xe9 needle" (tests-lines (tests-search "needle" "unsaved")))))
      (delete-file "unsaved/link")
      (dolist (buffer (list changed new saved (get-buffer "link")))
        (with-current-buffer buffer
          (set-buffer-modified-p nil))
        (kill-buffer buffer)))))

(ert-deftest tests-wrong-pattern ()
  (should (equal (should-error (psearch "a(b" "tree") :type 'psearch-bad-pattern)
                 '(psearch-bad-pattern "( without ): add the ), or write \\( for the character" 1)))
  (should (equal (should-error (let ((psearch-globs '("["))) (psearch "a" "tree")) :type 'psearch-error)
                 (should-error (let ((psearch-globs '("["))) (psearch "a" "tree")) :type 'psearch-error)))
  (should-error (psearch--take 'none 1))
  (should-error (psearch--take (make-finalizer #'ignore) 1))
  ;; The next one is fine.
  (should (tests-lines (tests-search "alpha" "tree"))))

(ert-deftest tests-stop ()
  "A search that would take minutes ends when it is told to."
  (dolist (stop (list #'psearch-stop (lambda () (should (eq (condition-case nil (psearch-quit) (quit 'quit)) 'quit)))
                      (lambda () (call-interactively (key-binding [remap kill-compilation])))))
    (let ((buffer (psearch (concat tests-slow "|quick") "slow")))
      (tests-until (lambda () (with-current-buffer buffer (> psearch--lines 0))))
      (with-current-buffer buffer
        (should psearch--search)
        (funcall stop)
        (should-not psearch--search)
        (should (string-match-p "Search stopped, 1 lines found" (buffer-string)))))))

(ert-deftest tests-killed-buffer ()
  "A buffer is killed while its search goes on, and its pipe, too."
  (dotimes (turn 30)
    (let ((buffer (psearch "." "tree")))
      (when (= (% turn 3) 0)
        (accept-process-output nil 0.001))
      (when (= (% turn 5) 0)
        (delete-process psearch--channel)
        (psearch--listen))
      (when (= (% turn 7) 0)
        (delete-process psearch--channel))
      (kill-buffer buffer)
      (garbage-collect)))
  (should-not psearch--buffers)
  (should (tests-lines (tests-search "alpha" "tree"))))

(ert-deftest tests-other-mode ()
  "A buffer that gets another mode ends its search."
  (let* ((buffer (psearch (concat tests-slow "|quick") "slow")) (search (buffer-local-value 'psearch--search buffer)))
    (with-current-buffer buffer
      (fundamental-mode)
      (should (string-match-p "Search stopped" (buffer-string))))
    (should-not psearch--buffers)
    (should-error (psearch--take search 1) :type 'psearch-error)
    (kill-buffer buffer)))

(ert-deftest tests-nobody-listens ()
  "The module tells of items, and Emacs has closed the pipe: a SIGPIPE would end it."
  (tests-search "alpha" "tree")
  (delete-process psearch--channel)
  (dotimes (_ 10)
    (let ((search (psearch--open "alpha" (expand-file-name "tree") [] [] [] 0 0 1000)) (state 'wait))
      (while (memq state '(wait more))
        (setq state (car (psearch--take search 20)))
        (sleep-for 0.001))
      (psearch--close search)))
  ;; A search that lost a word of the module's goes on once there is another pipe.
  (let ((buffer (psearch "alpha" "tree")) (other (generate-new-buffer "other")))
    (delete-process psearch--channel)
    (sleep-for 0.05)
    (psearch--start other "alpha" (expand-file-name "tree"))
    (tests-until (lambda () (not psearch--buffers)))
    (should (equal (tests-lines buffer) (tests-lines other)))
    (kill-buffer other)))

(ert-deftest tests-nothing-leaks ()
  "Searches that are closed amid their items, or forgotten, leave no descriptor and no thread."
  (tests-search "alpha" "tree")
  (garbage-collect)
  (let ((before (list (tests-count 'fd) (tests-count 'task))) (psearch--buffers nil))
    (dotimes (turn 200)
      (let ((search (psearch--open "." (expand-file-name "tree") [] [] (vector (cons (expand-file-name "tree/new") "alpha")) 0 0 1000)))
        (psearch--take search 2)
        (when (= (% turn 2) 0)
          (psearch--close search)
          (psearch--close search)
          (should-error (psearch--take search 1) :type 'psearch-error))))
    (tests-until (lambda () (garbage-collect) (equal (list (tests-count 'fd) (tests-count 'task)) before)))))

(ert-deftest tests-closed-amid-items ()
  "To make items may collect garbage, which may run Lisp that ends the search whose items they are."
  (let ((gc-cons-threshold 100000) (closed 0) search)
    (let ((post-gc-hook (list (lambda ()
                                (when search
                                  (setq closed (1+ closed))
                                  (should-error (psearch--take search 1) :type 'psearch-error)
                                  (psearch--close search)))))
          (limit (tests-limit 60)))
      (while (< closed 5)
        (should (< (float-time) limit))
        (setq search (psearch--open "." (expand-file-name "slow") [] [] [] 0 0 4000))
        (let ((taken '(wait)))
          (while (memq (car taken) '(wait more))
            (dolist (item (cdr taken))
              (should (eq (aref item 0) 'match)))
            (setq taken (condition-case nil (psearch--take search 1000) (psearch-error '(closed))))))
        (setq search nil)))
    (let* ((buffer (psearch "." "slow"))
           (post-gc-hook (list (lambda () (when (buffer-live-p buffer) (kill-buffer buffer))))))
      (tests-until (lambda () (not (buffer-live-p buffer))))
      (should-not psearch--buffers))))

(ert-deftest tests-again ()
  "A new search in the same buffer ends the one before it, and g repeats it."
  (psearch (concat tests-slow "|quick") "slow")
  (let ((buffer (tests-search "needle" "unsaved")))
    (should (= (length psearch--buffers) 0))
    (with-temp-file "unsaved/another" (insert "needle\n"))
    (with-current-buffer buffer
      (revert-buffer nil t))
    (tests-until (lambda () (not (buffer-local-value 'psearch--search buffer))))
    (delete-file "unsaved/another")
    (should (member "another\0001:needle" (tests-lines buffer)))))

(ert-deftest tests-live ()
  "While a pattern is typed each letter ends the search before; what is not finished is shown as wrong."
  (let ((buffer (get-buffer-create "*psearch*")))
    (dolist (typed '("x" "x+" "n" "ne(" "ne(ed" "ne(ed)" "ne(ed)l" "" "needle"))
      (psearch--live buffer typed (expand-file-name "unsaved"))
      (when (equal typed "ne(")
        (should (with-current-buffer buffer (string-match-p "^( without )" (buffer-string)))))
      (should (<= (length psearch--buffers) 1)))
    (tests-until (lambda () (not (buffer-local-value 'psearch--search buffer))))
    (should (tests-lines buffer))))

(provide 'tests)
;;; tests.el ends here
