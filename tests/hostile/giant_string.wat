;; Answers with a message of 2 MiB.
(func $harm
  (drop (memory.grow (i32.const 32)))
  (i32.store (i32.const 132) (i32.const 0x200000)))
