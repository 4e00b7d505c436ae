//! The Python environment that the engine, the maintenance worker and the tasks run in.
//!
//! It is made once per lock, by `uv`, in `<cache>/python/<digest of the lock>`, and never changed afterwards: whoever needs it first builds it in a
//! temporary directory under a file lock and renames it into place. Start with [`ensure`].

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sluice_model::Digest;

use crate::log;

const LOCK: &str = include_str!("../../../../python/runtime/requirements.txt");
const UV_LOCK: &str = include_str!("../../../../python/runtime/uv.txt");
/// The engine's own sources; they are part of the digest, so that two versions of the program do not share them.
const SOURCES: [(&str, &str); 10] = [
    (
        "arrow_stream.py",
        include_str!("../../../../python/engine/arrow_stream.py"),
    ),
    ("engine.py", include_str!("../../../../python/engine/engine.py")),
    ("channel.py", include_str!("../../../../python/engine/channel.py")),
    ("commands.py", include_str!("../../../../python/engine/commands.py")),
    ("gateway.py", include_str!("../../../../python/engine/gateway.py")),
    ("conditions.py", include_str!("../../../../python/engine/conditions.py")),
    (
        "maintenance.py",
        include_str!("../../../../python/engine/maintenance.py"),
    ),
    ("plans.py", include_str!("../../../../python/engine/plans.py")),
    ("statements.py", include_str!("../../../../python/engine/statements.py")),
    ("values.py", include_str!("../../../../python/engine/values.py")),
];

/// A Python environment that is ready to use.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The interpreter.
    pub python: PathBuf,
    /// The directory of the environment.
    pub directory: PathBuf,
    /// The directory with the engine's sources.
    pub sources: PathBuf,
}

/// The environment cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// A file or directory in the cache.
    #[error("could not access `{}` in the cache of Python environments", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program that is needed is not there.
    #[error("could not run `{program}`, which is needed to make the Python environment: install Python 3.10 or newer")]
    Program {
        /// Which.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed while making the Python environment: {output}")]
    Failed {
        /// What was run.
        command: String,
        /// The end of what it said.
        output: String,
    },
}

/// Finds the environment of this program's lock in the cache, or makes it.
///
/// # Errors
/// When Python is missing, a package cannot be installed or the cache cannot be written.
pub async fn ensure(cache: &Path) -> Result<Environment, EnvironmentError> {
    let cache = cache.to_owned();
    match tokio::task::spawn_blocking(move || ensure_blocking(&cache)).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn ensure_blocking(cache: &Path) -> Result<Environment, EnvironmentError> {
    let root = cache.join("python");
    create_directory(&root)?;
    let directory = root.join(&Digest::of(LOCK.as_bytes()).hex()[..16]);
    let sources = root.join(format!("engine-{}", &sources_digest()[..16]));
    let environment = Environment {
        python: directory.join("bin").join("python"),
        directory,
        sources,
    };
    if environment.directory.is_dir() && environment.sources.is_dir() {
        return Ok(environment);
    }
    let lock_path = root.join("lock");
    let lock = File::create(&lock_path).map_err(|source| file_error(&lock_path, source))?;
    lock.lock().map_err(|source| file_error(&lock_path, source))?;
    if !environment.directory.is_dir() {
        install(&root, &environment.directory)?;
    }
    if !environment.sources.is_dir() {
        write_sources(&root, &environment.sources)?;
    }
    Ok(environment)
}

/// Finds the packages of a lock as plain directories in the cache, or installs them there without their dependencies.
///
/// The directory is keyed by the lock's digest and never changed afterwards. `lock` is a requirements file with hashes.
///
/// # Errors
/// As [`ensure`].
pub async fn ensure_packages(cache: &Path, lock: &'static str) -> Result<PathBuf, EnvironmentError> {
    let environment = ensure(cache).await?;
    let root = cache.join("python");
    let installed = tokio::task::spawn_blocking(move || install_packages(&root, &environment.python, lock)).await;
    match installed {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn install_packages(root: &Path, python: &Path, lock: &str) -> Result<PathBuf, EnvironmentError> {
    let target = root.join(format!("packages-{}", &Digest::of(lock.as_bytes()).hex()[..16]));
    let lock_path = root.join("lock");
    let file = File::create(&lock_path).map_err(|source| file_error(&lock_path, source))?;
    file.lock().map_err(|source| file_error(&lock_path, source))?;
    if target.is_dir() {
        return Ok(target);
    }
    let uv = find_uv(root)?;
    let building = fresh_directory(root)?;
    let requirements = root.join("packages.txt");
    std::fs::write(&requirements, lock).map_err(|source| file_error(&requirements, source))?;
    run(Command::new(&uv)
        .args(["pip", "install", "--quiet", "--require-hashes", "--no-deps", "--python"])
        .arg(python)
        .arg("--target")
        .arg(&building)
        .arg("--requirements")
        .arg(&requirements))?;
    rename(&building, &target)?;
    Ok(target)
}

/// A wheel that a task brings along.
#[derive(Clone, Debug)]
pub struct Wheel {
    /// Its file name, which tells installers what it is.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Finds packages that a task asks for in the cache, or installs them there with what they need, as a directory for the module path.
///
/// The directory is keyed by what was asked for and by the runtime's lock, and never changed afterwards. Only wheels are installed: a source archive would run
/// its own code while it is built, outside the confinement of tasks.
///
/// # Errors
/// As [`ensure`].
pub async fn ensure_overlay(
    cache: &Path,
    requirements: Vec<String>,
    wheels: Vec<Wheel>,
) -> Result<PathBuf, EnvironmentError> {
    let environment = ensure(cache).await?;
    let root = cache.join("python");
    let installed =
        tokio::task::spawn_blocking(move || install_overlay(&root, &environment.python, &requirements, &wheels)).await;
    match installed {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn install_overlay(
    root: &Path,
    python: &Path,
    requirements: &[String],
    wheels: &[Wheel],
) -> Result<PathBuf, EnvironmentError> {
    let mut key = format!("{}\0{}", Digest::of(LOCK.as_bytes()).hex(), requirements.join("\0"));
    for wheel in wheels {
        key.push_str(&format!("\0{}\0{}", wheel.name, Digest::of(&wheel.content).hex()));
    }
    let target = root.join(format!("task-{}", &Digest::of(key.as_bytes()).hex()[..16]));
    if target.is_dir() {
        return Ok(target);
    }
    let lock_path = root.join("lock");
    let file = File::create(&lock_path).map_err(|source| file_error(&lock_path, source))?;
    file.lock().map_err(|source| file_error(&lock_path, source))?;
    if target.is_dir() {
        return Ok(target);
    }
    let uv = find_uv(root)?;
    let building = fresh_directory(root)?;
    let brought = root.join("wheels");
    match std::fs::remove_dir_all(&brought) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file_error(&brought, error)),
        Ok(()) | Err(_) => create_directory(&brought)?,
    }
    let mut install = Command::new(&uv);
    install
        .args([
            "pip",
            "install",
            "--quiet",
            "--only-binary",
            ":all:",
            "--no-config",
            "--python",
        ])
        .arg(python)
        .arg("--target")
        .arg(&building);
    for wheel in wheels {
        let path = brought.join(&wheel.name);
        std::fs::write(&path, &wheel.content).map_err(|source| file_error(&path, source))?;
        install.arg(path);
    }
    run(install.arg("--").args(requirements))?;
    rename(&building, &target)?;
    Ok(target)
}

fn sources_digest() -> String {
    let all: String = SOURCES.iter().map(|(name, text)| format!("{name}\0{text}\0")).collect();
    Digest::of(all.as_bytes()).hex().to_owned()
}

fn write_sources(root: &Path, target: &Path) -> Result<(), EnvironmentError> {
    let building = fresh_directory(root)?;
    create_directory(&building)?;
    for (name, text) in SOURCES {
        let path = building.join(name);
        std::fs::write(&path, text).map_err(|source| file_error(&path, source))?;
    }
    rename(&building, target)
}

fn install(root: &Path, target: &Path) -> Result<(), EnvironmentError> {
    log::line(&format!(
        "installing the Python environment of the workspaces (Sail, pyspark, deltalake) into {}, once",
        target.display()
    ));
    let uv = find_uv(root)?;
    let building = fresh_directory(root)?;
    let requirements = root.join("requirements.txt");
    std::fs::write(&requirements, LOCK).map_err(|source| file_error(&requirements, source))?;
    run(Command::new(&uv)
        .args([
            "venv",
            "--quiet",
            "--relocatable",
            "--no-project",
            "--python",
            "python3",
        ])
        .arg(&building))?;
    run(Command::new(&uv)
        .args([
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--compile-bytecode",
            "--python",
        ])
        .arg(building.join("bin").join("python"))
        .arg("--requirements")
        .arg(&requirements))?;
    rename(&building, target)
}

/// `uv` on PATH, or the wheel from the package index in a small environment of its own.
fn find_uv(root: &Path) -> Result<PathBuf, EnvironmentError> {
    let on_path = Command::new("uv")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if on_path.is_ok_and(|status| status.success()) {
        return Ok(PathBuf::from("uv"));
    }
    let target = root.join(format!("uv-{}", &Digest::of(UV_LOCK.as_bytes()).hex()[..16]));
    if !target.is_dir() {
        log::line("installing `uv`, which makes the Python environment and is not on PATH");
        let building = fresh_directory(root)?;
        let requirements = root.join("uv.txt");
        std::fs::write(&requirements, UV_LOCK).map_err(|source| file_error(&requirements, source))?;
        run(Command::new("python3").args(["-m", "venv"]).arg(&building))?;
        run(Command::new(building.join("bin").join("python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--requirement",
            ])
            .arg(&requirements))?;
        rename(&building, &target)?;
    }
    Ok(target.join("bin").join("uv"))
}

fn run(command: &mut Command) -> Result<(), EnvironmentError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| EnvironmentError::Program {
            program: program.clone(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.trim().lines().collect();
    let words = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned());
    Err(EnvironmentError::Failed {
        command: [program].into_iter().chain(words).collect::<Vec<_>>().join(" "),
        output: lines[lines.len().saturating_sub(12)..].join("\n"),
    })
}

/// What an interrupted installation left is removed: only the holder of the file lock gets here.
fn fresh_directory(root: &Path) -> Result<PathBuf, EnvironmentError> {
    let path = root.join("building");
    match std::fs::remove_dir_all(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file_error(&path, error)),
        Ok(()) | Err(_) => Ok(path),
    }
}

fn create_directory(path: &Path) -> Result<(), EnvironmentError> {
    std::fs::create_dir_all(path).map_err(|source| file_error(path, source))
}

fn rename(from: &Path, to: &Path) -> Result<(), EnvironmentError> {
    std::fs::rename(from, to).map_err(|source| file_error(to, source))
}

fn file_error(path: &Path, source: std::io::Error) -> EnvironmentError {
    EnvironmentError::File {
        path: path.to_owned(),
        source,
    }
}
