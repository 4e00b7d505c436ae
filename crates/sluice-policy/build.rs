//! Builds this crate again when the embedded pack changes: the macro that embeds it does not tell.

fn main() {
    println!("cargo::rerun-if-changed=../../policies");
}
