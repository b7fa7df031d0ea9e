;; A good component, of another world.
(component
  (component $greeting
    (core module $module (func (export "greet") (result i32) (i32.const 7)))
    (core instance $module (instantiate $module))
    (func (export "greet") (result u32) (canon lift (core func $module "greet"))))
  (instance $greeting (instantiate $greeting))
  (export "example:greeting/greeting@1.0.0" (instance $greeting)))
