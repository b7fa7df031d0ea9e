;; Takes all memory at once for its document.
(func $compile (export "compile") (param i32 i32) (result i32)
  (drop (memory.grow (i32.const 65535)))
  (i32.store (i32.const 20) (call $new (i32.const 1)))
  (i32.const 16))
