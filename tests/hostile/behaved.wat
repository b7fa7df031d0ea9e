;; A component that does no harm: it accepts every document and allows every event, in the fewest words that the contract
;; has. Each part stands for itself and is left out when a hostile file defines the same name.
;;
;; From 16: what `compile` answers. From 64: a decision of zeros, which allows and says nothing more; as an answer about
;; rules, an empty one. From 4096: arguments, until the call returns.

(memory $memory (export "memory") 1)

(global $next (mut i32) (i32.const 4096))

(func $realloc (export "realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (local.get $at))

(func $returned (export "returned") (param i32) (global.set $next (i32.const 4096)))

(func $drop (export "drop") (param $policy i32))

(func $compile (export "compile") (param $document i32) (param $size i32) (result i32)
  (i32.store (i32.const 20) (call $new (i32.const 1)))
  (i32.const 16))

;; The harm is done when a tag is deleted. All else is answered well.
(func $evaluate (export "evaluate") (type $evaluate)
  (if (i32.eq (local.get 1) (i32.const 1)) (then (call $harm)))
  (i32.const 64))

(func $harm)

(func $evaluate-batch (export "evaluate-batch") (param $self i32) (param $events i32) (param $size i32) (result i32)
  (i32.const 64))

(func $evaluate-json (export "evaluate-json") (param $self i32) (param $event i32) (param $size i32) (result i32)
  (i32.const 64))

(func $warnings (export "warnings") (param $self i32) (result i32) (i32.const 64))

(func $revision (export "revision") (param $self i32) (result i64) (i64.const 7))

(func $explain-json (export "explain-json") (param $self i32) (param $question i32) (param $size i32) (result i32)
  (i32.const 64))

(func $list-rules (export "list-rules") (param $document i32) (param i32) (param $query i32) (param i32) (result i32)
  (i32.const 64))

(func $change-rules (export "change-rules") (param $document i32) (param i32) (param $change i32) (param i32) (result i32)
  (i32.const 64))

(func $import-rules (export "import-rules")
  (param $format i32) (param i32) (param $text i32) (param i32) (param $options i32) (param i32) (result i32)
  (i32.const 64))

(func $export-rules (export "export-rules")
  (param $format i32) (param i32) (param $document i32) (param i32) (param $options i32) (param i32) (result i32)
  (i32.const 64))
