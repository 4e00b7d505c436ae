//! Which process is meant, so that it can be told later whether it still runs.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process of this machine. Process ids are used again, also after a restart; the start time and the boot tell them apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessIdentity {
    /// Process id.
    pid: u32,
    /// Start time in clock ticks after boot.
    started: u64,
    /// Id of the boot.
    boot: String,
}

impl std::fmt::Display for ProcessIdentity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "process {}", self.pid)
    }
}

impl ProcessIdentity {
    /// This process; none when the machine does not say (no `/proc`).
    pub(crate) fn current() -> Option<Self> {
        let pid = std::process::id();
        Some(Self {
            pid,
            started: start_time(pid)?,
            boot: boot()?,
        })
    }

    /// Whether this process is certainly gone. `false` also when that cannot be told.
    pub(crate) fn is_gone(&self) -> bool {
        let Some(boot) = boot() else { return false };
        boot != self.boot || start_time(self.pid) != Some(self.started)
    }
}

fn boot() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// Field 22 of `/proc/<pid>/stat` (proc(5)); the name in field 2 may hold spaces and parentheses. None for a process that is dead
/// and only waits for its parent (state Z or X in field 3).
fn start_time(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_process_that_nobody_waited_for_is_gone() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let identity = ProcessIdentity {
            pid: child.id(),
            started: start_time(child.id()).unwrap(),
            boot: boot().unwrap(),
        };
        assert!(!identity.is_gone());
        child.kill().unwrap();
        while !identity.is_gone() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(identity.is_gone());
    }

    #[test]
    fn a_process_is_gone_when_another_has_its_id() {
        let current = ProcessIdentity::current().unwrap();
        assert!(!current.is_gone());
        let earlier = ProcessIdentity {
            started: current.started - 1,
            ..current.clone()
        };
        let before_restart = ProcessIdentity {
            boot: "x".to_owned(),
            ..current
        };
        assert!(earlier.is_gone() && before_restart.is_gone());
    }
}
