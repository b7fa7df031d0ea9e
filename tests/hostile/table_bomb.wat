;; Takes a table of a thousand million places.
(table $places 1 funcref)
(func $harm (drop (table.grow $places (ref.null func) (i32.const 1000000000))))
