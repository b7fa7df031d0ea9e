;; Has the contract's world, or so it says, and asks for the environment's variables.
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:random/insecure-seed@0.2.4" (instance
    (export "insecure-seed" (func (result (tuple u64 u64)))))))
