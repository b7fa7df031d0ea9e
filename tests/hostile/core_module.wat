;; WebAssembly, but no component.
(module (func (export "evaluate") (result i32) (i32.const 0)))
