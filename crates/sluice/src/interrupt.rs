//! Ctrl-C (and SIGTERM): a request that takes effect between steps, so that no remote call is left without an outcome.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::ExitKind;
use crate::render::Terminal;

/// `SIGXFSZ` of Linux on every architecture but MIPS (signal(7)).
const SIGXFSZ: i32 = 25;

/// Makes the end of the parent process, even by `kill -9`, the end of this one. Whoever starts this program and is started again
/// must not meet the steps of its first run still going on.
///
/// # Errors
/// When the parent has ended already, or the kernel refuses.
pub(crate) fn end_with_parent(parent: i32) -> std::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // The parent may have ended before the kernel knew of the wish.
    let alive = rustix::process::getppid().is_some_and(|current| current.as_raw_nonzero().get() == parent);
    if alive {
        Ok(())
    } else {
        Err(std::io::Error::other("the process that started this one has ended"))
    }
}

/// A switch that turns on once. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    requested: bool,
    steps_under_way: usize,
}

/// While this exists, an interrupt waits. Use cases that write hold one and look at [`Interrupt::requested`] between their steps.
#[derive(Debug)]
pub(crate) struct StepGuard {
    state: Arc<watch::Sender<State>>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
        }
    }
}

impl Interrupt {
    /// Whether an interrupt was requested.
    pub(crate) fn requested(&self) -> bool {
        self.state.borrow().requested
    }

    /// Makes interrupts wait until the guard is dropped.
    pub(crate) fn hold(&self) -> StepGuard {
        self.state.send_modify(|state| state.steps_under_way += 1);
        StepGuard {
            state: Arc::clone(&self.state),
        }
    }

    /// Returns when an interrupt was requested, whatever holds it back; otherwise never.
    pub(crate) async fn when_requested(self) {
        let mut receiver = self.state.subscribe();
        if receiver.wait_for(|state| state.requested).await.is_err() {
            // The sender lives in `self`; its end means that the process ends.
            std::future::pending::<()>().await;
        }
    }

    /// Returns when an interrupt was requested and nothing holds it back; otherwise never.
    pub(crate) async fn between_steps(&self) {
        let mut receiver = self.state.subscribe();
        let reached = receiver
            .wait_for(|state| state.requested && state.steps_under_way == 0)
            .await;
        if reached.is_err() {
            // The sender lives in `self`; its end means that the process ends.
            std::future::pending::<()>().await;
        }
    }

    /// Starts to listen for SIGINT and SIGTERM. Must be called inside the runtime.
    ///
    /// SIGXFSZ is taken too: a file that may not grow any more (`RLIMIT_FSIZE`) then is an error of the write, not our end.
    pub(crate) fn listen(&self, terminal: &Terminal) {
        if let Ok(mut stream) = signal(SignalKind::from_raw(SIGXFSZ)) {
            tokio::spawn(async move { while stream.recv().await.is_some() {} });
        }
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let Ok(mut stream) = signal(kind) else { continue };
            let state = Arc::clone(&self.state);
            let terminal = terminal.clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    let before = *state.borrow();
                    if before.requested {
                        exit_at_once();
                    }
                    if before.steps_under_way > 0 {
                        terminal.progress("stopping after the current step; once more to stop at once");
                    }
                    state.send_modify(|state| state.requested = true);
                }
            });
        }
    }
}

/// The person insists: the call under way stays without an outcome, and the next deployment looks it up.
#[expect(clippy::exit, reason = "nothing may run on after the second Ctrl-C")]
fn exit_at_once() -> ! {
    std::process::exit(i32::from(ExitKind::Interrupted.exit_code()))
}

impl Drop for StepGuard {
    fn drop(&mut self) {
        self.state.send_modify(|state| state.steps_under_way -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn an_interrupt_waits_for_the_step_under_way() {
        let interrupt = Interrupt::default();
        let guard = interrupt.hold();
        let mut waiting = pin!(interrupt.between_steps());
        let mut poll = || waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        interrupt.state.send_modify(|state| state.requested = true);
        assert_eq!((interrupt.requested(), poll()), (true, Poll::Pending));
        drop(guard);
        assert_eq!(poll(), Poll::Ready(()));
    }
}
