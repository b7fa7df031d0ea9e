;; Never says whether the document checks.
(func $compile (export "compile") (param i32 i32) (result i32) (loop $again (br $again)) (unreachable))
