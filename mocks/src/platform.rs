//! Starting, holding and stopping one mock platform.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::attachments::Uploads;
use crate::books::{Books, Ledger};
use crate::clock::MockClock;
use crate::script::{ErrorItem, Rule, Script, Told};
use crate::server::{self, Gate};
use crate::setup::{Registers, Setup};
use crate::structure::Bundle;
use crate::token::Accounts;
use crate::world::World;

/// What all calls share.
pub(crate) struct Shared {
    pub(crate) setup: Setup,
    pub(crate) bundle: Option<Bundle>,
    pub(crate) bundle_digest: [u8; 32],
    world: Mutex<World>,
    accounts: Mutex<Accounts>,
    script: Mutex<Script>,
    ledger: Mutex<Ledger>,
    uploads: Mutex<Uploads>,
    registers: Mutex<Registers>,
    rules: AtomicUsize,
    pub(crate) gate: watch::Sender<Gate>,
    /// Whether the listening socket is open.
    pub(crate) listening: watch::Sender<bool>,
    /// Moves on whenever a call begins or has ended.
    pub(crate) calls: watch::Sender<u64>,
    /// Address of the platform's port as a client writes it.
    pub(crate) base: String,
}

/// A lock that a panicking test left behind is as good as any other: the books are still readable.
fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn accounts(&self) -> MutexGuard<'_, Accounts> {
        lock(&self.accounts)
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    pub(crate) fn uploads(&self) -> MutexGuard<'_, Uploads> {
        lock(&self.uploads)
    }

    pub(crate) fn registers(&self) -> MutexGuard<'_, Registers> {
        lock(&self.registers)
    }

    pub(crate) fn has_rules(&self) -> bool {
        self.rules.load(Ordering::Acquire) > 0
    }

    /// Adds a rule and answers its handle.
    pub(crate) fn tell(&self, rule: Rule) -> u64 {
        let mut script = self.script();
        let id = script.add(rule);
        self.rules.store(script.len(), Ordering::Release);
        id
    }

    pub(crate) fn untell(&self, id: Option<u64>) -> bool {
        let mut script = self.script();
        let removed = match id {
            Some(id) => script.remove(id),
            None => {
                script.clear();
                true
            }
        };
        self.rules.store(script.len(), Ordering::Release);
        removed
    }
}

/// The mock provincial platform.
pub struct Platform;

/// A platform at work. Dropping it stops it as well, without waiting.
pub struct Running {
    shared: Arc<Shared>,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Platform {
    /// Starts a platform on the current tokio runtime. Any number may run in one process.
    ///
    /// # Errors
    /// A port that cannot be bound, an admin address that is not loopback, TLS material or a schema bundle that cannot be
    /// read.
    pub async fn start(setup: Setup) -> io::Result<Running> {
        if setup.admin.is_some_and(|a| !a.ip().is_loopback()) {
            return Err(io::Error::other("管理端口只能监听本机回环地址"));
        }
        let tls = setup.tls.as_ref().map(crate::tls::acceptor).transpose()?;
        let bundle = setup.bundle_dir.as_deref().map(Bundle::load).transpose()?;
        let listener = server::bind(setup.listen)?;
        let address = listener.local_addr()?;
        let admin = setup.admin.map(server::bind).transpose()?;
        let admin_address = admin.as_ref().map(tokio::net::TcpListener::local_addr).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (gate, _) = watch::channel(Gate::Open);
        let run = uuid::Uuid::new_v4().as_u64_pair().0;
        let shared = Arc::new(Shared {
            bundle_digest: zip_digest(&setup).or(bundle.as_ref().map(|b| b.digest)).unwrap_or([0; 32]),
            bundle,
            world: Mutex::new(World::new(&setup)),
            accounts: Mutex::new(Accounts::new(&setup.accounts, run)),
            script: Mutex::new(Script::default()),
            ledger: Mutex::new(Ledger::new(setup.keep_requests)),
            uploads: Mutex::new(Uploads::default()),
            registers: Mutex::new(setup.registers.clone()),
            rules: AtomicUsize::new(0),
            gate,
            listening: watch::channel(true).0,
            calls: watch::channel(0).0,
            base: format!("{scheme}://{address}"),
            setup,
        });
        for rule in shared.setup.rules.clone() {
            shared.tell(rule);
        }
        #[expect(clippy::disallowed_methods, reason = "whoever runs the platform holds it")]
        let mut tasks = vec![tokio::spawn(server::serve(shared.clone(), listener, address, tls))];
        if let Some(admin) = admin {
            #[expect(clippy::disallowed_methods, reason = "whoever runs the platform holds it")]
            tasks.push(tokio::spawn(crate::admin::serve(shared.clone(), admin)));
        }
        Ok(Running { shared, address, admin: admin_address, tasks })
    }
}

/// The digest of `schema-{version}.zip` (contract §6), where the bundle's folder holds it; else the bundle's own stands in.
fn zip_digest(setup: &Setup) -> Option<[u8; 32]> {
    let path = setup.bundle_dir.as_ref()?.join(format!("schema-{}.zip", setup.schema_version));
    std::fs::read(path).ok().map(|bytes| Sha256::digest(bytes).into())
}

impl Running {
    /// `http://127.0.0.1:port` (or `https`), without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base.clone()
    }

    /// Where the platform listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port` of the admin port, if it has one.
    #[must_use]
    pub fn admin_url(&self) -> Option<String> {
        self.admin.map(|a| format!("http://{a}"))
    }

    /// Tells a rule; the handle takes it back.
    pub fn script(&self, rule: Rule) -> u64 {
        self.shared.tell(rule)
    }

    /// Takes a rule back; `false` when there is none with this handle.
    pub fn take_back(&self, rule: u64) -> bool {
        self.shared.untell(Some(rule))
    }

    /// Takes all rules back.
    pub fn be_good(&self) {
        self.shared.untell(None);
    }

    /// All rules with how often they fired.
    #[must_use]
    pub fn rules(&self) -> Vec<Told> {
        self.shared.script().told()
    }

    /// The books.
    #[must_use]
    pub fn books(&self) -> Books {
        Books(self.shared.clone())
    }

    /// Waits until the books show enough; looks whenever a call has begun or ended.
    pub async fn until(&self, enough: impl Fn(&Books) -> bool) {
        let (books, mut calls) = (self.books(), self.shared.calls.subscribe());
        while !enough(&books) {
            if calls.changed().await.is_err() {
                // The sender lives in `shared`, which this handle holds.
                return;
            }
        }
    }

    /// The platform's clock.
    #[must_use]
    pub fn clock(&self) -> MockClock {
        self.shared.setup.clock.clone()
    }

    /// Forgets every token given out so far (code 03 for them).
    pub fn expire_tokens(&self) {
        self.shared.accounts().forget();
    }

    /// Unlocks an account; `false` when there is none of this name.
    pub fn unlock(&self, app_id: &str) -> bool {
        self.shared.accounts().unlock(app_id)
    }

    /// Lets a held document go on; `false` when it is not known. With errors it will be returned.
    pub fn release(&self, id: &str, errors: Vec<ErrorItem>) -> bool {
        let now = self.shared.setup.clock.millis();
        let mut world = self.shared.world();
        world.settle(&self.shared.setup, now);
        crate::answer::unhex(id).is_some_and(|id| world.release(&self.shared.setup, &id, errors, now))
    }

    /// From now on the platform holds something else than was submitted, or again what was; `false` when the submission is not known.
    pub fn alter(&self, id: &str, altered: bool) -> bool {
        let mut world = self.shared.world();
        let found = crate::answer::unhex(id).and_then(|id| world.find(&id));
        found.map(|n| world.submissions[n].altered = altered).is_some()
    }

    /// Changes the schema version (code 17 for those no longer taken).
    pub fn set_schema(&self, version: &str, accepts: &[&str]) {
        let mut world = self.shared.world();
        version.clone_into(&mut world.schema_version);
        world.accepts = accepts.iter().map(|a| (*a).to_owned()).collect();
    }

    /// Replaces the registers (a person has registered an enterprise or an officer).
    pub fn set_registers(&self, registers: Registers) {
        *self.shared.registers() = registers;
    }

    /// Withdraws a published decision, or ends it by credit repair, now. All rows with this number; answers how many.
    pub fn end_publication(&self, number: &str, repaired: bool) -> usize {
        crate::publications::end(&self.shared, number, repaired)
    }

    /// Fixes `complete-to`, or lets it follow the clock again.
    pub fn set_complete_to(&self, at: Option<chrono::DateTime<chrono::Utc>>) {
        self.shared.world().complete_to = at.map(|t| t.timestamp_millis());
    }

    /// Closes the listening socket and every connection until [`Running::accept_connections`]. When it returns, a new
    /// connection is refused.
    pub async fn refuse_connections(&self) {
        self.shared.gate.send_replace(Gate::Closed);
        self.settled(false).await;
    }

    /// Listens again on the same port; when it returns, connections are accepted.
    pub async fn accept_connections(&self) {
        self.shared.gate.send_replace(Gate::Open);
        self.settled(true).await;
    }

    async fn settled(&self, listening: bool) {
        if self.shared.listening.subscribe().wait_for(|l| *l == listening).await.is_err() {
            // The sender lives in `shared`, which this handle holds.
        }
    }

    /// Stops at once: connections are cut, ports are free when it returns.
    pub async fn shutdown(mut self) {
        self.shared.gate.send_replace(Gate::Stopped);
        for task in std::mem::take(&mut self.tasks) {
            if task.await.is_err() {
                // The task was ended by the runtime; it is as stopped as can be.
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.gate.send_replace(Gate::Stopped);
    }
}
