;; Answers with a message that begins past the end of memory.
(func $harm
  (i32.store (i32.const 128) (i32.const 0x10000000))
  (i32.store (i32.const 132) (i32.const 1)))
