;; Never lets go of its policy.
(func $drop (export "drop") (param i32) (loop $again (br $again)))
