;; Answers, and never comes back from tidying up.
(global $armed (mut i32) (i32.const 0))
(func $harm (global.set $armed (i32.const 1)))
(func $returned (export "returned") (param i32) (if (global.get $armed) (then (loop $again (br $again)))))
