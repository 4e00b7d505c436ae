//! The system calls that a task may not make: what Landlock does not see.
//!
//! Landlock decides about TCP ports, but not about other sockets; a socket of the container runtime or of the desktop session
//! would be a way out. It decides about the content of files, but not about their modes, owners and attributes: a task could open
//! the workspace's tokens to every user of the machine. (A mode is changed through a descriptor, which Landlock has let the task open; the
//! driver's `os.chmod` does.) The filter is a list of refusals with `EPERM`; everything else is left to Landlock and the kernel.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// Refused whatever the arguments are: other ways to sockets and files, other processes, the kernel's own configuration.
const REFUSED: [i64; 44] = [
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Without a name it takes a free port, which Landlock does not see.
    libc::SYS_listen,
    libc::SYS_ptrace,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Memory and queues that all processes of the user share.
    libc::SYS_shmget,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
];
/// The newer form of `chmod`; its number is the same on all processors.
const FCHMODAT2: i64 = 452;
/// The older forms of calls above, which newer processors do not have.
#[cfg(target_arch = "x86_64")]
const REFUSED_OLD: [i64; 3] = [libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_OLD: [i64; 0] = [];
/// The bits of a socket's type that are the type; the others are flags.
const TYPE_MASK: u64 = 0xf;

/// The filter for this machine.
///
/// # Errors
/// When the processor is none that the filter can be made for.
pub(super) fn filter() -> Result<BpfProgram, BackendError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED
        .into_iter()
        .chain(REFUSED_OLD)
        .map(|call| (call, Vec::new()))
        .collect();
    rules.insert(libc::SYS_socket, sockets()?);
    // Limits and priority: its own only, which the first (second) argument says with zero.
    rules.insert(libc::SYS_prlimit64, other_process(0)?);
    rules.insert(libc::SYS_setpriority, other_process(1)?);
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture)?.try_into()
}

/// Every socket but plain TCP: another family, another type, or a protocol (such as MPTCP) that passes Landlock by.
fn sockets() -> Result<Vec<SeccompRule>, BackendError> {
    let differs = |argument: u8, value: i32| condition(argument, SeccompCmpOp::Ne, value.unsigned_abs().into());
    let family = SeccompRule::new(vec![differs(0, libc::AF_INET)?, differs(0, libc::AF_INET6)?])?;
    let protocol = SeccompRule::new(vec![differs(2, 0)?, differs(2, libc::IPPROTO_TCP)?])?;
    let stream = u64::from(libc::SOCK_STREAM.unsigned_abs());
    let types = (0..=TYPE_MASK)
        .filter(|kind| *kind != stream)
        .map(|kind| SeccompRule::new(vec![condition(1, SeccompCmpOp::MaskedEq(TYPE_MASK), kind)?]));
    [Ok(family), Ok(protocol)].into_iter().chain(types).collect()
}

fn other_process(argument: u8) -> Result<Vec<SeccompRule>, BackendError> {
    Ok(vec![SeccompRule::new(vec![condition(argument, SeccompCmpOp::Ne, 0)?])?])
}

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}
