//! The verdict over what the platform holds.

use std::collections::{BTreeMap, HashMap};

use super::{Admitted, Books, Fault, Verdict};
use crate::answer::hex;
use crate::world::State;

impl Books {
    /// Judges: each admitted document entered exactly once, nothing entered that was not admitted, no two live entries for
    /// one sender, kind and number (or draft id).
    #[must_use]
    pub fn verdict(&self, admitted: &[Admitted]) -> Verdict {
        let mut world = self.0.world();
        world.settle(&self.0.setup, self.0.setup.clock.millis());
        let mut ids: HashMap<&str, usize> = HashMap::new();
        let mut keys: HashMap<(&str, &str), usize> = HashMap::new();
        for (n, a) in admitted.iter().enumerate() {
            match a {
                Admitted::Id(id) => ids.insert(id, n),
                Admitted::Key { kind, number } => keys.insert((kind, number), n),
            };
        }
        let mut entries = vec![0_u32; admitted.len()];
        let mut instead: Vec<Option<State>> = vec![None; admitted.len()];
        let mut live: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
        let mut faults = Vec::new();
        let mut entered = 0;
        for s in &world.submissions {
            let id = hex(&s.head.id);
            let key = s.head.key();
            let n = ids.get(id.as_str()).or_else(|| keys.get(&(s.head.kind.as_str(), key))).copied();
            if s.entered_at.is_none() {
                if let Some(n) = n {
                    instead[n] = Some(s.state);
                }
                continue;
            }
            entered += 1;
            match n {
                // A correction under the same number replaces its entry; together they are one.
                Some(n) if s.state == State::Superseded && matches!(admitted[n], Admitted::Key { .. }) => {
                    instead[n] = instead[n].or(Some(s.state));
                    entries[n] += s.copies - 1;
                }
                Some(n) => entries[n] += s.copies,
                None => {
                    faults.push(Fault::NotAdmitted { id: id.clone(), kind: s.head.kind.clone(), key: key.to_owned() });
                }
            }
            if s.state == State::Entered {
                live.entry((&s.head.sender, &s.head.kind, key)).or_default().push(id);
            }
        }
        for (n, a) in admitted.iter().enumerate() {
            match entries[n] {
                0 => faults.push(Fault::NotEntered { admitted: a.clone(), state: instead[n] }),
                1 => {}
                entries => faults.push(Fault::EnteredTwice { admitted: a.clone(), entries }),
            }
        }
        for ((sender, kind, key), ids) in live.into_iter().filter(|(_, ids)| ids.len() > 1) {
            faults.push(Fault::TwoLive { sender: sender.into(), kind: kind.into(), key: key.into(), ids });
        }
        Verdict { ok: faults.is_empty(), entered, faults }
    }
}
