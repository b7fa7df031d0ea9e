;; Answers with a message that is not UTF-8.
(data (i32.const 256) "\ff\fe")
(func $harm
  (i32.store (i32.const 112) (i32.const 256))
  (i32.store (i32.const 116) (i32.const 2)))
