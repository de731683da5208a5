//! The schema's version (contract §6).

use crate::answer::{Answer, Part, escape, hex, put};
use crate::clock::Millis;
use crate::platform::Shared;
use crate::world::World;

/// `GET /schema`.
pub(crate) fn get(p: &Shared, now: Millis) -> Answer {
    let mut world = p.world();
    world.settle(&p.setup, now);
    Answer::of("00").with(Part::Written(write(p, &world)))
}

/// The `Schema` element, also carried by code 17.
pub(crate) fn write(p: &Shared, world: &World) -> String {
    let mut s = String::from("<Schema version=\"");
    escape(&mut s, &world.schema_version);
    put(&mut s, format_args!("\" effective-from=\"{}\" digest=\"{}\" accepts=\"", p.setup.effective_from, hex(&p.bundle_digest)));
    escape(&mut s, &world.accepts.join(" "));
    s.push_str("\"/>");
    s
}
