;; Asks for an interface that it never calls. To import is enough.
(component
  (import "tagseal:policy/tag-policy@0.2.0" (instance))
  (instance $empty)
  (export "tagseal:policy/other@0.2.0" (instance $empty)))
