//! The seam to time: the only file that asks the system what time it is.
//!
//! Every loop of the daemon rests here, so that a test can pass a month in milliseconds: [`ManualClock`] knows how many tasks are at work
//! and when the next one wants to wake, and moves time on only when all of them rest.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use tokio::sync::{Notify, watch};

use crate::document::Timestamp;

/// Where time comes from.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Returns once it is `moment` or later, with the sleeper counted as at work again; one that is dropped before is not counted.
    async fn sleep_until(&self, moment: Timestamp);

    /// Counts one more task as at work. Real time does not care.
    fn begin_work(&self) {}

    /// Counts one task as resting or done.
    fn end_work(&self) {}
}

/// A clock that all rooms share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

/// The longest that a sleeper on the machine's clock goes without looking at it again: a clock step or a suspended machine is noticed
/// within this time (faults 13 and 15).
const LONGEST_NAP: Duration = Duration::from_secs(20);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that sleeps")]
    async fn sleep_until(&self, moment: Timestamp) {
        loop {
            let left = moment.since(self.now()).num_milliseconds();
            let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(left).min(LONGEST_NAP)).await;
        }
    }
}

/// A task counted as at work for as long as this lives.
pub struct Work {
    clock: SharedClock,
    /// Whether it rests at this moment, and is therefore not counted.
    resting: AtomicBool,
}

impl Work {
    /// Begins counted work.
    pub fn begin(clock: &SharedClock) -> Self {
        clock.begin_work();
        Self { clock: Arc::clone(clock), resting: AtomicBool::new(false) }
    }

    /// Rests until `moment` or until `signal` is raised, whichever is first. The task does not count as at work meanwhile; it
    /// must rest on the signal that is raised for it, or the raised one keeps counting.
    pub async fn rest(&self, moment: Timestamp, signal: &Signal) {
        if signal.take() {
            return;
        }
        let mut sleeping = std::pin::pin!(self.clock.sleep_until(moment));
        // The clock must know until when before it may hear that this task rests, or it would move on past that moment.
        let over = std::future::poll_fn(|context| Poll::Ready(sleeping.as_mut().poll(context))).await;
        self.resting.store(true, Ordering::Release);
        self.clock.end_work();
        if over.is_ready() {
            signal.take();
        } else {
            tokio::select! {
                // Whoever raises the signal has counted this task as at work again.
                () = signal.raised() => {}
                () = sleeping => { signal.take(); }
            }
        }
        self.resting.store(false, Ordering::Release);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.resting.load(Ordering::Acquire) {
            self.clock.end_work();
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        // Nobody is left who could look.
        self.take();
    }
}

/// A wish that one resting task look again. Carries nothing; raised twice it is seen once.
pub struct Signal {
    clock: SharedClock,
    raised: AtomicBool,
    notify: Notify,
}

impl Signal {
    /// A signal that is not raised.
    pub fn new(clock: &SharedClock) -> Arc<Self> {
        Arc::new(Self { clock: Arc::clone(clock), raised: AtomicBool::new(false), notify: Notify::new() })
    }

    /// Asks the task to look again.
    pub fn raise(&self) {
        // Counted before the flag shows, so that the count never dips while the task is on its way.
        self.clock.begin_work();
        if self.raised.swap(true, Ordering::AcqRel) {
            self.clock.end_work();
        } else {
            self.notify.notify_one();
        }
    }

    /// Whether it was raised; lowers it.
    fn take(&self) -> bool {
        let was = self.raised.swap(false, Ordering::AcqRel);
        if was {
            self.clock.end_work();
        }
        was
    }

    async fn raised(&self) {
        loop {
            // The count of work that `raise` began passes to the task that wakes.
            if self.raised.swap(false, Ordering::AcqRel) {
                return;
            }
            self.notify.notified().await;
        }
    }
}

/// A clock that stands still until it is told otherwise.
pub struct ManualClock {
    inner: Mutex<Manual>,
    at_work: watch::Sender<i64>,
}

struct Manual {
    now: Timestamp,
    sleepers: BTreeMap<(Timestamp, u64), Arc<Notify>>,
    next_sleeper: u64,
}

impl std::fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = self.lock();
        let waits: Vec<_> = inner.sleepers.keys().map(|(at, _)| *at).collect();
        f.debug_struct("ManualClock").field("now", &inner.now).field("at_work", &*self.at_work.borrow()).field("sleepers", &waits).finish()
    }
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Arc<Self> {
        let inner = Manual { now, sleepers: BTreeMap::new(), next_sleeper: 0 };
        Arc::new(Self { inner: Mutex::new(inner), at_work: watch::Sender::new(0) })
    }

    fn lock(&self) -> MutexGuard<'_, Manual> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves to `moment` (backwards too: clocks step) and wakes whoever wanted to be woken by then.
    pub fn set(&self, moment: Timestamp) {
        let mut inner = self.lock();
        inner.now = moment;
        let later = inner.sleepers.split_off(&(moment.plus(chrono::Duration::milliseconds(1)), 0));
        let woken = std::mem::replace(&mut inner.sleepers, later);
        drop(inner);
        for sleeper in woken.into_values() {
            // The sleeper counts as at work from this moment, not from when the runtime gets round to it.
            self.begin_work();
            sleeper.notify_one();
        }
    }

    /// Moves on by `span`.
    pub fn advance(&self, span: chrono::Duration) {
        let to = self.lock().now.plus(span);
        self.set(to);
    }

    /// Waits until every counted task rests.
    pub async fn settled(&self) {
        let mut at_work = self.at_work.subscribe();
        // The sender lives in self, so waiting cannot fail while we are borrowed.
        drop(at_work.wait_for(|n| *n <= 0).await);
    }

    /// Waits until all rest, then moves to the next moment that anybody waits for, but not past `limit`; says where it came to.
    pub async fn step(&self, limit: Timestamp) -> Timestamp {
        self.settled().await;
        let next = self.lock().sleepers.first_key_value().map_or(limit, |((at, _), _)| *at);
        let to = next.min(limit).max(self.now());
        self.set(to);
        to
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let (key, notify) = {
            let mut inner = self.lock();
            if moment <= inner.now {
                self.begin_work();
                return;
            }
            let notify = Arc::new(Notify::new());
            let key = (moment, inner.next_sleeper);
            inner.next_sleeper += 1;
            inner.sleepers.insert(key, Arc::clone(&notify));
            (key, notify)
        };
        let mut sleeper = Sleeper { clock: self, key, awake: false };
        notify.notified().await;
        sleeper.awake = true;
    }

    fn begin_work(&self) {
        self.at_work.send_modify(|n| *n += 1);
    }

    fn end_work(&self) {
        self.at_work.send_modify(|n| *n -= 1);
    }
}

/// One who waits on a [`ManualClock`]. Dropped before it woke (its signal came first), it leaves neither a place in the list nor a count.
struct Sleeper<'a> {
    clock: &'a ManualClock,
    key: (Timestamp, u64),
    awake: bool,
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let was_waiting = self.clock.lock().sleepers.remove(&self.key).is_some();
        if !was_waiting && !self.awake {
            self.clock.end_work();
        }
    }
}

/// A clock that runs faster than the machine's, and can leap: a week passes while somebody looks on (`dangri demo`).
#[derive(Debug)]
pub struct ScaledClock {
    run: watch::Sender<Run>,
}

/// How a [`ScaledClock`] runs since it was last touched.
#[derive(Debug, Clone, Copy)]
struct Run {
    since: Instant,
    from: Timestamp,
    pace: u32,
}

impl Run {
    #[expect(clippy::disallowed_methods, reason = "the scaled clock follows the machine's")]
    fn begin(from: Timestamp, pace: u32) -> Self {
        Self { since: Instant::now(), from, pace }
    }

    fn now(&self) -> Timestamp {
        let micros = self.since.elapsed().as_micros().saturating_mul(u128::from(self.pace));
        self.from.plus(chrono::Duration::milliseconds(i64::try_from(micros / 1_000).unwrap_or(i64::MAX)))
    }
}

impl ScaledClock {
    /// A clock that shows `now` and runs `pace` times as fast as the machine's; 0 stands still.
    pub fn starting(now: Timestamp, pace: u32) -> Arc<Self> {
        Arc::new(Self { run: watch::Sender::new(Run::begin(now, pace)) })
    }

    /// From now on it runs `pace` times as fast as the machine's.
    pub fn set_pace(&self, pace: u32) {
        self.run.send_modify(|run| *run = Run::begin(run.now(), pace));
    }

    /// How many times as fast as the machine's it runs.
    pub fn pace(&self) -> u32 {
        self.run.borrow().pace
    }

    /// Leaps forward to `moment`, and everybody who slept until then wakes. It never goes back.
    pub fn leap(&self, moment: Timestamp) {
        self.run.send_modify(|run| *run = Run::begin(run.now().max(moment), run.pace));
    }
}

#[async_trait]
impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        self.run.borrow().now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that sleeps")]
    async fn sleep_until(&self, moment: Timestamp) {
        let mut touched = self.run.subscribe();
        loop {
            let run = *touched.borrow_and_update();
            let Some(left) = u64::try_from(moment.since(run.now()).num_milliseconds()).ok().filter(|left| *left > 0) else {
                return;
            };
            // Rounded up, so that nobody wakes a little too early and sleeps again.
            let nap = match run.pace {
                0 => LONGEST_NAP,
                pace => Duration::from_micros(left.saturating_mul(1_000).div_ceil(u64::from(pace))).min(LONGEST_NAP),
            };
            tokio::select! {
                () = tokio::time::sleep(nap) => {}
                // The sender lives in self, so waiting cannot fail while we are borrowed.
                _ = touched.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_leap_wakes_those_who_sleep_on_a_clock_that_stands_still() {
        let start = Timestamp::parse("2023-04-03T18:00:00+08:00").unwrap();
        let clock = ScaledClock::starting(start, 0);
        let tomorrow = start.plus(chrono::Duration::days(1));
        #[expect(clippy::disallowed_methods, reason = "the test awaits it")]
        let sleeper = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move {
                clock.sleep_until(tomorrow).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        assert_eq!(clock.now(), start);
        clock.leap(tomorrow);
        assert_eq!(sleeper.await.unwrap(), tomorrow);
        clock.leap(start);
        assert_eq!(clock.now(), tomorrow, "it never goes back");
    }

    #[tokio::test]
    async fn a_fast_clock_passes_an_hour_in_an_instant() {
        let start = Timestamp::from_millis(0);
        let clock = ScaledClock::starting(start, 1_000_000);
        let later = start.plus(chrono::Duration::hours(1));
        clock.sleep_until(later).await;
        assert!(clock.now() >= later);
        clock.set_pace(0);
        assert_eq!(clock.now(), clock.now());
    }

    #[tokio::test]
    async fn a_day_passes_as_soon_as_every_task_rests() {
        let start = Timestamp::parse("2023-04-03T18:00:00+08:00").unwrap();
        let manual = ManualClock::at(start);
        let clock: SharedClock = manual.clone();
        let signal = Signal::new(&clock);
        let (task_clock, task_signal) = (clock.clone(), signal.clone());
        let work = Work::begin(&clock);
        #[expect(clippy::disallowed_methods, reason = "the test awaits it")]
        let task = tokio::spawn(async move {
            let mut seen = Vec::new();
            for hours in [6, 12] {
                work.rest(start.plus(chrono::Duration::hours(hours)), &task_signal).await;
                seen.push(task_clock.now());
            }
            seen
        });
        let end = start.plus(chrono::Duration::days(2));
        manual.step(end).await;
        manual.step(end).await;
        let seen = task.await.unwrap();
        assert_eq!(seen, [start.plus(chrono::Duration::hours(6)), start.plus(chrono::Duration::hours(12))]);
        assert_eq!(manual.step(end).await, end);
    }

    /// A clock that notes in which order it hears of a rest.
    #[derive(Default)]
    struct Listener(Mutex<Vec<&'static str>>);

    #[async_trait]
    impl Clock for Listener {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        async fn sleep_until(&self, _: Timestamp) {
            self.0.lock().unwrap().push("until when");
            std::future::pending().await
        }

        fn end_work(&self) {
            self.0.lock().unwrap().push("rests");
        }
    }

    #[tokio::test]
    async fn the_clock_knows_until_when_before_it_hears_that_a_task_rests() {
        // Otherwise whoever moves time on when all rest moves it past that moment.
        let listener = Arc::new(Listener::default());
        let clock: SharedClock = listener.clone();
        let (work, signal) = (Work::begin(&clock), Signal::new(&clock));
        let mut rest = std::pin::pin!(work.rest(Timestamp::from_millis(1), &signal));
        let poll = std::future::poll_fn(|context| Poll::Ready(rest.as_mut().poll(context))).await;
        assert!(poll.is_pending());
        assert_eq!(*listener.0.lock().unwrap(), ["until when", "rests"]);
    }

    #[tokio::test]
    async fn a_signal_wakes_the_sleeper_and_time_waits_for_it() {
        let start = Timestamp::from_millis(0);
        let manual = ManualClock::at(start);
        let clock: SharedClock = manual.clone();
        let signal = Signal::new(&clock);
        let (task_clock, task_signal) = (clock.clone(), signal.clone());
        let work = Work::begin(&clock);
        #[expect(clippy::disallowed_methods, reason = "the test awaits it")]
        let task = tokio::spawn(async move {
            work.rest(Timestamp::MAX, &task_signal).await;
            task_clock.now()
        });
        manual.settled().await;
        signal.raise();
        signal.raise();
        manual.step(Timestamp::from_millis(5_000)).await;
        assert_eq!(task.await.unwrap(), start);
        assert_eq!(*manual.at_work.borrow(), 0);
    }
}
