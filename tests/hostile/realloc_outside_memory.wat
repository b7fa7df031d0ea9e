;; Wants an event written where there is no memory. A policy document it takes.
(global $next (mut i32) (i32.const 4096))
(global $at (mut i32) (i32.const 4096))
(func $compile (export "compile") (param i32 i32) (result i32)
  (global.set $at (i32.const 0x7fffff00))
  (i32.store (i32.const 20) (call $new (i32.const 1)))
  (i32.const 16))
(func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $at))
