;; Takes memory, a page at a time, as long as there is some.
(func $harm (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))))
