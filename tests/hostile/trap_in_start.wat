;; Gives up before it is asked.
(func $run (unreachable))
(start $run)
