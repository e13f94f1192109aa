;;; matches.el --- what Emacs makes of a grep's output  -*- lexical-binding: t; -*-
;; SPDX-License-Identifier: BSD-2-Clause

;;; Commentary:

;; For emacs --batch.  Each function prints a line FILE:LINE:COLUMN for each match, the column from 0, as Emacs counts.

;;; Code:

(require 'grep)
(require 'project)
(require 'xref)

(defun matches-print (file line column)
  "Print a match in FILE at LINE and COLUMN, unless it is Emacs's own line about the end."
  (when (file-exists-p file)
    (princ (format "%s:%d:%s\n" (file-relative-name file) line (or column "-")))))

(defun matches-wait (buffer)
  "Wait until the process of BUFFER has ended."
  (while (get-buffer-process buffer)
    (accept-process-output (get-buffer-process buffer) 1)))

(defun matches-list (buffer)
  "Print where each match in BUFFER, one of grep mode, would lead.
The column is that of the text that grep has coloured."
  (matches-wait buffer)
  (with-current-buffer buffer
    (goto-char (point-min))
    (condition-case nil
        (while t
          (compilation-next-error 1)
          (let* ((message (get-text-property (point) 'compilation-message))
                 (loc (compilation--message->loc message))
                 (column (compilation--loc->col loc)))
            (matches-print (caar (compilation--loc->file-struct loc))
                           (compilation--loc->line loc)
                           (if (functionp column) (funcall column) column))))
      (error nil))))

(defun matches-of-xref (items)
  "Print where ITEMS, a list of xref items, lead."
  (dolist (item items)
    (let ((location (xref-item-location item)))
      (matches-print (xref-file-location-file location)
                     (xref-file-location-line location)
                     (xref-file-location-column location)))))

(provide 'matches)
;;; matches.el ends here
