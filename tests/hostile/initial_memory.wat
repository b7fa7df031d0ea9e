;; Starts with 512 MiB.
(memory $memory (export "memory") 8192)
