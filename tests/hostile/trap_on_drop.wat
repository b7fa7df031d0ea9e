;; Decides well, and gives up when its policy is dropped.
(func $drop (export "drop") (param i32) (unreachable))
