;; Divides by nothing.
(func $harm (drop (i32.div_u (i32.const 1) (i32.const 0))))
