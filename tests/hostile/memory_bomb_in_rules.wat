;; Takes all the memory there is, when it is asked for rules or for reasons.
(func $bomb (result i32) (loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable))
(func $explain-json (export "explain-json") (param i32 i32 i32) (result i32) (call $bomb))
(func $list-rules (export "list-rules") (param i32 i32 i32 i32) (result i32) (call $bomb))
(func $change-rules (export "change-rules") (param i32 i32 i32 i32) (result i32) (call $bomb))
(func $import-rules (export "import-rules") (param i32 i32 i32 i32 i32 i32) (result i32) (call $bomb))
(func $export-rules (export "export-rules") (param i32 i32 i32 i32 i32 i32) (result i32) (call $bomb))
