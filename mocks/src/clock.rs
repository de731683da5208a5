//! The platform's clock: a parameter, so that a test can pass days in milliseconds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Datelike, FixedOffset, Timelike, Utc};

/// Milliseconds since 1970-01-01T00:00:00Z on the platform's clock.
pub type Millis = i64;

type Source = dyn Fn() -> DateTime<Utc> + Send + Sync;

enum Base {
    /// The machine's clock plus an offset.
    System,
    /// Stands still until it is moved.
    Manual,
    /// Someone else's clock (for example the daemon's own test clock) plus an offset.
    Following(Box<Source>),
}

struct Inner {
    base: Base,
    /// The time itself for `Manual`, the offset for the others.
    millis: AtomicI64,
}

/// The clock by which the mock platform answers.
///
/// Everything that takes time on the platform (processing, visibility, publication, expiry) is worked out from this
/// clock when somebody asks, so moving it is enough; nothing sleeps in the background. Clones share one time.
#[derive(Clone)]
pub struct MockClock(Arc<Inner>);

impl fmt::Debug for MockClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockClock({})", stamp(self.millis()))
    }
}

impl Default for MockClock {
    fn default() -> Self {
        Self::system()
    }
}

impl MockClock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::with(Base::System, 0)
    }

    /// A clock that stands at `at` until it is set or advanced.
    #[must_use]
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::with(Base::Manual, at.timestamp_millis())
    }

    /// A clock that shows what `source` says, so that a test moves one clock only.
    pub fn following(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self::with(Base::Following(Box::new(source)), 0)
    }

    fn with(base: Base, millis: i64) -> Self {
        Self(Arc::new(Inner { base, millis: AtomicI64::new(millis) }))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the mock's own clock")]
    fn base_millis(&self) -> Millis {
        match &self.0.base {
            Base::System => Utc::now().timestamp_millis(),
            Base::Manual => 0,
            Base::Following(source) => source().timestamp_millis(),
        }
    }

    /// The platform's time in milliseconds.
    #[must_use]
    pub fn millis(&self) -> Millis {
        self.base_millis() + self.0.millis.load(Ordering::SeqCst)
    }

    /// The platform's time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis()).unwrap_or_default()
    }

    /// Sets the clock; a running clock runs on from there.
    pub fn set(&self, at: DateTime<Utc>) {
        self.0.millis.store(at.timestamp_millis() - self.base_millis(), Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.millis.fetch_add(millis_of(by), Ordering::SeqCst);
    }
}

/// Real time, for what must be measured and not played: how long after an answer a call came.
#[expect(clippy::disallowed_methods, reason = "this is the mock's own clock")]
pub(crate) fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

/// Waits in real time, at most a minute: the only waiting that the platform does itself.
pub(crate) async fn wait_ms(ms: u64) {
    rest(Duration::from_millis(ms)).await;
}

/// The same as something that can be kept and polled.
#[expect(clippy::disallowed_methods, reason = "delays and slow answers are what the mock is asked for")]
pub(crate) fn rest(time: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(time.min(Duration::from_secs(60)))
}

/// A duration in whole milliseconds, capped instead of wrapping.
pub(crate) fn millis_of(d: Duration) -> Millis {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Whole seconds as milliseconds, capped instead of wrapping.
pub(crate) fn seconds(s: u64) -> Millis {
    i64::try_from(s).unwrap_or(i64::MAX).saturating_mul(1000).min(i64::MAX / 4)
}

/// The wall clock of Shandong: +08:00 all year.
pub(crate) fn local(at: Millis) -> DateTime<FixedOffset> {
    let utc = DateTime::from_timestamp_millis(at).unwrap_or_default();
    match FixedOffset::east_opt(8 * 3600) {
        Some(east) => utc.with_timezone(&east),
        None => utc.fixed_offset(),
    }
}

/// A time as the contract writes it: RFC 3339, whole seconds, +08:00 (contract §1, §4).
#[must_use]
pub fn stamp(at: Millis) -> String {
    let t = local(at);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+08:00", t.year(), t.month(), t.day(), t.hour(), t.minute(), t.second())
}

/// A time as HTTP headers write it (IMF-fixdate).
pub(crate) fn http_date(at: Millis) -> String {
    DateTime::from_timestamp_millis(at).unwrap_or_default().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_it_is_told() {
        let at = DateTime::from_timestamp(1_680_513_611, 0).unwrap_or_default();
        let clock = MockClock::manual(at);
        assert_eq!(stamp(clock.millis()), "2023-04-03T17:20:11+08:00");
        clock.clone().advance(Duration::from_secs(86_400));
        assert_eq!(stamp(clock.millis()), "2023-04-04T17:20:11+08:00");
        assert_eq!(http_date(clock.millis()), "Tue, 04 Apr 2023 09:20:11 GMT");
    }

    #[test]
    fn a_following_clock_shows_the_other_clock_and_can_be_set_off_from_it() {
        let other = MockClock::manual(DateTime::from_timestamp(1_000, 0).unwrap_or_default());
        let seen = other.clone();
        let clock = MockClock::following(move || seen.now());
        clock.advance(Duration::from_secs(5));
        other.advance(Duration::from_secs(10));
        assert_eq!(clock.millis(), 1_015_000);
    }
}
