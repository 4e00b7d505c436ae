//! Embeds the shipped blueprints: writes a list of every file below `blueprints/` with its bytes.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("invariant: cargo sets it"));
    let root = manifest.join("../../blueprints").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut paths = Vec::new();
    collect(&root, &mut paths)?;
    paths.sort();
    let mut code = String::from("&[\n");
    for path in paths {
        let relative = path.strip_prefix(&root).expect("invariant: found below the root");
        let executable = fs::metadata(&path)?.permissions().mode() & 0o111 != 0;
        writeln!(
            code,
            "({:?}, {executable}, include_bytes!({path:?})),",
            relative.display().to_string()
        )
        .expect("invariant: writing to a string does not fail");
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("invariant: cargo sets it"));
    fs::write(out.join("blueprints.rs"), code)
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
