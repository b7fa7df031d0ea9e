;; Answers with 2 MiB of text, when it is asked for rules or for reasons.
(func $giant (param $at i32) (result i32)
  (drop (memory.grow (i32.const 32)))
  (i32.store offset=4 (local.get $at) (i32.const 0x200000))
  (i32.const 128))
(func $explain-json (export "explain-json") (param i32 i32 i32) (result i32) (call $giant (i32.const 128)))
(func $list-rules (export "list-rules") (param i32 i32 i32 i32) (result i32) (call $giant (i32.const 136)))
(func $change-rules (export "change-rules") (param i32 i32 i32 i32) (result i32) (call $giant (i32.const 136)))
