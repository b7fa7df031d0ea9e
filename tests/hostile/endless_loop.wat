;; Never answers.
(func $harm (loop $again (br $again)))
