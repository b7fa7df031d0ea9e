;; Neither allows nor denies: its outcome is the third of two.
(func $harm (i32.store8 (i32.const 64) (i32.const 2)))
