//! The notebook driver, embedded in this program and unpacked beside the Python environments.

use std::io;
use std::path::{Path, PathBuf};

use sluice_model::Digest;
use uuid::Uuid;

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../python/driver/", $name)))),*]
    };
}

const SOURCES: [(&str, &str); 16] = sources![
    "main.py",
    "sluice_driver/__init__.py",
    "sluice_driver/datasets.py",
    "sluice_driver/dbutils.py",
    "sluice_driver/display.py",
    "sluice_driver/files.py",
    "sluice_driver/interpreter.py",
    "sluice_driver/modes.py",
    "sluice_driver/notebook.py",
    "sluice_driver/pipeline.py",
    "sluice_driver/secrets.py",
    "sluice_driver/spark.py",
    "sluice_driver/statements.py",
    "sluice_driver/task.py",
    "sluice_driver/widgets.py",
    "sluice_driver/workspace.py",
];

/// The directory of this program's driver below `cache`; written when it is not there yet, never changed afterwards.
///
/// # Errors
/// When the cache cannot be written.
pub(crate) fn unpack(cache: &Path) -> io::Result<PathBuf> {
    let text: String = SOURCES.iter().map(|(name, text)| format!("{name}\0{text}\0")).collect();
    let root = cache.join("python");
    let target = root.join(format!("driver-{}", &Digest::of(text.as_bytes()).hex()[..16]));
    if target.is_dir() {
        return Ok(target);
    }
    let building = root.join(format!(".driver-{}", Uuid::new_v4().simple()));
    std::fs::create_dir_all(building.join("sluice_driver"))?;
    for (name, text) in SOURCES {
        std::fs::write(building.join(name), text)?;
    }
    match std::fs::rename(&building, &target) {
        // Another process was faster; its content is the same.
        Err(_) if target.is_dir() => std::fs::remove_dir_all(&building)?,
        renamed => renamed?,
    }
    Ok(target)
}
