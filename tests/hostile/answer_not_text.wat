;; Answers with a message that is not UTF-8.
(data (i32.const 256) "\ff\fe")
(func $harm
  (i32.store (i32.const 128) (i32.const 256))
  (i32.store (i32.const 132) (i32.const 2)))
