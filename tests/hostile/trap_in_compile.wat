;; Gives up on every document.
(func $compile (export "compile") (param i32 i32) (result i32) (unreachable))
