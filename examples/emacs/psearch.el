;;; psearch.el --- Search files while Emacs goes on  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: BSD-2-Clause
;; Version: 1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: matching, tools

;;; Commentary:

;; M-x psearch shows the lines below a directory that match, in order, while they are found; M-x psearch-live does so
;; while you type.  The buffer is one of `grep-mode': RET, M-g n, `next-error-follow-minor-mode' and so on work as
;; there.  Unsaved buffers are searched as they are.  C-g in the buffer, or killing it, ends the search.
;;
;; psearch-module does the work.  It announces items by a byte in a pipe, whose filter is `psearch--told'.  That takes
;; at most `psearch--most' items of each search; the module tells again if there are more.  So keys that are typed
;; meanwhile come in between.

;;; Code:

(require 'grep)
(require 'seq)
(require 'subr-x)
(require 'psearch-module)

(declare-function psearch--open-channel "psearch-module" (pipe))
(declare-function psearch--open "psearch-module" (pattern directory flags globs overlays most context window))
(declare-function psearch--take "psearch-module" (search most))
(declare-function psearch--close "psearch-module" (search))

(define-error 'psearch-error "Search")
(define-error 'psearch-bad-pattern "Pattern" 'psearch-error)

(defgroup psearch nil
  "Search files while Emacs goes on."
  :group 'tools)

(defcustom psearch-globs nil
  "Only files that match one of these are searched, as in .gitignore.
With a ! in front a glob skips what matches.  The last one that
matches decides."
  :type '(repeat string))

(defcustom psearch-fixed nil
  "Whether patterns are plain strings."
  :type 'boolean)

(defcustom psearch-hidden nil
  "Whether hidden files are searched."
  :type 'boolean)

(defcustom psearch-ignored nil
  "Whether files that git ignores are searched."
  :type 'boolean)

(defcustom psearch-context 0
  "How many lines of context are shown before and after each line."
  :type 'natnum)

(defcustom psearch-max-results 10000
  "The most lines that are shown, or 0 for any number."
  :type 'natnum)

(defcustom psearch-line-bytes 4000
  "Of a longer line only a part is shown: this many bytes."
  :type 'natnum)

(defvar psearch--most 100 "The most items of a search that are inserted at a time.")
(defvar psearch--buffers nil "The buffers whose search goes on.")
(defvar psearch--channel nil "The process whose filter is told of items.")

(defvar-local psearch--search nil "The buffer's search, or nil when it has ended.")
(defvar-local psearch--arguments nil "Pattern and directory of the last search.")
(defvar-local psearch--lines 0 "How many lines were found.")

;;; The buffer

(defun psearch--match (to-end)
  "The column of the first match in the line whose start was matched.
TO-END: of its last character.  Nil if only a part of the line is
shown: then nobody knows how many characters precede it."
  (let* ((begin (match-end 0))
         (end (save-excursion (goto-char begin) (line-end-position)))
         (match (and (not (get-text-property (match-beginning 0) 'psearch-cut))
                     (text-property-any begin end 'font-lock-face grep-match-face))))
    (and match
         (- (if to-end (1- (next-single-property-change match 'font-lock-face nil end)) match) begin))))

(defvar psearch-regexp-alist
  `(("^\\([^\0\n]+\\)\\(\0\\)\\([0-9]+\\):" 1 3
     (,(lambda () (psearch--match nil)) . ,(lambda () (psearch--match t)))
     nil nil (2 '(face nil display ":")))
    ("^Binary file \\(.+\\) matches$" 1 nil nil 0 1))
  "How lines of results are read, as `compilation-error-regexp-alist'.")

(defvar psearch-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map grep-mode-map)
    (define-key map (kbd "C-g") #'psearch-quit)
    (define-key map [remap kill-compilation] #'psearch-stop)
    map)
  "Keys of `psearch-mode'.")

(define-derived-mode psearch-mode grep-mode "Psearch"
  "What a search finds, while it goes on."
  (setq-local compilation-error-regexp-alist psearch-regexp-alist
              revert-buffer-function #'psearch--again)
  (add-hook 'change-major-mode-hook #'psearch-stop nil t) ; after which the buffer would know of no search
  (add-hook 'kill-buffer-hook #'psearch-stop nil t))

(defun psearch--again (&rest _)
  "Search for the same once more."
  (apply #'psearch--start (current-buffer) psearch--arguments))

(defun psearch--name (bytes)
  "The file name that is these BYTES.
A newline in it would be the end of the line in the buffer: it is shown
as ^J, and such a file is not found from there."
  (string-replace "\n" "^J" (decode-coding-string
                             bytes (or file-name-coding-system default-file-name-coding-system 'utf-8))))

(defun psearch--text (bytes)
  "The text that is these BYTES of UTF-8; any others are left as they are."
  (decode-coding-string bytes 'utf-8-unix))

(defun psearch--matches (bytes spans)
  "The text of BYTES, with the SPANS shown as matches."
  (let ((text (psearch--text bytes)))
    (pcase-dolist (`(,begin . ,end) spans)
      (put-text-property (length (psearch--text (substring bytes 0 begin)))
                         (length (psearch--text (substring bytes 0 end)))
                         'font-lock-face grep-match-face text))
    text))

(defun psearch--line (item)
  "The line for ITEM, as `psearch--take' returned it."
  (pcase-let ((`[,kind ,path ,line ,bytes ,spans ,cut] item))
    (pcase kind
      ('match
       (setq psearch--lines (1+ psearch--lines))
       (let ((start (concat (psearch--name path) "\0" (number-to-string line) ":")))
         (when cut
           (put-text-property 0 1 'psearch-cut t start))
         (concat start (psearch--matches bytes spans) (if cut " [...]\n" "\n"))))
      ('context (propertize (format "%s-%d-%s\n" (psearch--name path) line (psearch--text bytes))
                            'font-lock-face grep-context-face))
      ('binary (setq psearch--lines (1+ psearch--lines))
               (format "Binary file %s matches\n" (psearch--name path)))
      ((or 'error 'note)
       (propertize (format "%s: %s\n" (psearch--name path) (psearch--text bytes))
                   'font-lock-face (if (eq kind 'error) grep-error-face grep-context-face))))))

;;; The search

(defun psearch--told (_process _bytes)
  "Take what there is of each search: the module has told of some."
  (mapc #'psearch--update (copy-sequence psearch--buffers)))

(defun psearch--update (buffer)
  "Show in BUFFER what its search has found."
  (when (buffer-local-value 'psearch--search buffer)
    (with-current-buffer buffer
      (let* ((inhibit-read-only t)
             (search psearch--search)
             (taken (psearch--take search psearch--most))
             (at-end (and (eobp) (> (buffer-size) 0) compilation-scroll-output)))
        ;; To make the items may have collected garbage, and `post-gc-hook' have ended the search, or killed the buffer.
        (when (eq search psearch--search)
          (save-excursion
            (goto-char (point-max))
            (insert (mapconcat #'psearch--line (cdr taken) "")) ; at once: each change has its price
            (unless (memq (car taken) '(more wait))
              (psearch--end (car taken))))
          (when at-end
            (goto-char (point-max))))))))

(defun psearch--end (outcome)
  "End the search, and say so at point, the end of the buffer, with the OUTCOME."
  (psearch--close psearch--search)
  (setq psearch--search nil
        psearch--buffers (delq (current-buffer) psearch--buffers)
        mode-line-process (propertize (format ":%s" outcome) 'face (if (eq outcome 'failed) 'compilation-mode-line-fail
                                                                     'compilation-mode-line-exit))
        next-error-last-buffer (current-buffer))
  (let ((inhibit-read-only t))
    (insert (format "\nSearch %s, %d lines found%s\n"
                    (pcase outcome ('canceled "stopped") ('failed "failed for lack of memory") (_ "ended"))
                    psearch--lines
                    (if (eq outcome 'limited) ": there may be more than `psearch-max-results'" "")))
    (set-buffer-modified-p nil))
  (force-mode-line-update))

(defun psearch-stop ()
  "End the search of this buffer."
  (interactive)
  (when psearch--search
    (save-excursion
      (goto-char (point-max))
      (psearch--end 'canceled))))

(defun psearch-quit ()
  "End the search of this buffer, and quit."
  (interactive)
  (psearch-stop)
  (keyboard-quit))

(defun psearch--file-bytes (name)
  "The bytes of the file NAME, as the system has it."
  (encode-coding-string (expand-file-name name)
                        (or file-name-coding-system default-file-name-coding-system 'utf-8-unix)))

(defun psearch--overlay ()
  "The file of this buffer, and what saving would write to it.
Nil if the buffer is saved, or has no file."
  (and buffer-file-name (buffer-modified-p) (not (file-remote-p buffer-file-name))
       (file-directory-p (file-name-directory buffer-file-name))
       (save-restriction
         (widen)
         (cons (psearch--file-bytes (file-truename buffer-file-name))
               (encode-coding-string (buffer-substring-no-properties (point-min) (point-max))
                                     (or buffer-file-coding-system 'utf-8-unix))))))

(defun psearch--overlays ()
  "A vector of the texts of all buffers that are not saved.
Of several buffers of a file the one that was used last counts."
  (vconcat (seq-uniq (delq nil (mapcar (lambda (buffer) (with-current-buffer buffer (psearch--overlay))) (buffer-list)))
                     (lambda (one other) (equal (car one) (car other))))))

(defun psearch--flags (pattern)
  "A vector of the flags for PATTERN.
Case counts if there are capital letters in it."
  (vconcat (and case-fold-search (isearch-no-upper-case-p pattern (not psearch-fixed)) '(ignore-case))
           (and psearch-fixed '(fixed))
           (and (not psearch-hidden) '(skip-hidden))
           (and (not psearch-ignored) '(skip-ignored))))

(defun psearch--listen ()
  "Make a pipe for news of items, unless there is one."
  (unless (process-live-p psearch--channel)
    (let ((pipe (make-pipe-process :name "psearch" :noquery t :coding 'binary :filter #'psearch--told
                                   :buffer nil :sentinel #'ignore)))
      (unwind-protect
          (progn
            (psearch--open-channel pipe)
            (setq psearch--channel pipe))
        (unless (eq psearch--channel pipe) ; the module tells nothing: the next search tries again
          (delete-process pipe))))
    (psearch--told nil nil))) ; what the former one was told is lost

(defun psearch--start (buffer pattern directory)
  "Search for PATTERN below DIRECTORY, an absolute name, and fill BUFFER.
A search that goes on there ends before."
  (with-current-buffer buffer
    (when psearch--search
      (psearch-stop))
    (let ((inhibit-read-only t))
      (erase-buffer)
      (psearch-mode)
      (setq default-directory (file-name-as-directory directory)
            psearch--arguments (list pattern directory)
            psearch--lines 0)
      (insert (format "-*- mode: psearch; default-directory: %S -*-\nLines that match %S:\n\n"
                      (abbreviate-file-name default-directory) pattern))
      (set-buffer-modified-p nil))
    (psearch--listen)
    (setq psearch--search (psearch--open pattern (psearch--file-bytes (directory-file-name default-directory))
                                         (psearch--flags pattern) (vconcat psearch-globs) (psearch--overlays)
                                         psearch-max-results psearch-context psearch-line-bytes)
          mode-line-process '(:propertize ":run" face compilation-mode-line-run))
    (push buffer psearch--buffers)))

;;; Commands

(defun psearch--read-directory ()
  "The directory of the project, or of the buffer.
Ask for one if there is a prefix argument."
  (if current-prefix-arg
      (read-directory-name "Search below: " nil nil t)
    (or (and (fboundp 'project-current) (fboundp 'project-root)
             (let ((project (project-current)))
               (and project (project-root project))))
        default-directory)))

;;;###autoload
(defun psearch (pattern directory)
  "Show the lines of files below DIRECTORY that match PATTERN.
Interactively, DIRECTORY is the project's, or with a prefix argument
asked for.  Return the buffer."
  (interactive (list (read-string "Search for: " nil nil (thing-at-point 'symbol t)) (psearch--read-directory)))
  (let ((buffer (get-buffer-create "*psearch*")))
    (psearch--start buffer pattern (expand-file-name directory))
    (display-buffer buffer)
    buffer))

(defun psearch--live (buffer pattern directory)
  "Search in BUFFER for PATTERN below DIRECTORY, while it is typed.
The buffer shows what is wrong with a pattern that is not finished."
  (condition-case wrong
      (if (string-empty-p pattern)
          (with-current-buffer buffer
            (psearch-stop))
        (psearch--start buffer pattern directory))
    (psearch-error (with-current-buffer buffer
                     (let ((inhibit-read-only t))
                       (goto-char (point-max))
                       (insert (cadr wrong) "\n"))))))

;;;###autoload
(defun psearch-live (directory)
  "Search files below DIRECTORY while the pattern is typed.
Each change ends the search before it.  RET leaves what was found, and
\\[keyboard-quit] ends the search."
  (interactive (list (psearch--read-directory)))
  (let ((buffer (get-buffer-create "*psearch*")) (directory (expand-file-name directory)))
    (display-buffer buffer)
    (condition-case nil
        (minibuffer-with-setup-hook
            (lambda ()
              (add-hook 'after-change-functions
                        (lambda (&rest _) (psearch--live buffer (minibuffer-contents-no-properties) directory)) nil t))
          (read-string "Search for: "))
      (quit (with-current-buffer buffer
              (psearch-stop))
            (signal 'quit nil)))
    buffer))

(provide 'psearch)
;;; psearch.el ends here
