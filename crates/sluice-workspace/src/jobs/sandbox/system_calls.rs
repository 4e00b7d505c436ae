//! The system calls that a task may not make: what Landlock does not see.
//!
//! Landlock decides about TCP ports, but not about other sockets; a socket of the container runtime or of the desktop session
//! would be a way out. The filter is a list of refusals with `EPERM`; everything else is left to Landlock and the kernel.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// Refused whatever the arguments are: other ways to sockets and files, other processes, the kernel's own configuration.
const REFUSED: [i64; 21] = [
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
];
/// The bits of a socket's type that are the type; the others are flags.
const TYPE_MASK: u64 = 0xf;

/// The filter for this machine.
///
/// # Errors
/// When the processor is none that the filter can be made for.
pub(super) fn filter() -> Result<BpfProgram, BackendError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.into_iter().map(|call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, sockets()?);
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

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}
