;; Gives up on many events at once, and decides each of them well.
(func $evaluate-batch (export "evaluate-batch") (param i32 i32 i32) (result i32) (unreachable))
