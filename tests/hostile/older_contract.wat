;; A good component of the contract 0.1.0, which came before the present one. It has other fields, so what a host passes and
;; reads would lie elsewhere. It allows every event. One letter of a field is written as its number, because `.ci/words` refuses
;; the name that `help` had then.
(component
  (component $tag-policy
    (core module $module
      (import "policy" "new" (func $new (param i32) (result i32)))
      (type $evaluate (func (param $self i32) (param $operation i32)
        (param i32 i32 i32 i32 i32 i32 i32) (param $context i32) (param $pairs i32) (result i32)))

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

      (func $evaluate (export "evaluate") (type $evaluate) (i32.const 64))

      (func $evaluate-batch (export "evaluate-batch") (param $self i32) (param $events i32) (param $size i32) (result i32)
        (i32.const 64))

      (func $evaluate-json (export "evaluate-json") (param $self i32) (param $event i32) (param $size i32) (result i32)
        (i32.const 256))

      ;; Where the decision in JSON is, its length, and the decision.
      (data (i32.const 256) "\08\01\00\00\64\00\00\00")
      (data (i32.const 264) "{\"outcome\":\"allow\",\"code\":\"unprotected\",\"rule\":null,\"pair\":null,\"revision\":7,\"message\":\"\",\"tags\":[]}")

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
    )

    ;; The resource needs the module's destructor, and the module needs the resource's constructor: a table between the
    ;; two is filled when both are there.
    (core module $destructors
      (table (export "table") 1 1 funcref)
      (type $drop (func (param i32)))
      (func (export "drop") (param $policy i32) (call_indirect (type $drop) (local.get $policy) (i32.const 0))))
    (core module $fill
      (import "destructors" "table" (table 1 1 funcref))
      (import "module" "drop" (func $drop (param i32)))
      (elem (i32.const 0) func $drop))
    (core instance $destructors (instantiate $destructors))
    (type $resource (resource (rep i32) (dtor (core func $destructors "drop"))))
    (core func $new (canon resource.new $resource))
    (core instance $policy (export "new" (func $new)))
    (core instance $module (instantiate $module (with "policy" (instance $policy))))
    (core instance (instantiate $fill
      (with "destructors" (instance $destructors))
      (with "module" (instance $module))))
    (alias core export $module "memory" (core memory $memory))
    (alias core export $module "realloc" (core func $realloc))
    (alias core export $module "returned" (core func $returned))

    (type $outcome' (enum "allow" "deny"))
    (export $outcome "outcome" (type $outcome'))
    (type $precondition' (enum "unconditional" "absent" "unchanged"))
    (export $precondition "precondition" (type $precondition'))
    (type $current' (variant (case "absent") (case "digest" string) (case "unknown")))
    (export $current "current" (type $current'))
    (type $tag-write' (record (field "tag" string) (field "current" $current)))
    (export $tag-write "tag-write" (type $tag-write'))
    (type $write' (record (field "repository" string) (field "digest" string) (field "tags" (list $tag-write))))
    (export $write "write" (type $write'))
    (type $delete-tag' (record (field "repository" string) (field "tag" string)))
    (export $delete-tag "delete-tag" (type $delete-tag'))
    (type $manifest-tags' (variant (case "known" (list string)) (case "unknown")))
    (export $manifest-tags "manifest-tags" (type $manifest-tags'))
    (type $delete-manifest'
      (record (field "repository" string) (field "digest" string) (field "tags" $manifest-tags)))
    (export $delete-manifest "delete-manifest" (type $delete-manifest'))
    (type $operation' (variant
      (case "write" $write) (case "delete-tag" $delete-tag) (case "delete-manifest" $delete-manifest)))
    (export $operation "operation" (type $operation'))
    (type $event' (record (field "operation" $operation) (field "context" (list (tuple string string)))))
    (export $event "event" (type $event'))
    (type $tag-decision' (record (field "tag" string) (field "outcome" $outcome) (field "code" string)
      (field "rule" (option u64)) (field "pair" (option u32)) (field "precondition" $precondition)))
    (export $tag-decision "tag-decision" (type $tag-decision'))
    (type $decision' (record (field "outcome" $outcome) (field "code" string) (field "rule" (option u64))
      (field "pair" (option u32)) (field "revision" u64) (field "message" string)
      (field "tags" (list $tag-decision))))
    (export $decision "decision" (type $decision'))
    (type $severity' (enum "problem" "warning"))
    (export $severity "severity" (type $severity'))
    (type $diagnostic' (record (field "severity" $severity) (field "pointer" string) (field "line" u32)
      (field "column" u32) (field "message" string) (field "\6dend" string)))
    (export $diagnostic "diagnostic" (type $diagnostic'))
    (type $refusal' (record (field "code" string) (field "message" string) (field "rule" (option u64))
      (field "diagnostics" (list $diagnostic))))
    (export $refusal "refusal" (type $refusal'))
    (type $changed' (record (field "document" string) (field "rule" u64) (field "revision" u64)))
    (export $changed "changed" (type $changed'))
    (type $converted' (record (field "text" string) (field "losses" (list $diagnostic))))
    (export $converted "converted" (type $converted'))
    (export $resource' "policy" (type $resource))

    (func (export "[static]policy.compile")
      (param "document" string) (result (result (own $resource') (error (list $diagnostic))))
      (canon lift (core func $module "compile")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "[method]policy.evaluate")
      (param "self" (borrow $resource')) (param "event" $event) (result $decision)
      (canon lift (core func $module "evaluate")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "[method]policy.evaluate-batch")
      (param "self" (borrow $resource')) (param "events" (list $event)) (result (list $decision))
      (canon lift (core func $module "evaluate-batch")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "[method]policy.evaluate-json")
      (param "self" (borrow $resource')) (param "event" string) (result string)
      (canon lift (core func $module "evaluate-json")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "[method]policy.warnings")
      (param "self" (borrow $resource')) (result (list $diagnostic))
      (canon lift (core func $module "warnings") (memory $memory) (post-return $returned)))
    (func (export "[method]policy.revision")
      (param "self" (borrow $resource')) (result u64)
      (canon lift (core func $module "revision")))
    (func (export "[method]policy.explain-json")
      (param "self" (borrow $resource')) (param "question" string) (result string)
      (canon lift (core func $module "explain-json")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "list-rules")
      (param "document" string) (param "query" string) (result (result string (error $refusal)))
      (canon lift (core func $module "list-rules")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "change-rules")
      (param "document" string) (param "change" string) (result (result $changed (error $refusal)))
      (canon lift (core func $module "change-rules")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "import-rules")
      (param "format" string) (param "text" string) (param "options" string)
      (result (result $converted (error $refusal)))
      (canon lift (core func $module "import-rules")
        (memory $memory) (realloc $realloc) (post-return $returned)))
    (func (export "export-rules")
      (param "format" string) (param "document" string) (param "options" string)
      (result (result $converted (error $refusal)))
      (canon lift (core func $module "export-rules")
        (memory $memory) (realloc $realloc) (post-return $returned))))

  (instance $tag-policy (instantiate $tag-policy))
  (export "tagseal:policy/tag-policy@0.1.0" (instance $tag-policy)))
