//! One decision to stop, heard by every loop.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    signal::unix::{self, SignalKind},
    sync::watch,
};

use crate::clock::Signal;

/// What asks the process to end: SIGTERM and SIGINT. From the moment that this is listened to neither kills it, so that comes before anything
/// is begun that must be finished.
pub(super) struct Asked {
    term: unix::Signal,
    interrupt: unix::Signal,
}

impl Asked {
    /// Listens from now on.
    ///
    /// # Errors
    /// When signals cannot be received.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { term: unix::signal(SignalKind::terminate())?, interrupt: unix::signal(SignalKind::interrupt())? })
    }

    /// Returns once it was asked, since it began to listen.
    pub(super) async fn heard(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Whether the daemon is to end, and whom to wake then.
pub struct Stop {
    decided: AtomicBool,
    wake: Mutex<Vec<Arc<Signal>>>,
    heard: watch::Sender<bool>,
}

impl Stop {
    /// Not stopping.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { decided: AtomicBool::new(false), wake: Mutex::default(), heard: watch::Sender::new(false) })
    }

    /// Has `signal` raised when the decision falls.
    pub fn wakes(&self, signal: &Arc<Signal>) {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(signal));
    }

    /// Decides to end; only the first call counts.
    pub fn decide(&self) {
        if !self.decided.swap(true, Ordering::AcqRel) {
            self.heard.send_replace(true);
            self.wake.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|signal| signal.raise());
        }
    }

    /// Whether it is decided.
    pub fn decided(&self) -> bool {
        self.decided.load(Ordering::Acquire)
    }

    /// Returns once it is decided.
    pub async fn wait(&self) {
        // The sender lives in self, so waiting cannot fail while we are borrowed.
        drop(self.heard.subscribe().wait_for(|decided| *decided).await);
    }
}
