//! The demo's console: an address that nobody has, and users whose passwords are made up anew each time.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    net::SocketAddr,
    sync::Arc,
};

use super::stage::Stage;
use crate::users::{Password, Role, Users};

/// Where the console of an office is by default.
const USUAL: u16 = 8420;

/// Who may look, and at what.
const VISITORS: [(&str, Role); 2] = [("演示", Role::Operator), ("审计", Role::Auditor)];

/// An address on this machine that nobody listens at: the usual one, or any other when a real program has that.
///
/// # Errors
/// When no port can be had.
pub(super) fn address() -> io::Result<SocketAddr> {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).and_then(|listener| listener.local_addr());
    free(USUAL).or_else(|_| free(0))
}

/// Adds the visitors and says how they come in.
///
/// # Errors
/// When the store fails, or nobody reads on.
pub(super) async fn invite(stage: &Stage, address: SocketAddr, out: &mut dyn Write) -> anyhow::Result<()> {
    let users = Users::new(Arc::clone(stage.daemon.queue.store()), Arc::clone(stage.daemon.queue.clock()));
    writeln!(out, "\n网页控制台  http://{address}/")?;
    for (name, role) in VISITORS {
        let password = password();
        users.add(name, &BTreeSet::from([role]), Password::new(&*password), "演示").await?;
        writeln!(out, "  用户 {name}（{}）  口令 {password}", role.label())?;
    }
    writeln!(out, "  演示的钟快十倍，三分钟不动就要重新登录")?;
    Ok(())
}

/// Something that nobody guesses and anybody can type.
fn password() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Da-7{}", random.get(..8).unwrap_or_default())
}
