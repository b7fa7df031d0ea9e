//! Has the linker write a core module: the target's own form is a component.

fn main() {
    println!("cargo::rustc-link-arg=--skip-wit-component");
}
