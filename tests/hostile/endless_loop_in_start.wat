;; Never gets as far as being asked.
(func $run (loop $again (br $again)))
(start $run)
