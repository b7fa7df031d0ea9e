;; Answers with a message that begins past the end of memory.
(func $harm
  (i32.store (i32.const 112) (i32.const 0x10000000))
  (i32.store (i32.const 116) (i32.const 1)))
