;; Calls itself until the stack is full.
(func $harm (call $harm))
